"""The simulation's time: real, faster than real, or none at all for streams that are computed at once."""

import asyncio
import time
from typing import Protocol, TypeVar

T = TypeVar("T")


class Clock(Protocol):
    """Unix seconds of the simulated world, and waiting in it."""

    speed: float
    """Simulated seconds in one real second."""

    def now(self) -> float:
        """Unix seconds."""
        ...

    async def wait(self, inbox: asyncio.Queue[T], seconds: float) -> T | None:
        """What arrives in the inbox within `seconds`, or None when they have passed."""
        ...

    async def sleep(self, seconds: float) -> None:
        """Simulated seconds."""
        ...


class RealClock:
    """Runs `speed` times as fast as the world, starting at its time."""

    def __init__(self, speed: float = 1.0) -> None:
        self.speed = speed
        self._start, self._started = time.time(), time.monotonic()

    def now(self) -> float:
        """Never steps backwards, whatever happens to the computer's clock."""
        return self._start + (time.monotonic() - self._started) * self.speed

    async def wait(self, inbox: asyncio.Queue[T], seconds: float) -> T | None:
        """See Clock."""
        try:
            return await asyncio.wait_for(inbox.get(), max(0.0, seconds) / self.speed)
        except TimeoutError:
            return None

    async def sleep(self, seconds: float) -> None:
        """See Clock."""
        await asyncio.sleep(max(0.0, seconds) / self.speed)


class StillClock:
    """Time passes only by waiting, and waiting takes none: a call of minutes is played in milliseconds. For one
    call at a time."""

    def __init__(self, start: float = 1_795_300_000.0) -> None:
        self.speed = 1.0
        self._now = start

    def now(self) -> float:
        """See Clock."""
        return self._now

    async def wait(self, inbox: asyncio.Queue[T], seconds: float) -> T | None:
        """Takes what is there already, at once; else the time has passed."""
        if not inbox.empty():
            return inbox.get_nowait()
        self._now += max(0.0, seconds)
        return None

    async def sleep(self, seconds: float) -> None:
        """See Clock."""
        self._now += max(0.0, seconds)
