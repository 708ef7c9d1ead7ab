"""The pages over a database of their own, served in a thread: for browser tests, and by hand to look at them
(`python -m tests.site`)."""

import shutil
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import uvicorn
from fastapi import FastAPI

from callcenter.core.health import (
    DiskHealth,
    JobsHealth,
    JournalHealth,
    Level,
    LinkHealth,
    ModelHealth,
    SystemHealth,
    WorkerHealth,
)
from callcenter.core.keywords import RuleSet
from callcenter.live.hub import Hub
from callcenter.services.auth import AuthService
from callcenter.services.desk import DeskService
from callcenter.services.keyword_rules import load_rules
from callcenter.store.database import Database
from callcenter.web.app import create_app
from callcenter.web.context import WebContext
from tests.builders import seed


@dataclass
class Site:
    """A site under test."""

    context: WebContext
    app: FastAPI
    ids: dict[str, int] = field(default_factory=dict)
    retried: list[int] = field(default_factory=list)
    url: str = ""

    @property
    def database(self) -> Database:
        return self.context.database

    @property
    def hub(self) -> Hub:
        return self.context.hub

    def notify(self, topics: str, kind: str, **data: Any) -> None:
        """Publish to several topics at once."""
        for topic in topics.split():
            self.hub.publish(topic, kind, data)


def health() -> SystemHealth:
    """A system with one trouble of each kind."""
    return SystemHealth(
        at=time.time(),
        links=(LinkHealth(pbx="pbx", up=True, since=time.time() - 3600, version="Asterisk 22.10.1", events=120_443),),
        journal=JournalHealth(level=Level.OK, files=14, bytes=48_000_000),
        workers=(
            WorkerHealth(name="pass one", number=1, level=Level.OK, legs=4, capacity=10, models=("en-vosk",)),
            WorkerHealth(
                name="pass two",
                number=1,
                level=Level.WARN,
                models=("base",),
                bytes=3 << 28,
                restarts=2,
                behind_seconds=3.2,
            ),
        ),
        models=(
            ModelHealth(name="vosk-en-0.3.45", language="en", engine="vosk", level=Level.OK, bytes=128_000_000),
            ModelHealth(
                name="vosk-small-cn-0.22",
                language="zh",
                engine="vosk",
                level=Level.BAD,
                detail="callcenter models pull vosk-small-cn-0.22",
            ),
        ),
        disks=(DiskHealth(name="recordings", level=Level.OK, free_bytes=53_000_000_000, total_bytes=252_000_000_000),),
        jobs=JobsHealth(level=Level.OK, waiting=2, running=1),
        listening="no_second_pass",
    )


@cache
def _rules() -> RuleSet:
    return load_rules()


def seeded_file(folder: Path) -> tuple[Path, dict[str, int]]:
    """A seeded database to copy: hashing six passwords takes its time."""
    path = folder / "seeded.db"
    database = Database(str(path))
    database.upgrade()
    ids = seed(database)
    with database.engine.connect() as connection:
        connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
    database.close()
    return path, ids


def make_site(folder: Path, *, seeds: tuple[Path, dict[str, int]] | None = None, **values: Any) -> Site:
    """Pages over a SQLite file: a copy of `seeds`, or an empty one."""
    path, ids = folder / "callcenter.db", {}
    if seeds is not None:
        shutil.copyfile(seeds[0], path)
        ids = seeds[1]
    database = Database(str(path))
    if seeds is None:
        database.upgrade()
    hub = Hub()
    retried: list[int] = []
    context = WebContext(
        database=database,
        hub=hub,
        auth=AuthService(database),
        desk=DeskService(database, hub),
        recordings_root=folder / "recordings",
        health=health,
        retry_recording=retried.append,
        rules=_rules(),
        secure_cookies=False,
        **values,
    )
    context.recordings_root.mkdir(exist_ok=True)
    return Site(context=context, app=create_app(context), ids=ids, retried=retried)


@contextmanager
def serve(site: Site, port: int = 0) -> Iterator[Site]:
    """Serve it on a free port of loopback."""
    server = uvicorn.Server(uvicorn.Config(site.app, host="127.0.0.1", port=port, log_level="warning", lifespan="off"))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        time.sleep(0.01)
    number = server.servers[0].sockets[0].getsockname()[1]
    site.url = f"http://127.0.0.1:{number}"
    try:
        yield site
    finally:
        site.hub.close()
        server.should_exit = True
        thread.join(10)


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as place:
        looked_at = make_site(Path(place), seeds=seeded_file(Path(place)))
        with serve(looked_at, int(sys.argv[1])) as running:
            print(running.url)
            threading.Event().wait()
