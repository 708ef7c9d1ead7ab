"""A connection for looking into things: it keeps every event, so that one can wait for those already gone by."""

import asyncio
from collections.abc import Callable

from callcenter.ami.config import AmiConfig
from callcenter.ami.messages import Message
from callcenter.ami.parser import parse_block
from callcenter.ami.session import AmiSession

EVENT_WAIT_SECONDS = 2.0


class Probe:
    """A session and what came over it."""

    def __init__(self, config: AmiConfig, clock: Callable[[], float]) -> None:
        self._events: list[Message] = []
        self._arrived = asyncio.Event()
        self.session = AmiSession(config, connection=1, take=self._take, backlog=lambda: 0, clock=clock)

    async def event(self, name: str, holding: str = "") -> Message | None:
        """The first event of that name with `holding` in its Channel, come or still to come; None = it did not come."""
        try:
            async with asyncio.timeout(EVENT_WAIT_SECONDS):
                while not (found := self._find(name, holding)):
                    self._arrived.clear()
                    await self._arrived.wait()
        except TimeoutError:
            return None
        return found

    def _find(self, name: str, holding: str) -> Message | None:
        return next((m for m in self._events if m.event == name and holding in m.get("Channel")), None)

    def _take(self, session: AmiSession, _at: float, blocks: list[bytes]) -> None:
        for message in (message for block in blocks for message in parse_block(block)):
            session.resolve(message)
            if message.event:
                self._events.append(message)
        self._arrived.set()
