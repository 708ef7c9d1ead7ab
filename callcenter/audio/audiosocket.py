"""AudioSocket on the wire: bytes in, frames out, and the state of one connection. Pure, no I/O.

A frame is one byte of kind, two bytes of payload length (big-endian) and the payload (Asterisk's
documentation, "AudioSocket", protocol definition; kinds 0x11 to 0x18 came with the higher sample rates of
22.7). The first frame names the stream by its UUID, everything else follows."""

import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from enum import IntEnum, StrEnum

from callcenter.core.errors import BadInput

HEADER_BYTES = 3
_LONGEST_AUDIO_SECONDS = 0.5
"""Asterisk sends 20 ms a frame; phones may packetise up to 0.2 s. More is not telephone audio."""
_LONGEST_ERROR_BYTES = 64


class BadFrame(BadInput):
    """The peer does not speak AudioSocket, or not now what it must: the connection is to be closed."""


class Kind(IntEnum):
    """What a frame carries."""

    HANGUP = 0x00
    UUID = 0x01
    DTMF = 0x03
    SLIN = 0x10
    SLIN12 = 0x11
    SLIN16 = 0x12
    SLIN24 = 0x13
    SLIN32 = 0x14
    SLIN44 = 0x15
    SLIN48 = 0x16
    SLIN96 = 0x17
    SLIN192 = 0x18
    ERROR = 0xFF


SAMPLE_RATES: dict[Kind, int] = {
    Kind.SLIN: 8_000,
    Kind.SLIN12: 12_000,
    Kind.SLIN16: 16_000,
    Kind.SLIN24: 24_000,
    Kind.SLIN32: 32_000,
    Kind.SLIN44: 44_100,
    Kind.SLIN48: 48_000,
    Kind.SLIN96: 96_000,
    Kind.SLIN192: 192_000,
}
"""Samples a second of each kind of audio: signed 16-bit, little-endian, mono."""


@dataclass(frozen=True, slots=True)
class Frame:
    """One complete frame that passed the checks of its kind."""

    kind: Kind
    payload: bytes

    @property
    def rate(self) -> int:
        """Samples a second, or 0 where the frame is no audio."""
        return SAMPLE_RATES.get(self.kind, 0)


def encode(kind: Kind, payload: bytes = b"") -> bytes:
    """The frame as it goes over the wire."""
    return bytes((kind,)) + len(payload).to_bytes(2, "big") + payload


def stream_id(frame: Frame) -> uuid.UUID:
    """The UUID that a `Kind.UUID` frame carries."""
    return uuid.UUID(bytes=frame.payload)


class FrameParser:
    """Cuts a byte stream into frames. It holds at most one incomplete frame (64 KiB + 2), and a header is
    judged as soon as it is there, so nonsense is refused before its payload is waited for."""

    def __init__(self) -> None:
        self._buffer = bytearray()
        self._broken = False

    @property
    def pending(self) -> int:
        """Bytes of an incomplete frame."""
        return len(self._buffer)

    def feed(self, data: bytes) -> Iterator[Frame]:
        """Take the next bytes; give the frames that are now complete (iterate to the end). Raises BadFrame when
        it comes to nonsense, after the good frames before it, and from then on always."""
        if self._broken:
            raise BadFrame("the stream was refused before")
        self._buffer += data
        try:
            while (frame := self._next()) is not None:
                yield frame
        except BadFrame:
            self._broken = True
            raise

    def _next(self) -> Frame | None:
        if len(self._buffer) < HEADER_BYTES:
            return None
        kind = _kind(self._buffer[0])
        length = int.from_bytes(self._buffer[1:HEADER_BYTES], "big")
        _check_length(kind, length)
        end = HEADER_BYTES + length
        if len(self._buffer) < end:
            return None
        payload = bytes(self._buffer[HEADER_BYTES:end])
        del self._buffer[:end]
        return Frame(kind, payload)


class Stage(StrEnum):
    """How far one connection is."""

    UNNAMED = "unnamed"
    STREAMING = "streaming"
    ENDED = "ended"


_NEXT: dict[Stage, dict[Kind, Stage]] = {
    Stage.UNNAMED: {Kind.UUID: Stage.STREAMING, Kind.HANGUP: Stage.ENDED, Kind.ERROR: Stage.ENDED},
    Stage.STREAMING: {
        Kind.HANGUP: Stage.ENDED,
        Kind.ERROR: Stage.ENDED,
        Kind.DTMF: Stage.STREAMING,
        **dict.fromkeys(SAMPLE_RATES, Stage.STREAMING),
    },
    Stage.ENDED: {},
}


def next_stage(stage: Stage, kind: Kind) -> Stage:
    """The stage after a frame of `kind`; BadFrame where it may not come now (audio without a name, a second
    name, anything after the end)."""
    try:
        return _NEXT[stage][kind]
    except KeyError:
        raise BadFrame(f"a frame {kind.name} may not come while the connection is {stage}") from None


def _kind(number: int) -> Kind:
    try:
        return Kind(number)
    except ValueError:
        raise BadFrame(f"unknown frame kind 0x{number:02x}: the peer does not speak AudioSocket") from None


def _check_length(kind: Kind, length: int) -> None:
    wanted = {Kind.HANGUP: 0, Kind.UUID: 16, Kind.DTMF: 1}.get(kind)
    if wanted is not None and length != wanted:
        raise BadFrame(f"a frame {kind.name} carries {wanted} bytes, not {length}")
    if kind is Kind.ERROR and length > _LONGEST_ERROR_BYTES:
        raise BadFrame(f"an error frame of {length} bytes")
    rate = SAMPLE_RATES.get(kind)
    if rate is None:
        return
    if length % 2:
        raise BadFrame(f"{length} bytes of audio: 16-bit samples come in pairs of bytes")
    if length > min(0xFFFF, int(rate * _LONGEST_AUDIO_SECONDS) * 2):
        raise BadFrame(f"{length} bytes of audio in one frame, more than {_LONGEST_AUDIO_SECONDS} s")
