"""One connection to the PBX, seen from the event loop: log in, send actions and await their answers."""

import asyncio
import contextlib
import itertools
from collections.abc import Callable

from callcenter.ami import actions
from callcenter.ami.action import SafeAction
from callcenter.ami.client import HardenedAMIClient
from callcenter.ami.config import AmiConfig
from callcenter.ami.errors import (
    AmiActionInFlight,
    AmiActionRefused,
    AmiActionTimeout,
    AmiLinkLost,
    AmiLoginRefused,
    AmiOverrun,
)
from callcenter.ami.messages import Message

Take = Callable[["AmiSession", float, list[bytes]], None]
"""What the owner does with blocks that arrived, on the event loop. Must not raise."""


class AmiSession:
    """The reader thread appends to the event loop's queue; the loop resolves what waits for an answer."""

    def __init__(
        self,
        config: AmiConfig,
        *,
        connection: int,
        take: Take,
        backlog: Callable[[], int],
        clock: Callable[[], float],
    ) -> None:
        self.connection = connection
        self.received = False
        """Whether the PBX sent anything at all."""
        self.booted = asyncio.Event()
        """Set by the owner when FullyBooted arrives."""
        self.filters_refused = False
        self.closed: asyncio.Future[AmiLinkLost | None] = asyncio.get_running_loop().create_future()
        self._config = config
        self._take = take
        self._backlog = backlog
        self._loop = asyncio.get_running_loop()
        self._arrived_blocks = 0  # Written by the reader thread only,
        self._taken_blocks = 0  # and this one by the event loop only.
        self._waiting: dict[str, asyncio.Future[Message]] = {}
        self._ids = itertools.count(1)
        self._client = HardenedAMIClient(config, on_blocks=self._arrived, on_closed=self._reader_ended, clock=clock)

    @property
    def protocol_version(self) -> str:
        """From the greeting."""
        return self._client.version

    @property
    def oversized(self) -> int:
        """Blocks dropped for their length."""
        return self._client.splitter.oversized

    async def open(self) -> None:
        """Connect and log in. Raises AmiLinkLost, AmiProtocolError, AmiLoginRefused, AmiActionTimeout."""
        await asyncio.to_thread(self._client.connect)
        try:
            await self.send(await self._login())
        except AmiActionRefused as refused:
            raise AmiLoginRefused(
                f"{self._config.host} refused the manager user {self._config.username!r} "
                f"({refused.response.get('Message') or 'no reason given'}): check user name, secret and "
                "the deny/permit lines in manager.conf."
            ) from refused

    async def _login(self) -> SafeAction:
        if not self._config.md5_login:
            return actions.login(self._config.username, self._config.secret)
        answer = await self.send(actions.challenge())
        return actions.login_md5(self._config.username, self._config.secret, answer.get("Challenge"))

    async def send(self, action: SafeAction, within: float | None = None) -> Message:
        """Send and await the answer, at most `within` seconds.

        Raises AmiActionRefused for an error, AmiActionTimeout, AmiActionInFlight, AmiLinkLost."""
        action_id = action.keys.get("ActionID") or f"cc-{self.connection}-{next(self._ids)}"
        if action_id in self._waiting:
            raise AmiActionInFlight(f"An action with the id {action_id} still waits for its answer.")
        future = self._waiting[action_id] = self._loop.create_future()
        try:
            async with asyncio.timeout(within or self._config.action_timeout):
                await asyncio.to_thread(self._client.send, action.with_id(action_id))
                answer: Message = await future
        except TimeoutError as error:
            raise AmiActionTimeout(f"{self._config.host} did not answer {action.name} in time.") from error
        finally:
            del self._waiting[action_id]
            future.cancel()
        if answer.response.lower() == "error":
            raise AmiActionRefused(action.name, answer)
        return answer

    def resolve(self, message: Message) -> None:
        """Hand a response to who waits for it. Late and unasked ones are nobody's."""
        if not message.response or message.event:
            return
        future = self._waiting.get(message.get("ActionID"))
        if future is not None and not future.done():
            future.set_result(message)

    async def ended(self) -> None:
        """Wait for the end of the connection, and raise it."""
        lost = await asyncio.shield(self.closed)
        raise lost or AmiLinkLost(f"{self._config.host} ended the connection.")

    async def close(self) -> None:
        """End the connection and deliver what had already arrived."""
        self._client.disconnect()
        if self._client.finished is not None:
            await self.closed

    def _arrived(self, at: float, blocks: list[bytes]) -> None:
        """Reader thread: append to the event loop's queue, nothing else; refuse to let it grow without bound."""
        self._arrived_blocks += len(blocks)
        self._call(self._taken, at, blocks)
        if self._arrived_blocks - self._taken_blocks + self._backlog() > self._config.queue_limit:
            raise AmiOverrun("We could not keep up with the PBX; the link was closed and is made anew.")

    def _taken(self, at: float, blocks: list[bytes]) -> None:
        self._taken_blocks += len(blocks)
        self.received = True
        self._take(self, at, blocks)

    def _reader_ended(self, error: AmiLinkLost | None) -> None:
        self._call(self._end, error)

    def _call(self, callback: Callable[..., None], *args: object) -> None:
        with contextlib.suppress(RuntimeError):  # The event loop is gone: nobody is left to tell.
            self._loop.call_soon_threadsafe(callback, *args)

    def _end(self, error: AmiLinkLost | None) -> None:
        """Event loop: everything that arrived before the end has been taken."""
        lost = error or AmiLinkLost("The connection to the PBX ended.")
        for future in self._waiting.values():
            if not future.done():
                future.set_exception(lost)
        if not self.closed.done():
            self.closed.set_result(error)
