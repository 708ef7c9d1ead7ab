"""asterisk-ami's client, hardened: the same actions, responses, events and listeners over a connection, framing,
parsing and sending of our own (ami.md §B.2 lists what each replaced method got wrong)."""

import itertools
import logging
import re
import threading
import time
from collections.abc import Callable, Iterator

from asterisk.ami import AMIClient, Event, FutureResponse, Response

from callcenter.ami.action import SafeAction
from callcenter.ami.config import AmiConfig
from callcenter.ami.errors import AmiLinkLost, AmiProtocolError
from callcenter.ami.messages import Message
from callcenter.ami.parser import BANNER, BlockSplitter, parse_block
from callcenter.ami.transport import Transport, open_transport

logger = logging.getLogger(__name__)

OnBlocks = Callable[[float, list[bytes]], None]
"""Arrival time (Unix seconds) and complete blocks without their blank line; called by the reader thread."""
OnClosed = Callable[[AmiLinkLost | None], None]
"""Called once by the reader thread; None = the PBX or we ended the connection in good order."""

MAX_WAITING_RESPONSES = 1000
_BANNER_LINE = re.compile(rb"Asterisk *Call *Manager/(?P<version>[0-9.]+)\r\n", re.IGNORECASE)
_MAX_BANNER_BYTES = 256


class ActionFuture(FutureResponse):  # type: ignore[misc]  # the library has no types
    """The library's future, whose callback cannot break the reader."""

    def set_response(self, response: Response) -> None:
        """Hand the answer to the callback and to who waits."""
        if self._callback is not None:
            _guarded(self._callback, response)
        with self._lock:
            self._response = response
            self._lock.notify_all()

    response = property(FutureResponse.get_response, set_response)


class HardenedAMIClient(AMIClient):  # type: ignore[misc]  # the library has no types
    """One connection to one PBX. The reader thread only cuts blocks and hands them on: to `on_blocks`, or without
    one to the library's listeners. It never times out on a quiet link; who owns the client pings."""

    def __init__(
        self,
        config: AmiConfig,
        *,
        on_blocks: OnBlocks | None = None,
        on_closed: OnClosed | None = None,
        clock: Callable[[], float] = time.time,
    ) -> None:
        super().__init__(config.host, config.port, timeout=config.action_timeout)
        self.splitter = BlockSplitter(config.max_block_bytes)
        self.version = ""
        """Protocol version in the PBX's greeting."""
        self._config = config
        self._on_blocks = on_blocks or self._fire_blocks
        self._on_closed = on_closed
        self._clock = clock
        self._ids = itertools.count()
        self._transport: Transport | None = None
        self._ended = False

    def connect(self) -> None:
        """Connect and read the greeting, within the configured time. Blocks.

        Raises AmiLinkLost when nothing answers, AmiProtocolError when it is not a manager that does."""
        transport = open_transport(self._config)
        try:
            rest = self._read_banner(transport)
        except AmiLinkLost:
            transport.release()
            raise
        self._transport = transport
        if self._ended:  # Given up while we were connecting.
            transport.close()
        self.finished = threading.Event()
        self._thread = threading.Thread(target=self.listen, args=(rest,), name="ami-reader", daemon=True)
        self._thread.start()

    def _read_banner(self, transport: Transport) -> bytes:
        """Read the greeting; return what follows it already."""
        watchdog = threading.Timer(self._config.connect_timeout, transport.close)
        watchdog.daemon = True
        watchdog.start()
        try:
            received = b""
            while b"\r\n" not in received and len(received) < _MAX_BANNER_BYTES:
                data = transport.read()
                if not data:
                    raise AmiLinkLost(f"{self._config.host} port {self._config.port} sent no manager greeting.")
                received += data
        finally:
            watchdog.cancel()
        match = _BANNER_LINE.match(received)
        if not match:
            raise AmiProtocolError(f"{self._config.host} port {self._config.port} is no Asterisk manager.")
        self.version = self._ami_version = match["version"].decode()
        self._on_blocks(self._clock(), [f"{BANNER}{self.version}".encode()])
        return received[match.end() :]

    def _next_pack(self, data: bytes) -> Iterator[list[bytes]]:
        """The complete blocks of each read, beginning with `data`, until the connection ends."""
        transport = self._transport
        while transport is not None:
            if blocks := self.splitter.feed(data):
                yield blocks
            data = transport.read()
            if not data:
                return

    def listen(self, data: bytes = b"") -> None:
        """The reader thread."""
        error: AmiLinkLost | None = None
        self._fire_guarded(self._fire_on_connect)
        try:
            for blocks in self._next_pack(data):
                self._on_blocks(self._clock(), blocks)
        except AmiLinkLost as lost:
            error = lost
        finally:
            self.finished.set()
            if self._transport is not None:
                self._transport.release()
        self._fire_guarded(self._fire_on_disconnect, error=error)
        if self._on_closed is not None:
            self._on_closed(error)

    def disconnect(self) -> None:
        """End the connection; the reader thread ends soon after. Never blocks."""
        self._ended = True
        if self._transport is not None:
            self._transport.close()

    def next_action_id(self) -> str:
        """Unique on this connection, from any thread."""
        return f"cc-{next(self._ids)}"

    def send(self, pack: SafeAction) -> None:
        """Send a whole action. Blocks at most the action time-out. Raises AmiUnsafeValue, AmiLinkLost."""
        data = pack.encode()
        if self._transport is None or self.finished.is_set():
            raise AmiLinkLost("There is no connection to the PBX.")
        self._transport.write(data, self._config.action_timeout)

    def send_action(self, action: SafeAction, callback: Callable[[Response], object] | None = None) -> ActionFuture:
        """Send, and return a future whose `response` is None when no answer came in time."""
        action_id = action.keys.get("ActionID") or self.next_action_id()
        while len(self._futures) >= MAX_WAITING_RESPONSES:
            self._futures.pop(next(iter(self._futures)), None)
        future = self._futures[action_id] = ActionFuture(callback, self._timeout)
        self._fire_guarded(self._fire_on_action, action=action)
        try:
            self.send(action.with_id(action_id))
        except AmiLinkLost:
            self._futures.pop(action_id, None)
            raise
        return future

    def fire_recv_pack(self, pack: bytes) -> None:
        """Give one block to the library's listeners and futures."""
        for message in parse_block(pack):
            if message.event:
                self._fire_guarded(self.fire_recv_event, event=Event(message.event, _library_keys(message)))
            elif message.response:
                keys = _library_keys(message)
                self._fire_guarded(self.fire_recv_reponse, Response(message.response, keys, message.all("Output")))
            else:
                self._fire_guarded(self._fire_on_unknown, pack=pack)

    def _fire_blocks(self, _at: float, blocks: list[bytes]) -> None:
        for block in blocks:
            self.fire_recv_pack(block)

    def _fire_guarded(self, fire: Callable[..., object], *args: object, **kwargs: object) -> None:
        _guarded(fire, *args, **kwargs)


def _library_keys(message: Message) -> dict[str, str | list[str]]:
    """As the library names them, without the first header; a repeated key keeps all its values, as a list."""
    first = "Event" if message.event else "Response"
    keys: dict[str, str | list[str]] = {key: value for key, value in message.headers.items() if key != first}
    return keys | dict(message.repeated or {})


def _guarded(callback: Callable[..., object], *args: object, **kwargs: object) -> None:
    """Call foreign code from the reader thread."""
    try:
        callback(*args, **kwargs)
    except Exception:
        # A listener's fault must not end the feed for everyone.
        logger.exception("A listener of the manager connection failed.")
