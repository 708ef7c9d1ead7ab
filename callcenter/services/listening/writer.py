"""What was heard goes to the sinks in order, in a thread of its own, so that neither the database nor a page
ever holds up the audio."""

import asyncio
import logging
from collections import deque
from collections.abc import Callable

log = logging.getLogger(__name__)

_PARTIALS_DROPPED_FROM = 50
"""Waiting deliveries from which partials are left out: they are shown, never stored, and older than what
follows."""


class Writer:
    """A queue of calls to make. It is unbounded on purpose: utterances are a few a second, and none may be
    lost."""

    def __init__(self) -> None:
        self._waiting: deque[Callable[[], None]] = deque()
        self._arrived = asyncio.Event()
        self._idle = asyncio.Event()
        self._idle.set()
        self._task: asyncio.Task[None] | None = None
        self.failed = 0
        """Deliveries that a sink refused."""
        self.dropped_partials = 0

    @property
    def waiting(self) -> int:
        """Deliveries that wait."""
        return len(self._waiting)

    def start(self) -> None:
        """Begin to deliver."""
        self._task = asyncio.create_task(self._run(), name="transcript writer")

    def put(self, delivery: Callable[[], None], *, droppable: bool = False) -> None:
        """Deliver this after everything before it."""
        if droppable and len(self._waiting) >= _PARTIALS_DROPPED_FROM:
            self.dropped_partials += 1
            return
        self._waiting.append(delivery)
        self._idle.clear()
        self._arrived.set()

    async def settled(self) -> None:
        """Wait until everything that was put is delivered."""
        await self._idle.wait()

    async def aclose(self) -> None:
        """Deliver what waits, then stop."""
        if self._task is None:
            return
        await self.settled()
        self._task.cancel()
        await asyncio.gather(self._task, return_exceptions=True)

    async def _run(self) -> None:
        while True:
            await self._arrived.wait()
            self._arrived.clear()
            while self._waiting:
                batch = list(self._waiting)
                self._waiting.clear()
                await asyncio.to_thread(self._deliver, batch)
            self._idle.set()

    def _deliver(self, batch: list[Callable[[], None]]) -> None:
        for delivery in batch:
            try:
                delivery()
            except Exception:
                self.failed += 1
                log.exception("something that was heard could not be stored")
