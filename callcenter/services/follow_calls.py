"""Flow (1): messages of the PBX → channel events → call events → call log → live pages.

One call event is one transaction and one notice. Past the tracker nothing knows AMI."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from sqlalchemy.exc import OperationalError, SQLAlchemyError

from callcenter.ami.messages import Received
from callcenter.core.channel_events import ChannelEvent
from callcenter.core.events import (
    CallAnswered,
    CallChanged,
    CallEnded,
    CallEvent,
    CallHeld,
    CallMerged,
    CallOffered,
    CallQueued,
    CallResumed,
    CallStarted,
    CallTransferred,
    OfferEnded,
)
from callcenter.services.call_log import CallLog
from callcenter.services.desk import Publisher, call_topics
from callcenter.store.database import Database
from callcenter.store.tables import Call

log = logging.getLogger(__name__)

RETRY_SECONDS = 1.0
"""Between attempts to write while the database is away (locked, down, its disk full)."""

CHANGES: dict[type[CallEvent], str] = {
    CallStarted: "started",
    CallQueued: "queued",
    CallOffered: "offered",
    OfferEnded: "offer_ended",
    CallAnswered: "answered",
    CallHeld: "held",
    CallResumed: "resumed",
    CallTransferred: "transferred",
    CallMerged: "changed",
    CallChanged: "changed",
    CallEnded: "ended",
}
"""What the pages are told; an event that is not here changes nothing on a page."""

Follower = Callable[[CallEvent, Call], Awaitable[None]]
"""Who else wants to know, after the log: the listener, the recorder."""


class Tracker(Protocol):
    """`core.calls.CallTracker`, as far as this flow needs it."""

    def handle(self, event: ChannelEvent) -> Sequence[CallEvent]:
        """Take a channel event in."""

    def tick(self, now: float) -> Sequence[CallEvent]:
        """Decide what only time decides."""


@dataclass(slots=True)
class FollowCounts:
    """For the system page."""

    messages: int = 0
    call_events: int = 0
    failed_events: int = 0
    last_event_at: float | None = None


class CallFollower:
    """The flow for one PBX. Feed it messages in order; it never raises for a strange one."""

    def __init__(
        self,
        *,
        database: Database,
        hub: Publisher,
        call_log: CallLog,
        tracker: Tracker,
        translate: Callable[[Received], Iterable[ChannelEvent]],
        followers: Sequence[Follower] = (),
    ) -> None:
        self.counts = FollowCounts()
        self._database, self._hub, self._log = database, hub, call_log
        self._tracker, self._translate = tracker, translate
        self._followers = tuple(followers)

    async def handle(self, received: Received) -> None:
        """One message of the PBX."""
        self.counts.messages += 1
        await self._take(self._events(received))

    async def tick(self, now: float) -> None:
        """Time has passed (Unix seconds)."""
        await self._take(self._tracker.tick(now))

    def catch_up(self, received: Received) -> list[CallEvent]:
        """One message out of the journal, at start: recorded where it was not yet, told to no page. Returns what
        happened, for those who must know what is up."""
        happened: list[CallEvent] = []
        for event in self._events(received):
            self._record(event)
            happened.append(event)
        return happened

    def _events(self, received: Received) -> list[CallEvent]:
        found: list[CallEvent] = []
        try:
            for channel_event in self._translate(received):
                found += self._tracker.handle(channel_event)
        except Exception:  # one message that we misread must not end the following of all other calls
            self.counts.failed_events += 1
            log.exception("this message of the PBX was not understood: %s", received)
        return found

    async def _take(self, events: Sequence[CallEvent]) -> None:
        for event in events:
            self.counts.call_events += 1
            self.counts.last_event_at = event.at
            call = await self._record_surely(event)
            if call is None:
                continue
            self._tell(event, call)
            for follower in self._followers:
                await follower(event, call)

    async def _record_surely(self, event: CallEvent) -> Call | None:
        """While the database is away the feed waits: what comes meanwhile is queued, and in the journal."""
        is_told = False
        while True:
            try:
                return await asyncio.to_thread(self._record, event)
            except OperationalError as error:
                if not is_told:
                    log.error("the call log cannot be written, calls wait for it: %s", error.orig)
                is_told = True
                await asyncio.sleep(RETRY_SECONDS)

    def _record(self, event: CallEvent) -> Call | None:
        try:
            with self._database.transaction() as session:
                return self._log.record(session, event)
        except OperationalError:
            raise
        except SQLAlchemyError:
            # The feed goes on: the journal keeps the message, and a restart records what is missing.
            self.counts.failed_events += 1
            log.exception("call %s: event %d (%s) was not recorded", event.call_id, event.seq, type(event).__name__)
            return None

    def _tell(self, event: CallEvent, call: Call) -> None:
        change = CHANGES.get(type(event))
        if change is None:
            return
        data: dict[str, Any] = {"id": call.id, "change": change}
        extension = getattr(event, "extension", None)
        if extension is not None:
            data["extension"] = extension
        # Whoever had a part in it so far: the agent who handed the customer on is told too.
        had_part = [extension, *(offer["extension"] for offer in call.agents)]
        topics = dict.fromkeys([*(f"extension:{e}" for e in had_part if e), *call_topics(call)])
        if isinstance(event, OfferEnded):
            data["outcome"] = str(event.outcome)
        for topic in topics:
            self._hub.publish(topic, "call", data)
