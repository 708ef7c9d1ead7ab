"""Questions the tracker has for the PBX: whether a caller hides the number, when a call was answered in a gap. The
answers come back in the stream of messages like everything else, so a journal holds them too."""

import asyncio
import logging
from collections.abc import Iterable
from typing import Protocol

from callcenter.ami.action import SafeAction
from callcenter.ami.actions import getvar
from callcenter.ami.messages import Message
from callcenter.core.calls import WantedVariable
from callcenter.core.errors import CallcenterError

log = logging.getLogger(__name__)

AT_ONCE = 8
"""Questions under way at a time: after a long gap there may be hundreds."""


class Sender(Protocol):
    """`ami.link.AmiLink`."""

    async def send(self, action: SafeAction, within: float | None = None) -> Message:
        """Send and await the answer."""


class AskPbx:
    """Sends questions beside the feed. One that fails is not asked again: the channel is gone, or so is the link."""

    def __init__(self, sender: Sender) -> None:
        self._sender = sender
        self._tasks: set[asyncio.Task[None]] = set()
        self._lines = asyncio.Semaphore(AT_ONCE)

    def ask(self, wanted: Iterable[WantedVariable]) -> None:
        """Ask, without waiting."""
        for question in wanted:
            task = asyncio.create_task(self._ask(question))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def _ask(self, question: WantedVariable) -> None:
        async with self._lines:
            try:
                await self._sender.send(getvar(question.variable, question.channel, question.channel_id))
            except CallcenterError as error:
                log.debug("%s of %s is not known: %s", question.variable, question.channel, error)

    async def aclose(self) -> None:
        """Drop what is under way."""
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
