"""A product killed anywhere in a call and started again: nothing lost, nothing doubled."""

import asyncio
import json
from collections.abc import AsyncIterator, Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy.exc import OperationalError

from callcenter.ami.journal import Journal, JournalConfig
from callcenter.ami.messages import Received
from callcenter.ami.parser import TERMINATOR, AmiParser, BlockSplitter
from callcenter.ami.status import LinkStatus
from callcenter.ami.translate import WANTED, Translator
from callcenter.core.calls import CallTracker
from callcenter.services import follow_pbx
from callcenter.services.call_log import CallLog
from callcenter.services.follow_calls import CallFollower
from callcenter.services.follow_pbx import FollowPbx
from callcenter.services.link_gaps import LinkGaps
from callcenter.store import calls
from callcenter.store.database import Database
from callcenter.store.tables import Call
from tests.conftest import RememberingHub

REPLAYS = Path(__file__).parents[1] / "replays"
Block = tuple[float, bytes]


def blocks_of(name: str) -> list[Block]:
    """A recording's blocks with the times they arrived at."""
    raw = (REPLAYS / f"{name}.raw").read_bytes()
    splitter, found = BlockSplitter(), []
    for line in (REPLAYS / f"{name}.idx.jsonl").read_text().splitlines():
        entry = json.loads(line)
        for block in splitter.feed(raw[entry["o"] : entry["o"] + entry["n"]]):
            found.append((float(entry["t"]), block))
    return found


class Life:
    """One run of the product, from its start to its kill."""

    def __init__(self, database: Database, folder: Path) -> None:
        self.hub = RememberingHub()
        self.journal = Journal(JournalConfig(folder=folder))
        self.connection = self.journal.last_connection() + 1
        self._parser = AmiParser(wanted=WANTED)
        follower = CallFollower(
            database=database,
            hub=self.hub,
            call_log=CallLog(),
            tracker=CallTracker(),
            translate=Translator().translate,
        )
        self.gaps = LinkGaps(database, self.hub, pbx="pbx")
        self.feed = FollowPbx(
            follower=follower, gaps=self.gaps, database=database, pbx="pbx", journal=folder, clock=lambda: 0.0
        )
        self.follower = follower
        self.feed.catch_up()

    async def hear(self, blocks: Sequence[Block], *, connection: int | None = None) -> None:
        for received in self._received(blocks, connection or self.connection):
            await self.follower.handle(received)

    async def settle(self) -> None:
        await self.follower.tick(4e9)

    def _received(self, blocks: Sequence[Block], connection: int) -> Iterator[Received]:
        for at, block in blocks:
            self.journal.append(at, connection, block + TERMINATOR)
            self.journal.flush()
            for message in self._parser.parse(block):
                yield Received(message, at, connection)


def logged(database: Database) -> list[dict[str, Any]]:
    """The calls with the kinds of their events; ids and row times aside."""
    with database.session() as session:
        rows = [session.get(Call, i) for i in range(1, 10)]
        found = []
        for call in filter(None, rows):
            values = call.model_dump(exclude={"id", "created_at", "updated_at", "listening"})
            values["events"] = [event.kind for event in calls.events_of(session, call.id or 0)]
            found.append(values)
        return found


SCENARIOS = ["queue_answered_after_rna", "blind_xfer_refer", "two_interleaved", "att_xfer_refer"]


@pytest.mark.parametrize("name", SCENARIOS)
async def test_killed_and_replayed_is_as_if_never_killed(name: str, sqlite_database: Database, tmp_path: Path) -> None:
    blocks = blocks_of(name)
    whole = Life(sqlite_database, tmp_path / "whole")
    await whole.hear(blocks)
    await whole.settle()
    expected = logged(sqlite_database)
    assert expected
    assert all(call["state"] == "ended" for call in expected)
    for step, cut in enumerate(range(1, len(blocks), max(1, len(blocks) // 9))):
        database = _fresh(sqlite_database, tmp_path / f"cut{step}.db")
        before = Life(database, tmp_path / f"cut{step}")
        await before.hear(blocks[:cut])
        # Killed: nothing is closed. The journal is read again by the next life, which hears the rest of the same
        # connection: what is tested here is the log, not the gap.
        after = Life(database, tmp_path / f"cut{step}")
        await after.hear(blocks[cut:], connection=before.connection)
        await after.settle()
        assert logged(database) == expected, f"cut at block {cut}"
        database.close()


def _fresh(like: Database, path: Path) -> Database:
    database = Database(str(path))
    database.upgrade()
    assert database.url != like.url
    return database


async def test_what_the_journal_told_is_not_told_to_the_pages_again(sqlite_database: Database, tmp_path: Path) -> None:
    blocks = blocks_of("queue_answered_after_rna")
    await Life(sqlite_database, tmp_path / "journal").hear(blocks)
    again = Life(sqlite_database, tmp_path / "journal")
    assert [kind for _, kind, _ in again.hub.notices] == ["link", "link"]


async def test_a_restart_leaves_a_gap_until_the_link_is_up(sqlite_database: Database, tmp_path: Path) -> None:
    blocks = blocks_of("in_declined")
    await Life(sqlite_database, tmp_path / "journal").hear(blocks)
    life = Life(sqlite_database, tmp_path / "journal")
    with sqlite_database.session() as session:
        (gap,) = calls.gaps(session)
        assert gap.restored_at is None
        assert gap.lost_at.timestamp() == pytest.approx(blocks[-1][0], abs=0.01)
    life.gaps.restored(blocks[-1][0] + 5)
    life.gaps.restored(blocks[-1][0] + 6)
    with sqlite_database.session() as session:
        (gap,) = calls.gaps(session)
        assert gap.restored_at is not None
        assert (gap.restored_at - gap.lost_at).total_seconds() == pytest.approx(5, abs=0.01)


class FakeLink:
    """Yields what it is given, then waits for ever."""

    def __init__(self, received: list[Received]) -> None:
        self._received = received

    async def __aiter__(self) -> AsyncIterator[Received]:
        for received in self._received:
            yield received
        await asyncio.Event().wait()


async def test_link_changes_become_gaps_beside_the_feed(sqlite_database: Database, tmp_path: Path) -> None:
    life = Life(sqlite_database, tmp_path / "journal")
    task = asyncio.create_task(life.feed.run(FakeLink([])))
    life.feed.link_changed(status(connected=False, at=1_795_000_000.0))
    async with asyncio.timeout(5):
        while not life.hub.of("system"):
            await asyncio.sleep(0.01)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    with sqlite_database.session() as session:
        (gap,) = calls.gaps(session)
        assert gap.reason == "cable pulled"


async def test_a_database_that_is_away_does_not_end_the_feed(
    sqlite_database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(follow_pbx, "RETRY_SECONDS", 0)
    life = Life(sqlite_database, tmp_path / "journal")
    lost, away = life.gaps.lost, [True] * 3

    def sometimes(at: float, reason: str) -> None:
        if away:
            away.pop()
            raise OperationalError("insert", {}, Exception("the server is restarting"))
        lost(at, reason)

    monkeypatch.setattr(life.gaps, "lost", sometimes)
    task = asyncio.create_task(life.feed.run(FakeLink([])))
    life.feed.link_changed(status(connected=False, at=1_795_000_000.0))
    async with asyncio.timeout(5):
        while not life.hub.of("system"):
            await asyncio.sleep(0.01)
    assert not task.done()
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


def status(*, connected: bool, at: float) -> LinkStatus:
    return LinkStatus(
        connected=connected,
        connection=1,
        since=at,
        last_message_at=at,
        event_delay_seconds=None,
        reconnects=0,
        skipped=0,
        oversized=0,
        queue_length=0,
        journal_lost=0,
        protocol_version="",
        filters_refused=False,
        last_error="cable pulled",
    )
