"""One Asterisk process: started in the foreground from its own configuration, stopped by its own id."""

import asyncio
import ctypes
import signal
from asyncio.subprocess import DEVNULL, Process
from pathlib import Path

from callcenter.core.errors import Unavailable
from tests.rig.install import Installation

STOP_SECONDS = 5.0
"""Asterisk's own shutdown takes well under a second here; after this it is killed."""

PR_SET_PDEATHSIG = 1


class AsteriskFailed(Unavailable):
    """An Asterisk of the rig did not start or died."""


class AsteriskProcess:
    """`folder` holds `etc/` (written before) and `var/` (made here, kept over a restart: registrations live there)."""

    def __init__(self, installation: Installation, folder: Path) -> None:
        self._installation = installation
        self._folder = folder
        self._process: Process | None = None

    @property
    def pid(self) -> int:
        return self._running().pid

    @property
    def is_running(self) -> bool:
        return self._process is not None and self._process.returncode is None

    @property
    def log(self) -> Path:
        return self._folder / "var" / "log" / "full"

    async def start(self) -> None:
        """Start it; readiness is the caller's to await (AMI or ARI answers)."""
        for name in ("lib", "spool", "run", "log"):
            (self._folder / "var" / name).mkdir(parents=True, exist_ok=True)
        command = self._installation.command("-f", "-n", "-C", str(self._folder / "etc" / "asterisk.conf"))
        with (self._folder / "var" / "log" / "console").open("ab") as console:
            self._process = await asyncio.create_subprocess_exec(
                *command, stdin=DEVNULL, stdout=console, stderr=console, preexec_fn=_die_with_parent
            )

    async def stop(self) -> None:
        """End it in good order: calls are hung up, the manager says Shutdown."""
        if not self.is_running:
            return
        process = self._running()
        process.send_signal(signal.SIGTERM)
        try:
            await asyncio.wait_for(process.wait(), STOP_SECONDS)
        except TimeoutError:
            await self.kill()

    async def kill(self) -> None:
        """End it as a crash would: nobody is told anything."""
        if self.is_running:
            process = self._running()
            process.kill()
            await process.wait()

    def what_it_said(self) -> str:
        """The end of its log, for error messages."""
        lines = self.log.read_text(errors="replace").splitlines() if self.log.exists() else []
        return "\n".join([line for line in lines if "VERBOSE" not in line][-10:]) or f"nothing in {self.log}"

    def _running(self) -> Process:
        if self._process is None:
            raise AsteriskFailed(f"the Asterisk of {self._folder} was never started")
        return self._process


def _die_with_parent() -> None:
    """Linux: the kernel ends the child when the test run is killed, so that none is left behind."""
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)
