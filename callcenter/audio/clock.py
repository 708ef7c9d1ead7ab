"""The time of live audio. A party that is silent sends no frames at all (Asterisk 22.10.1: 0 frames in 10 of
10 calls while a phone did not send), so samples cannot be counted as time: every batch is stamped when it
arrives and holes are filled with silence. Pure: the time of arrival is an argument."""

from dataclasses import dataclass

LATENESS_ALLOWED = 0.1
"""Seconds the samples may lag behind arrival before the hole counts as silence (speech.md §F2)."""
EARLINESS_ALLOWED = 1.0
"""Seconds the samples may run ahead of arrival. A burst after a network stall whose hole was already filled
brings them ahead; the next silence takes it back. Beyond this the time steps back once instead."""
_SHORTEST_IDLE = 0.02
"""Seconds: silence without frames is handed on by whole frames of the voice gate."""


@dataclass(frozen=True, slots=True)
class Placed:
    """Where a batch lies. Feed `padding` samples of silence from `padding_start`, then the batch from
    `start`."""

    padding: int
    padding_start: float
    start: float
    stepped_back: bool = False
    """The time jumped back: what was fed before may overlap what comes now."""


class ArrivalClock:
    """Turns arrival times (seconds on any steadily running clock) into sample times on the same clock, so
    that sample time stays within [arrival - 0.1 s, arrival + 1 s]."""

    def __init__(self, rate: int) -> None:
        if rate <= 0:
            raise ValueError("the sample rate must be positive")
        self._rate = rate
        self._anchor = 0.0
        self._samples = 0
        self._running = False
        self.padded_samples = 0
        """Silence put in so far."""

    @property
    def position(self) -> float | None:
        """The time of the next sample; None before the first."""
        return self._anchor + self._samples / self._rate if self._running else None

    def place(self, arrival: float, samples: int) -> Placed:
        """A batch of `samples` that arrived together at `arrival`: its last sample was spoken just then, so
        it began `samples / rate` earlier (which also holds when our own process was late to read)."""
        begun = arrival - samples / self._rate
        position = self.position
        if position is None:
            return self._restart(begun, samples, stepped=False)
        if position + samples / self._rate > arrival + EARLINESS_ALLOWED:
            return self._restart(begun, samples, stepped=True)
        padding = self._hole(position, begun)
        start = self._advance(padding + samples) + padding / self._rate
        self.padded_samples += padding
        return Placed(padding=padding, padding_start=position, start=start)

    def idle(self, now: float) -> Placed | None:
        """Nothing arrived until `now`: the silence to feed, so that whoever waits for the end of speech hears
        it. None while the hole is within what is allowed."""
        position = self.position
        if position is None:
            return None
        # Stay the allowed lateness behind, so that a frame that is merely late still finds its place.
        padding = int((now - LATENESS_ALLOWED - position) * self._rate)
        if padding < self._rate * _SHORTEST_IDLE:
            return None
        self._advance(padding)
        self.padded_samples += padding
        return Placed(padding=padding, padding_start=position, start=position + padding / self._rate)

    def _hole(self, position: float, until: float) -> int:
        behind = until - position
        return round(behind * self._rate) if behind > LATENESS_ALLOWED else 0

    def _advance(self, samples: int) -> float:
        before = self._anchor + self._samples / self._rate
        self._samples += samples
        return before

    def _restart(self, start: float, samples: int, *, stepped: bool) -> Placed:
        self._anchor, self._samples, self._running = start, samples, True
        return Placed(padding=0, padding_start=start, start=start, stepped_back=stepped)
