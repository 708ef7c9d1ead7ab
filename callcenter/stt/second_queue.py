"""Utterances waiting for pass two: which goes next, and which has waited too long to be worth it. Pure."""

from collections import deque
from dataclasses import dataclass

STALE_SECONDS = 2.0
"""After this long a correction is not worth the time of the next one; pass one's text stands."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """One utterance."""

    leg: str
    seq: int
    only_text: bool
    """Pass two is the only text this utterance will have: never stale."""
    since: float
    """When it began to wait, seconds of a steady clock."""


class SecondQueue:
    """First come, first served; utterances that have no other text before corrections."""

    def __init__(self) -> None:
        self._only: deque[Waiting] = deque()
        self._corrections: deque[Waiting] = deque()

    def __len__(self) -> int:
        return len(self._only) + len(self._corrections)

    def push(self, item: Waiting) -> None:
        (self._only if item.only_text else self._corrections).append(item)

    def push_back(self, item: Waiting) -> None:
        """To the front again: its worker died."""
        (self._only if item.only_text else self._corrections).appendleft(item)

    def take(self, now: float) -> tuple[Waiting | None, list[Waiting]]:
        """The next one, and the corrections given up because they waited too long."""
        stale: list[Waiting] = []
        while self._corrections and now - self._corrections[0].since > STALE_SECONDS:
            stale.append(self._corrections.popleft())
        source = self._only or self._corrections
        return (source.popleft() if source else None), stale

    def behind(self, now: float) -> float:
        """Age of the oldest utterance that has no other text."""
        return now - self._only[0].since if self._only else 0.0
