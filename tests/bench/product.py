"""The product as its users start it (`callcenter run` in a process of its own) beside a simulated PBX in ours."""

import asyncio
import os
import re
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import psutil

from callcenter.core.roles import Role
from callcenter.services.auth import AuthService
from callcenter.sim.pbx import SimulatedPbx
from callcenter.store.database import Database

START_SECONDS = 240.0
STOP_SECONDS = 20.0
PASSWORD = "a password of the bench"
_ADDRESS = re.compile(r"the pages are at (http://\S+)")


class ProductFailed(AssertionError):
    """It did not start, or not stop; the text is what it wrote."""


@dataclass(slots=True, kw_only=True)
class Product:
    """Running."""

    folder: Path
    live: str
    language: str
    workers: int = 1
    address: str = ""
    database: Database = field(init=False)
    process: asyncio.subprocess.Process | None = None

    def __post_init__(self) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        self.database = Database(str(self.folder / "callcenter.db"))

    @property
    def log(self) -> str:
        """What it has written."""
        return (self.folder / "log.txt").read_text("utf-8", "replace")

    @property
    def main(self) -> psutil.Process:
        """Its first process."""
        assert self.process is not None
        return psutil.Process(self.process.pid)

    def add_user(self, name: str, role: Role, extension: str | None = None) -> None:
        """Somebody who signs in with PASSWORD."""
        AuthService(self.database).create_user(name, name.title(), PASSWORD, role, extension=extension, language="en")

    async def start(self, pbx: SimulatedPbx) -> None:
        """Until its pages are served. Raises ProductFailed."""
        config = self.folder / "callcenter.toml"
        config.write_text(self._settings(pbx), "utf-8")
        with (self.folder / "log.txt").open("ab") as log:
            self.process = await asyncio.create_subprocess_exec(
                sys.executable, "-m", "callcenter", "run", "--config", str(config), stdout=log, stderr=log
            )
        try:
            async with asyncio.timeout(START_SECONDS):
                while not (found := _ADDRESS.search(self.log)):
                    if self.process.returncode is not None:
                        raise ProductFailed(self.log[-3000:])
                    await asyncio.sleep(0.1)
        except TimeoutError:
            raise ProductFailed(self.log[-3000:]) from None
        self.address = found[1]

    async def stop(self) -> None:
        """As an administrator would. Raises ProductFailed when it does not end."""
        if self.process is None or self.process.returncode is not None:
            return
        self.process.terminate()
        try:
            await asyncio.wait_for(self.process.wait(), STOP_SECONDS)
        except TimeoutError:
            for child in self.main.children(recursive=True):
                child.kill()
            os.kill(self.process.pid, signal.SIGKILL)
            raise ProductFailed(f"it did not stop:\n{self.log[-3000:]}") from None

    def _settings(self, pbx: SimulatedPbx) -> str:
        return f"""
data = "{self.folder}"
log_level = "INFO"
[site]
language = "en"
area_code = "028"
[web]
port = 0
[pbx]
host = "{pbx.host}"
port = {pbx.ami_port}
username = "{pbx.user}"
secret = "{pbx.secret}"
[listen]
bind = "127.0.0.1"
port = 0
[stt]
live = "{self.live}"
after_call = "auto"
language = "{self.language}"
workers = {self.workers}
languages = {{ service-en = "en" }}
[recordings]
enabled = true
pbx_folder = "{pbx.recordings_dir}"
folder = "{pbx.recordings_dir}"
"""


@asynccontextmanager
async def product(
    pbx: SimulatedPbx,
    folder: Path,
    *,
    live: str = "auto",
    language: str = "zh",
    users: tuple[tuple[str, Role, str], ...] = (),
) -> AsyncIterator[Product]:
    """Up until the block ends. `users`: name, role, extension."""
    made = Product(folder=folder, live=live, language=language)
    made.database.upgrade()
    for name, role, extension in users:
        made.add_user(name, role, extension or None)
    try:
        await made.start(pbx)
        yield made
    finally:
        await made.stop()
        made.database.close()
