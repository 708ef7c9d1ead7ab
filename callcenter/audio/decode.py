"""Any sound file as 16-bit samples per channel, read in pieces so that hours need no memory.

PyAV (FFmpeg) decodes; what it may open is limited to sound formats and this one file, because playlists could
otherwise name other files or addresses."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from callcenter.core.errors import BadInput

Samples = npt.NDArray[np.int16]

FORMATS = "wav,w64,flac,ogg,mp3,gsm,mulaw,alaw,s16le,g722,aiff,au,mov,matroska,amr,aac,caf"
"""FFmpeg's names of the container formats that are accepted."""

HEADERLESS: dict[str, tuple[str, dict[str, str]]] = {
    ".gsm": ("gsm", {}),
    ".ulaw": ("mulaw", {"sample_rate": "8000"}),
    ".ul": ("mulaw", {"sample_rate": "8000"}),
    ".pcm": ("mulaw", {"sample_rate": "8000"}),
    ".alaw": ("alaw", {"sample_rate": "8000"}),
    ".al": ("alaw", {"sample_rate": "8000"}),
    ".g722": ("g722", {}),
    ".sln": ("s16le", {"sample_rate": "8000"}),
    ".slin": ("s16le", {"sample_rate": "8000"}),
    ".raw": ("s16le", {"sample_rate": "8000"}),
    ".sln16": ("s16le", {"sample_rate": "16000"}),
}
"""Asterisk's formats without a header, told by the end of the name only (Asterisk 22.10.1)."""

MAGIC = (b"RIFF", b"RIFX", b"fLaC", b"OggS", b"ID3", b"FORM", b".snd", b"\x1aE\xdf\xa3", b"#!AMR")
MAX_CHANNELS = 8
CHUNK_SECONDS = 1.0


class UnreadableAudio(BadInput):
    """The file is missing, empty, or holds no sound that can be decoded; the text names file and reason."""

    def __init__(self, path: Path, reason: str) -> None:
        super().__init__(f"{path.name}: {reason}")
        self.path = path
        self.reason = reason


@dataclass(frozen=True, slots=True, kw_only=True)
class AudioInfo:
    """What a sound file says about itself."""

    channels: int
    rate: int
    """Hertz, as stored."""
    duration_seconds: float | None
    """None when the file does not say."""
    codec: str


def probe(path: Path) -> AudioInfo:
    """The file's own description. Raises UnreadableAudio."""
    with _opened(path) as container:
        stream = _audio_stream(path, container)
        seconds = None
        if stream.duration is not None and stream.time_base is not None:
            seconds = float(stream.duration * stream.time_base)
        return AudioInfo(
            channels=stream.codec_context.channels,
            rate=stream.codec_context.sample_rate,
            duration_seconds=seconds,
            codec=stream.codec_context.name,
        )


def read_pcm(path: Path, rate: int = 8000) -> Iterator[tuple[Samples, ...]]:
    """Yield pieces of about one second: one int16 array per channel, all of the same length, at `rate` hertz.

    Damaged stretches are left out. Raises UnreadableAudio when nothing could be decoded."""
    waiting: list[npt.NDArray[np.int16]] = []
    held = 0
    any_sound = False
    for block in _blocks(path, rate):
        any_sound = True
        waiting.append(block)
        held += block.shape[1]
        if held >= rate * CHUNK_SECONDS:
            yield tuple(np.concatenate(waiting, axis=1))
            waiting, held = [], 0
    if waiting:
        yield tuple(np.concatenate(waiting, axis=1))
    if not any_sound:
        raise UnreadableAudio(path, "holds no sound that can be decoded")


def _blocks(path: Path, rate: int) -> Iterator[npt.NDArray[np.int16]]:
    """Decoded frames as (channels, samples) arrays."""
    import av

    with _opened(path) as container:
        stream = _audio_stream(path, container)
        resampler: Any = av.AudioResampler(format="s16p", layout=stream.codec_context.layout, rate=rate)
        for packet in container.demux(stream):
            try:
                frames = packet.decode()
            except av.error.InvalidDataError:
                continue  # a damaged stretch; the next packet may be whole
            except av.error.FFmpegError as error:
                raise UnreadableAudio(path, f"cannot be decoded: {error.strerror}") from error
            for frame in frames:
                for resampled in resampler.resample(frame):
                    yield resampled.to_ndarray()
        for resampled in resampler.resample(None):
            yield resampled.to_ndarray()


def _opened(path: Path) -> Any:
    import av

    name, options = _format(path)
    options = {**options, "format_whitelist": FORMATS, "protocol_whitelist": "file"}
    try:
        return av.open(f"file:{path}", format=name, options=options, metadata_errors="replace")
    except av.error.FFmpegError as error:
        raise UnreadableAudio(path, "is not a sound file of a known format, or is damaged") from error
    except OSError as error:
        raise UnreadableAudio(path, f"cannot be opened: {error.strerror or error}") from error


def _format(path: Path) -> tuple[str | None, dict[str, str]]:
    """FFmpeg's format name where the content does not tell it, and its options. Raises UnreadableAudio."""
    try:
        with path.open("rb") as file:
            head = file.read(4096)
    except OSError as error:
        raise UnreadableAudio(path, f"cannot be opened: {error.strerror}") from error
    if not head:
        raise UnreadableAudio(path, "is empty")
    if not head.startswith(MAGIC):
        return HEADERLESS.get(path.suffix.lower(), (None, {}))
    if head[:4] == b"RIFF" and _unfinished_wav(head):
        return "wav", {"ignore_length": "1"}
    return None, {}


def _unfinished_wav(head: bytes) -> bool:
    """Asterisk writes the length when it closes the file, so a crash leaves zero there (Asterisk 22.10.1)."""
    at = head.find(b"data", 12)
    return at >= 0 and head[at + 4 : at + 8] in (b"\0\0\0\0", b"\xff\xff\xff\xff")


def _audio_stream(path: Path, container: Any) -> Any:
    streams = container.streams.audio
    if not streams:
        raise UnreadableAudio(path, "holds no sound")
    channels = streams[0].codec_context.channels
    if not 1 <= channels <= MAX_CHANNELS:
        raise UnreadableAudio(path, f"has {channels} channels; 1 to {MAX_CHANNELS} can be read")
    return streams[0]
