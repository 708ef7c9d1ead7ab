"""Manager bytes in, messages out. No sockets, no clock.

Bytes are cut at the blank line first and decoded after, so a letter can never be torn by the network, and
lines are cut at CR LF only, so U+2028, U+0085 or a bare line feed in a caller's name stays in its value."""

from collections.abc import Mapping
from itertools import repeat

from callcenter.ami.messages import Message

TERMINATOR = b"\r\n\r\n"
BANNER = "Asterisk Call Manager/"
MAX_BLOCK_BYTES = 1 << 20
"""Longer blocks are dropped and counted. Events of 300 kB are fine; Asterisk itself sets no limit."""

Wanted = Mapping[bytes, tuple[bytes, ...]]
"""Event name to the byte strings of which one must occur in the block, `()` = any block of that name."""


class BlockSplitter:
    """Cuts the stream at blank lines, in memory bounded by `limit`. The result does not depend on how the
    network cut the bytes."""

    def __init__(self, limit: int = MAX_BLOCK_BYTES) -> None:
        self.oversized = 0
        """Blocks dropped because they were longer than the limit."""
        self._limit = limit
        self._pending = bytearray()
        self._dropping = False

    def feed(self, data: bytes) -> list[bytes]:
        """Take the next bytes; return the blocks that are now complete, without their blank line."""
        pending = self._pending
        if pending:
            scan_from = max(len(pending) - len(TERMINATOR) + 1, 0)
            pending += data
            if pending.find(TERMINATOR, scan_from) < 0:
                self._bound()
                return []
            data = bytes(pending)
            blocks = data.split(TERMINATOR)
        else:
            blocks = data.split(TERMINATOR)
        self._pending = bytearray(blocks.pop())
        blocks = self._within_limit(blocks, len(data))
        self._bound()
        return blocks

    def _within_limit(self, blocks: list[bytes], length: int) -> list[bytes]:
        if self._dropping and blocks:
            self._dropping = False
            del blocks[0]
        if length > self._limit:
            count = len(blocks)
            blocks = [block for block in blocks if len(block) <= self._limit]
            self.oversized += count - len(blocks)
        return [stripped for block in blocks if (stripped := block.lstrip(b"\r\n"))]

    def _bound(self) -> None:
        """Drop what is pending once surely too long: all but the bytes that may begin the blank line."""
        tail = len(TERMINATOR) - 1
        if len(self._pending) <= self._limit + tail:
            return
        if not self._dropping:
            self.oversized += 1
            self._dropping = True
        del self._pending[:-tail]


def parse_block(block: bytes) -> list[Message]:
    """The messages of one block: one, or more where the blank line between two events is missing; none for a
    greeting alone."""
    lines = block.decode("utf-8", "replace").split("\r\n")
    headers = {key: value for key, _, value in map(str.partition, lines, repeat(": "))}
    odd = ("Response" in headers and "Event" in headers) or lines[0].startswith(BANNER)
    if not odd and len(headers) == len(lines) and ":" not in "".join(headers):
        return [Message(headers)]
    return _parse_oddly(lines)


def _parse_oddly(lines: list[str]) -> list[Message]:
    """The slow road: repeated keys, no blank after the colon, no colon at all, a greeting, joined events."""
    pairs = [_pair(line) for line in lines if line and not line.startswith(BANNER)]
    return [_message(part) for part in _split_joined(pairs)]


def _pair(line: str) -> tuple[str, str]:
    """Key and value, cut at the first colon; one blank after it belongs to the colon. A line with no colon is
    a key without a value."""
    key, _, value = line.partition(":")
    return key, value.removeprefix(" ")


def _split_joined(pairs: list[tuple[str, str]]) -> list[list[tuple[str, str]]]:
    """Cut before every further `Event` key. Not inside a UserEvent, whose headers the dialplan chooses."""
    starts = [at for at, (key, _) in enumerate(pairs) if at and key == "Event"]
    parts = []
    begin = 0
    for at in starts:
        if pairs[begin] != ("Event", "UserEvent"):
            parts.append(pairs[begin:at])
            begin = at
    parts.append(pairs[begin:])
    return [part for part in parts if part]


def _message(pairs: list[tuple[str, str]]) -> Message:
    headers: dict[str, str] = {}
    repeated: dict[str, list[str]] = {}
    for key, value in pairs:
        if key in headers:
            repeated.setdefault(key, [headers[key]]).append(value)
        else:
            headers[key] = value
    return Message(headers, repeated or None)


def event_name(block: bytes) -> bytes:
    """The name in a block that begins with `Event:`, else empty."""
    if not block.startswith(b"Event:"):
        return b""
    end = block.find(b"\r\n")
    return block[6 : end if end >= 0 else None].strip()


class AmiParser:
    """Bytes of one connection to messages. With `wanted`, events of other names are counted and not parsed
    (two thirds of a busy stream); responses always are."""

    def __init__(self, *, limit: int = MAX_BLOCK_BYTES, wanted: Wanted | None = None) -> None:
        self.skipped = 0
        """Events not wanted."""
        self._splitter = BlockSplitter(limit)
        self._wanted = wanted

    @property
    def oversized(self) -> int:
        """Blocks dropped because they were longer than the limit."""
        return self._splitter.oversized

    def feed(self, data: bytes) -> list[Message]:
        """Take the next bytes; return the messages that are now complete."""
        return self.parse_all(self._splitter.feed(data))

    def parse(self, block: bytes) -> list[Message]:
        """The wanted messages of one complete block, with or without its blank line."""
        return self.parse_all([block.removesuffix(TERMINATOR)])

    def parse_all(self, blocks: list[bytes]) -> list[Message]:
        """The wanted messages of complete blocks without their blank lines."""
        wanted = self._wanted
        if wanted is not None:
            count = len(blocks)
            blocks = [block for block in blocks if is_wanted(block, wanted)]
            self.skipped += count - len(blocks)
        return [message for block in blocks for message in parse_block(block)]


def is_wanted(block: bytes, wanted: Wanted) -> bool:
    """Whether a block must be parsed: responses, odd blocks, joined events, and what `wanted` names. Runs for every
    block of a busy stream, hence the plain loop."""
    end = block.find(b"\r\n")
    name = block[7 : end if end >= 0 else None] if block.startswith(b"Event: ") else event_name(block)
    needles = wanted.get(name) if name else ()
    if needles is None:
        return _holds_another(block)
    if not needles:
        return True
    for needle in needles:
        if needle in block:
            return True
    return _holds_another(block)


def _holds_another(block: bytes) -> bool:
    return b"\nEvent:" in block
