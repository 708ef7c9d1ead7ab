"""The journal's records: every block the PBX sent, byte for byte, with its arrival time and connection number.

A record is what one read of the connection completed: one header line, `@ <Unix time> <connection> <length>
<CRC-32>`, the blocks with their blank lines, and a line feed. What a crash tore off or a disk spoilt fails its length
or checksum and is passed over; reading goes on at the next header."""

import gzip
import re
import zlib
from collections.abc import Iterator
from pathlib import Path

from callcenter.ami.parser import TERMINATOR
from callcenter.core.errors import BadInput

Record = tuple[float, int, bytes]
"""Arrival time (Unix seconds), connection number, bytes."""

MAGIC = b"# callcenter AMI journal 1\n"
_HEADER = re.compile(rb"@ (\d+\.\d{1,6}) (\d+) (\d+) ([0-9a-f]{8})\n")


def encode_record(at: float, connection: int, blocks: bytes) -> bytes:
    """One record, to be appended."""
    return b"@ %.6f %d %d %08x\n%b\n" % (at, connection, len(blocks), zlib.crc32(blocks), blocks)


def decode_records(data: bytes) -> Iterator[Record]:
    """The whole records in `data`, in order."""
    position = 0
    while match := _HEADER.search(data, position):
        block = data[match.end() : match.end() + int(match[3])]
        if _is_whole(match, data, block):
            yield float(match[1]), int(match[2]), block
            position = match.end() + len(block) + 1
        else:
            position = match.start() + 1


def _is_whole(match: re.Match[bytes], data: bytes, block: bytes) -> bool:
    starts_line = match.start() == 0 or data[match.start() - 1] == 0x0A
    return starts_line and len(block) == int(match[3]) and zlib.crc32(block) == int(match[4], 16)


def is_journal(path: Path) -> bool:
    """Whether a file is a journal, by its first bytes; compressed or not."""
    try:
        return _read(path, len(MAGIC)).startswith(MAGIC)
    except BadInput:
        return False


def read_journal(path: Path) -> Iterator[Record]:
    """The blocks in one journal file, each with its blank line; the file may be compressed or not, whole or torn.
    Raises BadInput for another file."""
    data = _read(path)
    if not data.startswith(MAGIC):
        raise BadInput(f"{path} is no journal of manager messages.")
    return (
        (at, connection, block + TERMINATOR)
        for at, connection, blocks in decode_records(data)
        for block in blocks.removesuffix(TERMINATOR).split(TERMINATOR)
    )


def _read(path: Path, size: int | None = None) -> bytes:
    """The bytes of a file, unpacked; what can be had of a torn archive."""
    try:
        packed = path.read_bytes() if size is None else _head(path)
    except OSError as error:
        raise BadInput(f"{path} cannot be read: {error.strerror}.") from error
    if not packed.startswith(b"\x1f\x8b"):
        return packed
    unpacker = zlib.decompressobj(wbits=31)
    try:
        return unpacker.decompress(packed, size or 0)
    except zlib.error as error:
        raise BadInput(f"{path} is a damaged archive: {error}.") from error


def _head(path: Path) -> bytes:
    with path.open("rb") as file:
        return file.read(1024)


def write_compressed(source: Path, target: Path) -> None:
    """Pack a closed journal file. The work of a background thread: 16 MB take about half a second."""
    with source.open("rb") as plain, gzip.open(target, "wb", compresslevel=6) as packed:
        while chunk := plain.read(1 << 18):
            packed.write(chunk)
