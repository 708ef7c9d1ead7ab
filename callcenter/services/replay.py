"""Recorded manager streams through the very code that follows live calls.

A recording is a raw stream as Asterisk sent it, with or without an index of arrival times beside it, or a journal
of ours. What comes out are the calls, in order of end."""

import json
import re
from collections.abc import Iterable, Iterator
from pathlib import Path

from callcenter.ami.headers import at_of
from callcenter.ami.journal_format import is_journal, read_journal
from callcenter.ami.messages import Received
from callcenter.ami.parser import TERMINATOR, AmiParser
from callcenter.ami.translate import WANTED, Translator
from callcenter.core.call_record import CallRecord
from callcenter.core.calls import CallTracker, TrackerConfig
from callcenter.core.errors import BadInput
from callcenter.core.events import CallEnded, CallEvent

_CHUNK_BYTES = 1 << 16
_GREETING = re.compile(rb"Asterisk Call Manager/[0-9.]+\r\n(?=Response: |Event: )")
"""Where one connection ends, cut or not, and the next begins. A caller's name cannot fake it: what follows a name
is another header."""
_GREETING_BYTES = 64


class UnreadableRecording(BadInput):
    """The file is no recording of a manager stream."""


def replay(path: Path, config: TrackerConfig | None = None) -> Iterator[CallRecord]:
    """The calls in a recording, in order of end; calls still open where it stops come last, marked as a gap.
    Raises `UnreadableRecording`."""
    for event in call_events(read_recording(path), CallTracker(config)):
        if isinstance(event, CallEnded):
            yield event.record


def call_events(messages: Iterable[Received], tracker: CallTracker) -> Iterator[CallEvent]:
    """Every call event of a finished stream."""
    translator = Translator()
    last_at = 0.0
    for received in messages:
        for channel_event in translator.translate(received):
            last_at = max(last_at, channel_event.at)
            yield from tracker.handle(channel_event)
    yield from tracker.lose_link(last_at)


def read_recording(path: Path) -> Iterator[Received]:
    """The messages of a recording with their times, whatever its form."""
    try:
        with path.open("rb") as file:
            head = file.read(_CHUNK_BYTES)
    except OSError as error:
        raise UnreadableRecording(f"{path}: {error.strerror or error}") from error
    index = path.with_name(path.name.removesuffix(path.suffix) + ".idx.jsonl")
    if path.suffix == ".raw" and index.is_file():
        return _indexed(path, index)
    if is_journal(path):
        return _journal(path)
    if not _looks_raw(head):
        raise UnreadableRecording(f"{path} is neither a manager stream nor a journal.")
    return _raw(path)


def _looks_raw(head: bytes) -> bool:
    return head.lstrip().startswith((b"Asterisk Call Manager/", b"Event:", b"Response:")) or b"\r\nEvent: " in head


def _journal(path: Path) -> Iterator[Received]:
    """A record is one read of the connection: whole blocks that arrived together."""
    parser = AmiParser(wanted=WANTED)
    for at, connection, blocks in read_journal(path):
        for message in parser.feed(blocks if blocks.endswith(TERMINATOR) else blocks + TERMINATOR):
            yield Received(message, at, connection)


def _indexed(path: Path, index: Path) -> Iterator[Received]:
    """Each block with the time it arrived at."""
    parsers: dict[int, AmiParser] = {}
    with path.open("rb") as raw, index.open("rb") as lines:
        for number, line in enumerate(lines, 1):
            try:
                entry = json.loads(line)
                at, connection = float(entry["t"]), int(entry["c"])
                offset, length = int(entry["o"]), int(entry["n"])
            except (ValueError, KeyError, TypeError) as error:
                raise UnreadableRecording(f"{index}, line {number}: expected t, c, o and n in a JSON object") from error
            raw.seek(offset)
            parser = parsers.setdefault(connection, AmiParser(wanted=WANTED))
            for message in parser.feed(raw.read(length)):
                yield Received(message, at, connection)


def _raw(path: Path) -> Iterator[Received]:
    """Without arrival times: the events' own, and between them time stands still."""
    at, connection, parser = 0.0, 1, AmiParser(wanted=WANTED)
    for piece, is_new in _connections(path):
        if is_new:
            connection, parser = connection + 1, AmiParser(wanted=WANTED)
        for message in parser.feed(piece):
            at = at_of(message.headers, at)
            yield Received(message, at, connection)


def _connections(path: Path) -> Iterator[tuple[bytes, bool]]:
    """The bytes in pieces without the greetings, and whether a new connection begins with the piece."""
    pending, is_new = b"", False
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK_BYTES):
            *whole, rest = _GREETING.split(pending + chunk)
            for piece in whole:
                yield piece, is_new
                is_new = True
            cut = max(len(rest) - _GREETING_BYTES, 0)
            yield rest[:cut], is_new
            pending, is_new = rest[cut:], False
    yield pending, False
