"""How many call events a second go into the SQLite call log, the way they go in service (one call event, one
transaction, one notice), beside the same rows written by Python's own sqlite3 with nothing around it."""

import asyncio
import sqlite3
import statistics
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sqlalchemy import event

from callcenter.ami.messages import Received
from callcenter.ami.parser import AmiParser
from callcenter.ami.translate import WANTED, Translator
from callcenter.core.calls import CallTracker
from callcenter.live.hub import Hub
from callcenter.services.call_log import CallLog
from callcenter.services.follow_calls import CallFollower
from callcenter.sim.load import event_stream
from callcenter.store.database import Database
from tests.bench.result import Result

CALLS = 150
RUNS = 3
_WRITES = ("INSERT", "UPDATE", "DELETE")
_AS_WE_OPEN_IT = ("journal_mode=WAL", "synchronous=NORMAL", "foreign_keys=ON")


@dataclass(slots=True, kw_only=True)
class Spent:
    """Seconds of CPU (every thread) and of the clock."""

    cpu: float = 0.0
    wall: float = 0.0


@dataclass(slots=True)
class Transaction:
    """What one call event wrote."""

    statements: list[tuple[str, tuple[Any, ...]]] = field(default_factory=list)


def stream(calls: int) -> list[Received]:
    """The events of so many queue calls as the link hands them on, each at its own time."""
    blocks = asyncio.run(event_stream(calls))
    messages = AmiParser(wanted=WANTED).feed(b"".join(blocks))
    return [Received(m, float(m.get("Timestamp")), 1) for m in messages]


def follower(database: Database, hub: Hub | None = None) -> CallFollower:
    """As the app joins it, without listener and recorder."""
    hub = hub or Hub()
    return CallFollower(
        database=database, hub=hub, call_log=CallLog(), tracker=CallTracker(), translate=Translator().translate
    )


async def follow(database: Database, messages: list[Received]) -> int:
    """Feed the flow; how many call events that were."""
    flow = follower(database)
    for received in messages:
        await flow.handle(received)
    await flow.tick(messages[-1].at + 60)
    assert flow.counts.failed_events == 0, "events were not recorded"
    return flow.counts.call_events


@contextmanager
def spending() -> Iterator[Spent]:
    """Measure the block; known when it has ended."""
    spent = Spent()
    wall, cpu = time.perf_counter(), time.process_time()
    yield spent
    spent.cpu, spent.wall = time.process_time() - cpu, time.perf_counter() - wall


@contextmanager
def writes_noted(database: Database) -> Iterator[list[Transaction]]:
    """Every statement that changes a row, by transaction."""
    noted: list[Transaction] = []

    def begun(_connection: Any) -> None:
        noted.append(Transaction())

    def executed(_c: Any, _cursor: Any, statement: str, values: Any, _context: Any, _many: bool) -> None:
        if statement.lstrip().upper().startswith(_WRITES):
            noted[-1].statements.append((statement, tuple(values)))

    event.listen(database.engine, "begin", begun)
    event.listen(database.engine, "before_cursor_execute", executed)
    yield noted
    event.remove(database.engine, "begin", begun)
    event.remove(database.engine, "before_cursor_execute", executed)


def write_raw(path: Path, transactions: list[Transaction]) -> None:
    """The reference: the same rows, the same transactions."""
    connection = sqlite3.connect(path, isolation_level=None)
    for pragma in _AS_WE_OPEN_IT:
        connection.execute(f"PRAGMA {pragma}")
    for transaction in transactions:
        connection.execute("BEGIN IMMEDIATE")
        for statement, values in transaction.statements:
            connection.execute(statement, values).fetchall()
        connection.execute("COMMIT")
    connection.close()


@contextmanager
def empty_database(folder: Path, name: str) -> Iterator[Database]:
    """With tables and nothing in them."""
    database = Database(str(folder / name))
    database.upgrade()
    yield database
    database.close()


def rows_of(path: Path) -> list[tuple[Any, ...]]:
    """To see that both wrote the same."""
    with sqlite3.connect(path) as connection:
        return connection.execute("SELECT call_id, seq, kind, at FROM call_event ORDER BY id").fetchall()


def results(calls: int = CALLS, runs: int = RUNS) -> Iterator[Result]:
    """The two in turn."""
    messages = stream(calls)
    ours, raw = [], []
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        with empty_database(folder, "noted.db") as database, writes_noted(database) as noted:
            events = asyncio.run(follow(database, messages))
        transactions = [transaction for transaction in noted if transaction.statements]
        for _ in range(runs):
            with empty_database(folder, "ours.db") as database, spending() as spent:
                asyncio.run(follow(database, messages))
            ours.append(spent)
            with empty_database(folder, "raw.db"), spending() as spent:
                write_raw(folder / "raw.db", transactions)
            raw.append(spent)
            assert rows_of(folder / "ours.db") == rows_of(folder / "raw.db"), "the two wrote different rows"
            for path in (*folder.glob("ours.db*"), *folder.glob("raw.db*")):
                path.unlink()
    yield from _figures(events, len(messages) / events, ours, raw)


def _figures(events: int, messages_each: float, ours: list[Spent], raw: list[Spent]) -> Iterator[Result]:
    ratio = statistics.median(r.cpu / o.cpu for o, r in zip(ours, raw, strict=True))
    beside = "sqlite3 alone, the same rows in the same transactions"
    cpu = events / statistics.median(spent.cpu for spent in ours)
    yield Result(name="call events recorded", value=cpu, unit="events/s of CPU", ratio=ratio, beside=beside)
    wall = events / statistics.median(spent.wall for spent in ours)
    yield Result(
        name="call events recorded, by the clock",
        value=wall,
        unit="events/s",
        note=f"each is {messages_each:.1f} manager events: {wall * messages_each:,.0f} of those a second",
    )
