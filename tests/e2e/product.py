"""The product as its users start it: `callcenter run` in a process of its own, beside the rig's real Asterisk."""

import asyncio
import os
import re
import signal
import sys
from pathlib import Path
from types import TracebackType
from typing import Self

from callcenter.core.numbers import parse_number
from callcenter.core.roles import Role
from callcenter.services.auth import AuthService
from callcenter.store import calls, customers, recordings, transcripts
from callcenter.store.database import Database
from callcenter.store.tables import Call, Customer, FlagRow, LinkGap, Recording, User, UtteranceRow
from tests.rig.rig import Rig

START_SECONDS = 90.0
PASSWORD = "a password of the tests"
_ADDRESS = re.compile(r"the pages are at (http://\S+)")


class Product:
    """`async with Product(rig, folder, language="en") as product:`."""

    def __init__(self, rig: Rig, folder: Path, *, language: str, live: str = "auto") -> None:
        self.folder = folder
        self.address = ""
        self.database = Database(str(folder / "callcenter.db"))
        self._settings = folder / "callcenter.toml"
        self._log = folder / "log.txt"
        self._process: asyncio.subprocess.Process | None = None
        folder.mkdir(parents=True, exist_ok=True)
        self._settings.write_text(_settings(rig, folder, language, live), "utf-8")

    @property
    def log(self) -> str:
        """What it has written so far."""
        return self._log.read_text("utf-8", "replace")

    async def start(self) -> None:
        """Start it and wait until its pages are served and the PBX is followed."""
        already = len(self.log) if self._log.exists() else 0
        with self._log.open("ab") as log:
            self._process = await asyncio.create_subprocess_exec(
                sys.executable, "-m", "callcenter", "run", "--config", str(self._settings), stdout=log, stderr=log
            )
        async with asyncio.timeout(START_SECONDS):
            while not (found := _ADDRESS.search(self.log, already)):
                assert self._process.returncode is None, self.log
                await asyncio.sleep(0.1)
        self.address = found[1]

    async def kill(self) -> None:
        """kill -9."""
        assert self._process is not None
        os.kill(self._process.pid, signal.SIGKILL)
        await self._process.wait()

    async def stop(self) -> None:
        """As an administrator would."""
        if self._process is None or self._process.returncode is not None:
            return
        self._process.terminate()
        try:
            await asyncio.wait_for(self._process.wait(), 15)
        except TimeoutError:
            self._process.kill()
            raise AssertionError(f"the product did not stop in time:\n{self.log[-3000:]}") from None

    def add_agent(self, name: str, extension: str, language: str = "en") -> User:
        """Somebody who signs in."""
        return AuthService(self.database).create_user(
            name, name.title(), PASSWORD, Role.AGENT, extension=extension, language=language
        )

    def add_supervisor(self, name: str, language: str = "en") -> User:
        """Somebody who sees everything."""
        return AuthService(self.database).create_user(name, name.title(), PASSWORD, Role.SUPERVISOR, language=language)

    def add_customer(self, name: str, number: str) -> None:
        """Somebody who calls."""
        with self.database.transaction() as session:
            customers.add(session, Customer(name=name, tier="VIP"), parse_number(number))

    async def __aenter__(self) -> Self:
        self.database.upgrade()
        await self.start()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.stop()
        self.database.close()

    # ---- what it has stored

    def calls(self) -> list[Call]:
        """Every call, the oldest first."""
        with self.database.session() as session:
            return sorted((c for c in (session.get(Call, i) for i in range(1, 50)) if c), key=lambda c: c.started_at)

    def utterances(self, call: Call, source: str = "live") -> list[UtteranceRow]:
        with self.database.session() as session:
            return transcripts.utterances_of(session, call.id or 0, source)

    def flags(self, call: Call, source: str = "live") -> list[FlagRow]:
        with self.database.session() as session:
            return transcripts.flags_of(session, call.id or 0, source)

    def recordings(self, call: Call) -> list[Recording]:
        with self.database.session() as session:
            return recordings.of_call(session, call.id or 0)

    def gaps(self) -> list[LinkGap]:
        with self.database.session() as session:
            return calls.gaps(session)

    async def until_ended(self, count: int = 1, seconds: float = 20.0) -> list[Call]:
        """Wait until so many calls have ended; returns every call."""
        async with asyncio.timeout(seconds):
            while len([call for call in self.calls() if call.ended_at]) < count:
                await asyncio.sleep(0.1)
        return self.calls()

    async def until_transcribed(self, call: Call, seconds: float = 120.0) -> Recording:
        """Wait for the recording's transcript."""
        async with asyncio.timeout(seconds):
            while True:
                rows = self.recordings(call)
                if rows and all(row.status in ("transcribed", "failed", "missing") for row in rows):
                    return rows[0]
                await asyncio.sleep(0.3)


def _settings(rig: Rig, folder: Path, language: str, live: str) -> str:
    return f"""
data = "{folder}"
[site]
language = "en"
area_code = "028"
[web]
port = 0
[pbx]
host = "{rig.ami_host}"
port = {rig.ami_proxy.port}
username = "{rig.ami_user}"
secret = "{rig.ami_secret}"
[listen]
bind = "127.0.0.1"
port = 0
[stt]
live = "{live}"
language = "{language}"
[recordings]
pbx_folder = "{rig.recordings_dir}"
folder = "{rig.recordings_dir}"
"""
