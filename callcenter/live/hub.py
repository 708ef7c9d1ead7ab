"""The hub: topics, one replay ring per topic, and subscribers that may be slow (ui.md §4.4).

In memory and per process. Where several processes serve pages, `live/postgres.py` carries the notices between
their hubs; each hub numbers what it delivers itself, so a browser that changes process is told to resync."""

import asyncio
import secrets
import time
from collections import deque
from collections.abc import Callable, Iterable, Mapping
from threading import Lock

from callcenter.live.notices import RESYNC, TRANSIENT_KINDS, Json, Notice, parse_id

RING_NOTICES = 512
"""Notices kept per topic."""
RING_SECONDS = 300.0
QUEUE_NOTICES = 256
"""Waiting for one subscriber; beyond, it is told to resync instead."""
IDLE_TOPICS = 2_000
"""Rings with nothing left in them are dropped once there are more topics than this."""


class _Ring:
    """The last notices of one topic, and the number of the newest that is gone."""

    __slots__ = ("dropped", "kept")

    def __init__(self) -> None:
        self.kept: deque[Notice] = deque()
        self.dropped = 0

    def add(self, notice: Notice) -> None:
        self.kept.append(notice)
        self.forget(notice.at - RING_SECONDS)

    def forget(self, before: float) -> None:
        while self.kept and (len(self.kept) > RING_NOTICES or self.kept[0].at < before):
            self.dropped = self.kept.popleft().seq


class Subscription:
    """One reader's queue. Read by one task of the loop that made it."""

    def __init__(self, hub: "Hub", topics: frozenset[str], loop: asyncio.AbstractEventLoop) -> None:
        self.topics = topics
        self._hub = hub
        self._loop = loop
        self._queue: deque[Notice] = deque()
        self._wake = asyncio.Event()
        self._closed = False

    @property
    def is_closed(self) -> bool:
        """Whether the hub has shut down, or this subscription was closed."""
        return self._closed

    async def take(self, wait_seconds: float) -> list[Notice]:
        """Everything that waits, at least one notice; empty after `wait_seconds` or once closed."""
        try:
            async with asyncio.timeout(wait_seconds):
                # A loop, because several pushes may each have asked for one wake-up.
                while not self._queue and not self._closed:
                    await self._wake.wait()
                    self._wake.clear()
        except TimeoutError:
            return []
        self._wake.clear()
        taken: list[Notice] = []
        while self._queue:
            taken.append(self._queue.popleft())
        return taken

    def close(self) -> None:
        """Stop receiving. Doing it twice is harmless."""
        self._hub._leave(self)
        self._shut()

    def _push(self, notice: Notice) -> None:
        if len(self._queue) >= QUEUE_NOTICES:
            self._queue.clear()
            notice = Notice(epoch=notice.epoch, seq=notice.seq, at=notice.at, topic=notice.topic, kind=RESYNC, data={})
        self._queue.append(notice)
        self._notify()

    def _shut(self) -> None:
        self._closed = True
        self._notify()

    def _notify(self) -> None:
        if self._wake.is_set() or self._loop.is_closed():
            return
        # Always through the loop: the caller may be a worker thread, and an Event belongs to its loop.
        self._loop.call_soon_threadsafe(self._wake.set)


class Hub:
    """Notices in, by topic; subscriptions out."""

    def __init__(self, *, clock: Callable[[], float] = time.time, epoch: str = "") -> None:
        self.epoch = epoch or secrets.token_hex(4)
        self._clock = clock
        self._seq = 0
        self._floor = 0  # the newest notice dropped with its whole ring
        self._rings: dict[str, _Ring] = {}
        self._readers: dict[str, set[Subscription]] = {}
        self._lock = Lock()
        self._closed = False

    @property
    def last_id(self) -> str:
        """The newest notice's id. A page takes it *before* its queries, so that nothing falls between."""
        return f"{self.epoch}-{self._seq}"

    @property
    def subscribers(self) -> int:
        """How many streams are open."""
        with self._lock:
            return len({reader for readers in self._readers.values() for reader in readers})

    def has_subscribers(self, topic: str) -> bool:
        """Whether anybody looks."""
        return bool(self._readers.get(topic))

    def publish(self, topic: str, kind: str, data: Mapping[str, Json]) -> None:
        """Tell every subscriber of `topic`. Never blocks; may be called from any thread."""
        self.deliver(topic, kind, data)

    publish_threadsafe = publish

    def deliver(self, topic: str, kind: str, data: Mapping[str, Json]) -> None:
        """Number a notice, keep it for replay and hand it to this process's subscribers."""
        with self._lock:
            if self._closed:
                return
            self._seq += 1
            notice = Notice(epoch=self.epoch, seq=self._seq, at=self._clock(), topic=topic, kind=kind, data=data)
            if kind not in TRANSIENT_KINDS:
                self._ring(topic).add(notice)
            for reader in self._readers.get(topic, ()):
                reader._push(notice)

    def subscribe(self, topics: Iterable[str], last_id: str | None = None) -> tuple[Subscription, list[Notice] | None]:
        """Open a subscription, with what was missed since `last_id` in order, or None when that cannot be
        told any more and the reader must fetch its state anew."""
        subscription = Subscription(self, frozenset(topics), asyncio.get_running_loop())
        with self._lock:
            missed = self._missed(subscription.topics, last_id)
            for topic in subscription.topics:
                self._readers.setdefault(topic, set()).add(subscription)
            if self._closed:
                subscription._shut()
        return subscription, missed

    def forget(self) -> None:
        """Notices may have been lost on their way here: every reader is told to fetch its state anew, now or when
        it comes back."""
        with self._lock:
            self._seq += 1
            self._floor = self._seq
            self._rings.clear()
            notice = Notice(epoch=self.epoch, seq=self._seq, at=self._clock(), topic="", kind=RESYNC, data={})
            for reader in {reader for readers in self._readers.values() for reader in readers}:
                reader._push(notice)

    def close(self) -> None:
        """End every stream; called before the server stops, which would otherwise wait for them."""
        with self._lock:
            self._closed = True
            readers = {reader for readers in self._readers.values() for reader in readers}
            self._readers.clear()
        for reader in readers:
            reader._shut()

    def _missed(self, topics: frozenset[str], last_id: str | None) -> list[Notice] | None:
        parsed = parse_id(last_id)
        if parsed is None or parsed[0] != self.epoch or not self._floor <= parsed[1] <= self._seq:
            return None
        since = parsed[1]
        rings = [ring for topic in topics if (ring := self._rings.get(topic))]
        if any(ring.dropped > since for ring in rings):
            return None
        return sorted((n for ring in rings for n in ring.kept if n.seq > since), key=lambda n: n.seq)

    def _ring(self, topic: str) -> _Ring:
        ring = self._rings.get(topic)
        if ring is None:
            if len(self._rings) >= IDLE_TOPICS:
                self._drop_idle_rings()
            ring = self._rings[topic] = _Ring()
        return ring

    def _drop_idle_rings(self) -> None:
        """Calls end and their topics with them. Who was away since before a dropped ring's last notice is
        told to resync, whatever the topic."""
        before = self._clock() - RING_SECONDS
        for topic, ring in list(self._rings.items()):
            ring.forget(before)
            if not ring.kept and topic not in self._readers:
                self._floor = max(self._floor, ring.dropped)
                del self._rings[topic]

    def _leave(self, subscription: Subscription) -> None:
        with self._lock:
            for topic in subscription.topics:
                readers = self._readers.get(topic)
                if readers:
                    readers.discard(subscription)
                    if not readers:
                        del self._readers[topic]
