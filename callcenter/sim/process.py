"""The simulated PBX in a process of its own, seen from the product's."""

import asyncio
import contextlib
import json
import sys
from pathlib import Path

from callcenter.core.errors import Unavailable

START_SECONDS = 30.0
STOP_SECONDS = 5.0


class SimulatorFailed(Unavailable):
    """The process did not start; the text is what it said."""


class PbxProcess:
    """Use: `start`, `loop` or `play`, `aclose`. The process ends with ours, since it ends with its input."""

    def __init__(self, recordings_dir: Path, *, port: int = 0) -> None:
        self.recordings_dir = recordings_dir
        self.host, self.ami_port, self.user, self.secret = "", port, "", ""
        self._process: asyncio.subprocess.Process | None = None

    async def start(self) -> None:
        """Returns when the port is open. Raises SimulatorFailed."""
        self._process = await asyncio.create_subprocess_exec(
            sys.executable,
            *("-m", "callcenter.sim", "--recordings", str(self.recordings_dir), "--port", str(self.ami_port)),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            start_new_session=True,  # Ctrl-C is ours; it ends when we close its input
        )
        assert self._process.stdout is not None
        try:
            line = await asyncio.wait_for(self._process.stdout.readline(), START_SECONDS)
            where = json.loads(line)
        except (TimeoutError, ValueError) as error:
            await self.aclose()
            raise SimulatorFailed("The simulated PBX did not start; see what it wrote above.") from error
        self.host, self.ami_port = where["host"], where["port"]
        self.user, self.secret = where["user"], where["secret"]

    def loop(self, scenarios: str = "demo", *, first: str = "") -> None:
        """Plays the file's calls over and over, from the first call in the language `first` (`zh`, `en`) on."""
        self._order({"loop": scenarios, "first": first})

    def play(self, scenarios: str, scenario: str) -> None:
        """Plays one call of the file now."""
        self._order({"play": scenarios, "id": scenario})

    async def aclose(self) -> None:
        """Ends the process."""
        process = self._process
        if process is None:
            return
        if process.stdin is not None:
            process.stdin.close()
        try:
            await asyncio.wait_for(process.wait(), STOP_SECONDS)
        except TimeoutError:
            with contextlib.suppress(ProcessLookupError):
                process.kill()
            await process.wait()

    def _order(self, order: dict[str, str]) -> None:
        if self._process is not None and self._process.stdin is not None:
            self._process.stdin.write(json.dumps(order).encode() + b"\n")
