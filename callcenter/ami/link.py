"""The lasting link to one PBX: connects, logs in, watches, reconnects, journals, and yields every message.

What is sent is sent once: an action whose link dies fails, and nothing is repeated after a reconnect, so no agent's
phone rings for a click of minutes ago. A new connection number in what it yields means that messages were lost in
between; the snapshot that follows every login lets the tracker reconcile. A consumer too slow for the bound is a
lost link too (`AmiOverrun`): never a silent loss."""

import asyncio
import contextlib
import logging
import random
import time
from collections import deque
from collections.abc import AsyncIterator, Callable
from types import TracebackType
from typing import Self

from callcenter.ami.action import SafeAction
from callcenter.ami.config import AmiConfig
from callcenter.ami.errors import (
    AmiActionTimeout,
    AmiLinkLost,
    AmiLoginRefused,
)
from callcenter.ami.journal import Journal
from callcenter.ami.messages import Message, Received
from callcenter.ami.parser import TERMINATOR, AmiParser, Wanted
from callcenter.ami.serve import serve
from callcenter.ami.session import AmiSession
from callcenter.ami.status import LinkStatus

logger = logging.getLogger(__name__)

SYNC_SECONDS = 5.0


class AmiLink:
    """`async with AmiLink(config) as link: async for received in link: …`, one consumer at a time."""

    def __init__(
        self,
        config: AmiConfig,
        *,
        journal: Journal | None = None,
        wanted: Wanted | None = None,
        on_change: Callable[[LinkStatus], None] | None = None,
        clock: Callable[[], float] = time.time,
        jitter: Callable[[], float] = random.random,
    ) -> None:
        self._config = config
        self._journal = journal
        self._parser = AmiParser(wanted=None if wanted is None else {**wanted, b"FullyBooted": ()})
        self._on_change = on_change
        self._clock = clock
        self._jitter = jitter
        self._outbox: deque[Received] = deque()
        self._arrival = asyncio.Event()
        self._closing = False
        self._session: AmiSession | None = None
        self._connection = journal.last_connection() if journal else 0
        self._connects = 0
        self._since: float | None = None
        self._last_message_at: float | None = None
        self._event_delay: float | None = None
        self._oversized = 0
        self._protocol_version = ""
        self._last_error = ""
        self._said = ""
        self._connected: bool | None = None
        self._journal_full = asyncio.Event()
        self._tasks: list[asyncio.Task[None]] = []

    async def __aenter__(self) -> Self:
        self._tasks = [asyncio.create_task(self._keep(), name="ami-link")]
        self._tasks[0].add_done_callback(lambda _: self._arrival.set())
        if self._journal is not None:
            self._tasks.append(asyncio.create_task(self._tend_journal(self._journal), name="ami-journal"))
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    async def close(self) -> None:
        """End the link; what was received is still yielded. May be called twice."""
        self._closing = True
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        if self._journal is not None:
            await asyncio.to_thread(self._journal.close)
        self._arrival.set()

    async def __aiter__(self) -> AsyncIterator[Received]:
        while True:
            while self._outbox:
                yield self._outbox.popleft()
            if self._closing:
                return
            self._raise_failure()
            self._arrival.clear()
            await self._arrival.wait()

    def _raise_failure(self) -> None:
        """A fault of ours, or a user name that cannot be sent, ends the link: never in silence."""
        if self._tasks and self._tasks[0].done():
            self._tasks[0].result()

    async def send(self, action: SafeAction, within: float | None = None) -> Message:
        """Send and await the answer, at most `within` seconds (default: the configured time).

        Raises AmiLinkLost while there is no link (nothing is kept for later), AmiActionRefused when the PBX answers
        with an error, AmiActionTimeout when it does not answer, AmiActionInFlight for an ActionID in use."""
        if self._session is None:
            raise AmiLinkLost(f"There is no link to {self._config.host}. {self._last_error}".strip())
        return await self._session.send(action, within)

    def status(self) -> LinkStatus:
        """How the link is doing."""
        session = self._session
        return LinkStatus(
            connected=session is not None,
            connection=self._connection,
            since=self._since,
            last_message_at=self._last_message_at,
            event_delay_seconds=self._event_delay,
            reconnects=max(self._connects - 1, 0),
            skipped=self._parser.skipped,
            oversized=self._oversized + (session.oversized if session else 0),
            queue_length=len(self._outbox),
            journal_lost=self._journal.lost if self._journal else 0,
            protocol_version=self._protocol_version,
            filters_refused=session is not None and session.filters_refused,
            last_error=self._last_error,
        )

    async def _keep(self) -> None:
        """Connect, serve, and again, until cancelled."""
        failures = 0
        while True:
            began = self._clock()
            try:
                await self._connect_and_serve()
            except AmiLoginRefused as refused:
                self._lost(str(refused), logging.ERROR)
                delay = self._config.refused_retry
            except (AmiLinkLost, AmiActionTimeout) as lost:
                self._lost(str(lost), logging.WARNING)
                failures = 0 if self._clock() - began > self._config.retry_max else failures + 1
                delay = self._backoff(failures)
            await asyncio.sleep(delay)
            await self._drained()

    def _backoff(self, failures: int) -> float:
        """Doubling from `retry_min` to `retry_max`, the upper half of it random, so that many clients of a PBX that
        restarts do not all come back at once."""
        ceiling = min(self._config.retry_min * 2.0 ** min(failures, 16), self._config.retry_max)
        return ceiling * (0.5 + self._jitter() / 2)

    async def _drained(self) -> None:
        """After an overrun: no new connection before the consumer has caught up by half."""
        while len(self._outbox) > self._config.queue_limit // 2:  # noqa: ASYNC110 - rare, and need not be prompt
            await asyncio.sleep(self._config.retry_min)

    async def _connect_and_serve(self) -> None:
        """One connection from its beginning to its end, which is always an error."""
        session = AmiSession(
            self._config,
            connection=self._connection + 1,
            take=self._take,
            backlog=self._outbox.__len__,
            clock=self._clock,
        )
        try:
            await session.open()
            self._protocol_version = session.protocol_version
            self._session = session
            self._connects += 1
            self._changed(connected=True)
            await serve(session, self._config)
        finally:
            self._session = None
            self._oversized += session.oversized
            await session.close()

    def _take(self, session: AmiSession, at: float, blocks: list[bytes]) -> None:
        """Journal first, then parse, answer what waits, and queue for the consumer."""
        connection = self._connection = session.connection
        self._last_message_at = at
        if self._journal is not None:
            if self._journal.append(at, connection, TERMINATOR.join(blocks) + TERMINATOR):
                self._journal_full.set()
            self._journal.flush()
        for message in self._parser.parse_all(blocks):
            self._note(session, message, at)
            self._outbox.append(Received(message, at, connection))
        self._arrival.set()

    def _note(self, session: AmiSession, message: Message, at: float) -> None:
        headers = message.headers
        if "Response" in headers:
            session.resolve(message)
        elif headers.get("Event") == "FullyBooted":
            session.booted.set()
        if stamp := headers.get("Timestamp"):
            with contextlib.suppress(ValueError):
                self._event_delay = at - float(stamp)

    def _lost(self, reason: str, level: int) -> None:
        """Say it once, and again only when the reason changes or there was a link in between."""
        logger.log(logging.DEBUG if reason == self._said else level, "%s", reason)
        self._last_error = self._said = reason
        self._changed(connected=False)

    def _changed(self, *, connected: bool) -> None:
        if connected:
            self._said = ""
        if connected != self._connected:
            self._connected = connected
            self._since = self._clock()
        if self._on_change is not None:
            self._on_change(self.status())

    async def _tend_journal(self, journal: Journal) -> None:
        """Force to disk in time, pack and delete files; never in the way of the feed."""
        self._journal_full.set()
        while True:
            if self._journal_full.is_set():
                self._journal_full.clear()
                await asyncio.to_thread(journal.tend, self._clock())
            await asyncio.sleep(SYNC_SECONDS)
            await asyncio.to_thread(journal.sync)
