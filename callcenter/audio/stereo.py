"""Two one-sided recordings of a call become one file for the player: the agent left, the customer right."""

import os
import wave
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import numpy.typing as npt

from callcenter.audio.checks import RecordingBroken, WavLayout, read_layout

Samples = npt.NDArray[np.int16]

_BLOCK_SAMPLES = 65_536


def merge_stereo(*, left: Path | None, right: Path | None, target: Path) -> float:
    """Write `target` (WAV, 16 bit, two channels) from two mono WAV files that began together; the shorter
    one, or one that is None, is filled with silence. A file that a crash left without its length is read as
    far as it goes. The target appears whole or not at all. Returns its seconds. Raises RecordingMissing,
    RecordingBroken, OSError."""
    sides = [(path, read_layout(path)) for path in (left, right) if path is not None]
    rates = {layout.rate for _, layout in sides}
    if len(rates) != 1 or any(layout.channels != 1 for _, layout in sides):
        raise RecordingBroken(f"{target.name}: its two sides are not mono files of one sample rate")
    samples = max(layout.data_bytes for _, layout in sides) // 2
    rate = rates.pop()
    target.parent.mkdir(parents=True, exist_ok=True)
    half_done = target.with_name(f".{target.name}.part")
    try:
        _write(half_done, rate, samples, _side(left), _side(right))
        half_done.replace(target)
    finally:
        half_done.unlink(missing_ok=True)
    return samples / rate


def _side(path: Path | None) -> Iterator[Samples]:
    if path is None:
        return iter(())
    return _blocks(path, read_layout(path))


def _blocks(path: Path, layout: WavLayout) -> Iterator[Samples]:
    with path.open("rb") as file:
        file.seek(layout.data_offset)
        remaining = layout.data_bytes
        while remaining and (block := file.read(min(remaining, 2 * _BLOCK_SAMPLES))):
            remaining -= len(block)
            yield np.frombuffer(block[: len(block) - len(block) % 2], dtype="<i2")


def _write(path: Path, rate: int, samples: int, left: Iterator[Samples], right: Iterator[Samples]) -> None:
    with path.open("wb") as raw:
        with wave.open(raw, "wb") as file:
            file.setparams((2, 2, rate, samples, "NONE", ""))
            for start in range(0, samples, _BLOCK_SAMPLES):
                size = min(_BLOCK_SAMPLES, samples - start)
                both = np.zeros((size, 2), dtype="<i2")
                for column, side in enumerate((left, right)):
                    block = next(side, None)
                    if block is not None:
                        both[: len(block), column] = block
                file.writeframes(both.tobytes())
        raw.flush()
        os.fsync(raw.fileno())
