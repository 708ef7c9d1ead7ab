"""The waveform of a recording for the player: the lowest and highest sample of each stretch, per channel."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from callcenter.audio.decode import read_pcm

RATE = 8_000
DEFAULT_POINTS = 1_000
"""At least so many points, at most twice as many, if the recording has so many samples."""

Samples = npt.NDArray[np.int16]


@dataclass(frozen=True, slots=True, kw_only=True)
class Peaks:
    """One row of (lowest, highest) per channel, -128 to 127."""

    seconds: float
    """Duration."""
    seconds_per_point: float
    low: tuple[tuple[int, ...], ...]
    high: tuple[tuple[int, ...], ...]

    def as_dict(self) -> dict[str, Any]:
        """As the player draws it: `{seconds, seconds_per_point, channels: [[…], […]]}`, one row per channel
        of loudness 0 to 1 (wavesurfer draws it up and down)."""
        rows = zip(self.low, self.high, strict=True)
        return {
            "seconds": round(self.seconds, 3),
            "seconds_per_point": self.seconds_per_point,
            "channels": [[_loudness(pair) for pair in zip(low, high, strict=True)] for low, high in rows],
        }


class PeakBuilder:
    """Takes samples as they come and keeps few numbers: when there are twice as many points as asked for,
    neighbours are joined, so the length need not be known and hours need no memory."""

    def __init__(self, points: int = DEFAULT_POINTS, rate: int = RATE) -> None:
        if points < 1:
            raise ValueError("a waveform has at least one point")
        self._most = 2 * points
        self._rate = rate
        self._span = 1
        self._samples = 0
        self._count = 0
        self._low: list[Samples] = []
        self._high: list[Samples] = []
        self._rest: Samples | None = None

    def feed(self, channels: Iterable[Samples]) -> None:
        """The next samples, one array per channel, all of one length."""
        block = np.stack([np.asarray(channel, dtype=np.int16) for channel in channels])
        self._samples += block.shape[1]
        if self._rest is not None:
            block = np.concatenate((self._rest, block), axis=1)
        while whole := min(block.shape[1] // self._span, self._most - self._count):
            self._fold(block[:, : whole * self._span], whole)
            block = block[:, whole * self._span :]
            if self._count == self._most:
                self._join()
        self._rest = block

    def finish(self) -> Peaks:
        """The waveform."""
        low, high = list(self._low), list(self._high)
        if self._rest is not None and self._rest.shape[1]:
            low.append(self._rest.min(axis=1, keepdims=True))
            high.append(self._rest.max(axis=1, keepdims=True))
        return Peaks(
            seconds=self._samples / self._rate,
            seconds_per_point=self._span / self._rate,
            low=_rows(low),
            high=_rows(high),
        )

    def _fold(self, block: Samples, points: int) -> None:
        cut = block.reshape(block.shape[0], points, self._span)
        self._low.append(cut.min(axis=2))
        self._high.append(cut.max(axis=2))
        self._count += points

    def _join(self) -> None:
        """Make every two points one."""
        low, high = np.concatenate(self._low, axis=1), np.concatenate(self._high, axis=1)
        pairs = (low.shape[0], self._count // 2, 2)
        self._low, self._high = [low.reshape(pairs).min(axis=2)], [high.reshape(pairs).max(axis=2)]
        self._count //= 2
        self._span *= 2


def peaks_of(path: Path, points: int = DEFAULT_POINTS) -> Peaks:
    """The waveform of any sound file. Raises UnreadableAudio."""
    builder = PeakBuilder(points)
    for channels in read_pcm(path, RATE):
        builder.feed(channels)
    return builder.finish()


def _loudness(pair: tuple[int, int]) -> float:
    return round(min(max(-pair[0], pair[1], 0) / 127, 1.0), 2)


def _rows(parts: list[Samples]) -> tuple[tuple[int, ...], ...]:
    if not parts:
        return ()
    # To eight bits, rounding away from zero so that a quiet voice is still a line.
    values = np.concatenate(parts, axis=1).astype(np.int32)
    small = np.sign(values) * ((np.abs(values) + 255) // 256)
    return tuple(tuple(int(v) for v in row) for row in np.clip(small, -128, 127))
