"""Is a recording on disk what it should be? Its length, size and checksum, or a clear error."""

import hashlib
import os
import struct
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from callcenter.core.errors import BadInput, NotFound

_PCM = 1
_HEADER_SEARCHED = 4096
"""Bytes: Asterisk's header has 44, other writers put a few hundred bytes of text before the sound."""


class RecordingMissing(NotFound):
    """The file is not there, or cannot be read."""


class RecordingBroken(BadInput):
    """The file is there and is no usable recording."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WavLayout:
    """Where the sound lies in a WAV file of signed 16-bit samples."""

    rate: int
    channels: int
    data_offset: int
    data_bytes: int
    """What is really in the file, whole samples only."""
    is_complete: bool
    """The header says so too. Asterisk writes the length when it closes the file (22.10.1), so a file that is
    being written, or that a crash cut off, says zero or too little."""

    @property
    def seconds(self) -> float:
        """Duration."""
        return self.data_bytes / (2 * self.channels * self.rate)


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckedRecording:
    """A sound recording."""

    duration_seconds: float
    size_bytes: int
    sha256: str
    """Of the whole file, lower-case hexadecimal."""
    channels: int
    rate: int
    is_complete: bool


def read_layout(path: Path) -> WavLayout:
    """The layout of a WAV file as far as it is written. Raises RecordingMissing, RecordingBroken."""
    try:
        with path.open("rb") as file:
            head = file.read(_HEADER_SEARCHED)
            size = os.fstat(file.fileno()).st_size
            return _layout(file, path.name, head, size)
    except OSError as error:
        raise RecordingMissing(f"{path.name}: {error.strerror or error}") from error


def check_recording(path: Path) -> CheckedRecording:
    """Check a finished recording. Raises RecordingMissing, RecordingBroken (no WAV, no sound in it)."""
    layout = read_layout(path)
    if layout.data_bytes == 0:
        raise RecordingBroken(f"{path.name} holds no sound")
    digest = hashlib.sha256()
    try:
        with path.open("rb") as file:
            while block := file.read(1 << 20):
                digest.update(block)
        size = path.stat().st_size
    except OSError as error:
        raise RecordingMissing(f"{path.name}: {error.strerror or error}") from error
    return CheckedRecording(
        duration_seconds=layout.seconds,
        size_bytes=size,
        sha256=digest.hexdigest(),
        channels=layout.channels,
        rate=layout.rate,
        is_complete=layout.is_complete,
    )


def _layout(file: BinaryIO, name: str, head: bytes, size: int) -> WavLayout:
    if size == 0:
        raise RecordingBroken(f"{name} is empty")
    if head[:4] != b"RIFF" or head[8:12] != b"WAVE":
        raise RecordingBroken(f"{name} is no WAV file")
    rate, channels, offset, said = _chunks(name, head)
    there = size - offset
    is_complete = 0 < said <= there and _ends_at(file, offset + said + said % 2, size)
    used = said if is_complete else max(there, 0)
    return WavLayout(
        rate=rate,
        channels=channels,
        data_offset=offset,
        data_bytes=used - used % (2 * channels),
        is_complete=is_complete,
    )


def _chunks(name: str, head: bytes) -> tuple[int, int, int, int]:
    """Rate, channels, where the sound begins, and how long the header says it is."""
    rate = channels = 0
    at = 12
    while at + 8 <= len(head):
        chunk, length = struct.unpack_from("<4sI", head, at)
        body = at + 8
        if chunk == b"fmt " and body + 16 <= len(head):
            rate, channels = _format(name, head, body)
        elif chunk == b"data" and rate:
            return rate, channels, body, length
        at = body + length + length % 2
    raise RecordingBroken(f"{name} is a WAV file without sound")


def _format(name: str, head: bytes, at: int) -> tuple[int, int]:
    code, channels, rate, _, _, bits = struct.unpack_from("<HHIIHH", head, at)
    if code != _PCM or bits != 16 or not 1 <= channels <= 2 or not 4_000 <= rate <= 192_000:
        raise RecordingBroken(f"{name}: {bits} bit, {channels} channels, {rate} Hz, format {code} is not expected")
    return rate, channels


def _ends_at(file: BinaryIO, end: int, size: int) -> bool:
    """Whether the sound ends here: the file does, or a further chunk begins. Otherwise the length in the header is
    an old one and sound was written after it."""
    if end >= size:
        return True
    file.seek(end)
    after = file.read(8)
    return len(after) == 8 and after[:4].isalnum() and end + 8 + struct.unpack("<I", after[4:])[0] <= size
