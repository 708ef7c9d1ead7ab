"""The one-sided recordings of a call's legs become one file for the player: agents left, customers right."""

import os
import wave
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import numpy as np
import numpy.typing as npt

from callcenter.audio.checks import RecordingBroken, WavLayout, read_layout

Samples = npt.NDArray[np.int16]

_BLOCK_SAMPLES = 65_536
_LONGEST_SECONDS = 24 * 3600.0
"""A time further away than this is a mistake, and must not become a file of zeros."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """One leg's recording: mono, 16-bit WAV."""

    path: Path
    start: float
    """Seconds after the beginning of the whole recording."""
    is_agent: bool


@dataclass(frozen=True, slots=True)
class _Placed:
    """A part among the samples of the whole."""

    path: Path
    layout: WavLayout
    first: int
    column: int

    @property
    def end(self) -> int:
        return self.first + self.layout.data_bytes // 2


def mix_stereo(parts: Sequence[Part], target: Path) -> float:
    """Write `target` (WAV, 16 bit, two channels), each part at its time, parts of one side added up, silence where
    there is none. A part that a crash left without its length is read as far as it goes. The target appears whole or
    not at all. Returns its seconds. Raises RecordingMissing, RecordingBroken, OSError."""
    layouts = [(part, read_layout(part.path)) for part in parts]
    rates = {layout.rate for _, layout in layouts}
    if len(rates) != 1 or any(layout.channels != 1 for _, layout in layouts):
        raise RecordingBroken(f"{target.name}: its parts are not mono files of one sample rate")
    if any(not 0 <= part.start <= _LONGEST_SECONDS for part in parts):
        raise RecordingBroken(f"{target.name}: a part lies outside the call")
    rate = rates.pop()
    placed = [_Placed(p.path, layout, round(p.start * rate), 0 if p.is_agent else 1) for p, layout in layouts]
    target.parent.mkdir(parents=True, exist_ok=True)
    half_done = target.with_name(f".{target.name}.part")
    samples = max(part.end for part in placed)
    try:
        _write(half_done, rate, samples, placed)
        half_done.replace(target)
    finally:
        half_done.unlink(missing_ok=True)
    return samples / rate


def _write(path: Path, rate: int, samples: int, parts: list[_Placed]) -> None:
    with path.open("wb") as raw:
        with wave.open(raw, "wb") as file:
            file.setparams((2, 2, rate, samples, "NONE", ""))
            for start in range(0, samples, _BLOCK_SAMPLES):
                file.writeframes(_block(parts, start, min(start + _BLOCK_SAMPLES, samples)))
        raw.flush()
        os.fsync(raw.fileno())


def _block(parts: list[_Placed], start: int, end: int) -> bytes:
    """Samples `start` to `end` of the whole."""
    both = np.zeros((end - start, 2), dtype=np.int32)
    for part in parts:
        first, last = max(part.first, start), min(part.end, end)
        if first < last:
            with part.path.open("rb") as file:
                sound = _read(file, part, first - part.first, last - first)
            both[first - start : first - start + len(sound), part.column] += sound
    return bytes(np.clip(both, -32_768, 32_767).astype("<i2").tobytes())


def _read(file: BinaryIO, part: _Placed, skip: int, count: int) -> Samples:
    file.seek(part.layout.data_offset + 2 * skip)
    block = file.read(2 * count)
    return np.frombuffer(block[: len(block) - len(block) % 2], dtype="<i2")
