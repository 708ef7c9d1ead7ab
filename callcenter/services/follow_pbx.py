"""One PBX followed for as long as the product runs: first what the journal holds and the log does not, then the
link itself, with the tracker's clock ticking beside it."""

import asyncio
import logging
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path
from typing import Protocol

from sqlalchemy.exc import OperationalError

from callcenter.ami.journal import journal_files, read_journal, read_journals
from callcenter.ami.messages import Received
from callcenter.ami.parser import AmiParser
from callcenter.ami.status import LinkStatus
from callcenter.ami.translate import WANTED
from callcenter.core.events import LegJoined
from callcenter.services.follow_calls import RETRY_SECONDS, CallFollower
from callcenter.services.link_gaps import LinkGaps
from callcenter.services.open_legs import OpenLegs
from callcenter.store import calls
from callcenter.store.database import Database

log = logging.getLogger(__name__)

TICK_SECONDS = 0.25
MARGIN_SECONDS = 120.0
"""Read the journal from this long before the oldest open call, so that consultations merged into it are whole."""
LOOK_BACK_SECONDS = 3600.0
"""With no open call: how far back the journal is read, for calls that began and ended unrecorded."""
LOST = "the link to the PBX was lost"
NOT_RUNNING = "Callcenter was not running"


class Link(Protocol):
    """`ami.link.AmiLink`."""

    def __aiter__(self) -> AsyncIterator[Received]:
        """Every message, in order."""


class FollowPbx:
    """Feeds the follower, keeps the gaps. `link_changed` is the link's `on_change`."""

    def __init__(
        self,
        *,
        follower: CallFollower,
        gaps: LinkGaps,
        database: Database,
        pbx: str,
        journal: Path,
        clock: Callable[[], float],
        after_message: Callable[[], None] | None = None,
    ) -> None:
        self._follower, self._gaps, self._database, self._pbx = follower, gaps, database, pbx
        self._journal, self._clock = journal, clock
        self._after_message = after_message
        self._changes: asyncio.Queue[LinkStatus] = asyncio.Queue()
        self._one_at_a_time = asyncio.Lock()

    async def run(self, link: Link) -> None:
        """Until cancelled. `link` is open already, or opens meanwhile."""
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._tick())
            tasks.create_task(self._keep_gaps())
            async for received in link:
                async with self._one_at_a_time:
                    await self._follower.handle(received)
                    if self._after_message is not None:
                        self._after_message()

    def link_changed(self, status: LinkStatus) -> None:
        """The link went up or down."""
        self._changes.put_nowait(status)

    def catch_up(self) -> list[LegJoined]:
        """Blocking, before `run`: what a crash left out of the call log is recorded from the journal. Returns the legs
        that were talking when it ends: they are to be heard and recorded on."""
        with self._database.session() as session:
            oldest = calls.oldest_live_start(session, self._pbx)
        last = _last_record_at(self._journal)
        if last is None:
            return []
        since = oldest.timestamp() - MARGIN_SECONDS if oldest else last - LOOK_BACK_SECONDS
        legs, count = OpenLegs(), 0
        for received in _replayed(self._journal, since):
            for event in self._follower.catch_up(received):
                legs.see(event)
            count += 1
        log.info("journal: %d messages read again", count)
        self._gaps.lost(last, NOT_RUNNING)
        return list(legs.joined)

    async def _tick(self) -> None:
        while True:
            await asyncio.sleep(TICK_SECONDS)
            async with self._one_at_a_time:
                await self._follower.tick(self._clock())

    async def _keep_gaps(self) -> None:
        while True:
            status, at = await self._changes.get(), self._clock()
            while not await asyncio.to_thread(self._gap_is_kept, status, at):  # noqa: ASYNC110 - what is waited for is the database
                await asyncio.sleep(RETRY_SECONDS)

    def _gap_is_kept(self, status: LinkStatus, at: float) -> bool:
        try:
            if status.connected:
                self._gaps.restored(at)
            elif status.last_message_at is not None:
                self._gaps.lost(status.last_message_at, status.last_error or LOST)
        except OperationalError as error:  # the database is away: the link may well be up, and is followed on
            log.warning("a gap of the link is not written yet: %s", error.orig)
            return False
        return True


def _replayed(folder: Path, since: float) -> Iterator[Received]:
    parser = AmiParser(wanted=WANTED)
    for at, connection, blocks in read_journals(folder, since):
        for message in parser.feed(blocks):
            yield Received(message, at, connection)


def _last_record_at(folder: Path) -> float | None:
    for path in reversed(journal_files(folder)):
        last = max((at for at, _, _ in read_journal(path)), default=None)
        if last is not None:
            return last
    return None
