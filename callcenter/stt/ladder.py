"""What to give up when the box has too little time, in which order, and when to take it up again. Pure.

Pass two goes first, then pass one of the agents' legs, then live text altogether (speech.md §H3)."""

from dataclasses import dataclass
from enum import IntEnum

from callcenter.core.transcript import Speaker


class Load(IntEnum):
    """Rungs; each includes the ones below."""

    NORMAL = 0
    NO_SECOND_PASS = 1
    """Pass one's text stands."""
    NO_AGENTS = 2
    """The agents' legs are not recognised."""
    NO_LIVE_TEXT = 3
    """Nobody's are; the recording is transcribed after the call."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rung:
    """Seconds of delay from which a rung is stepped on."""

    first_behind: float
    """Age of the oldest unanswered sound of pass one."""
    second_behind: float
    """Age of the oldest utterance waiting for pass two that has no other text."""


RUNGS: dict[Load, Rung] = {
    Load.NO_SECOND_PASS: Rung(first_behind=1.0, second_behind=3.0),
    Load.NO_AGENTS: Rung(first_behind=3.0, second_behind=5.0),
    Load.NO_LIVE_TEXT: Rung(first_behind=10.0, second_behind=10.0),
}
CALM_SECONDS = 0.5
"""Below this the box is not behind."""
HOLD_SECONDS = 5.0
"""So long it must be calm before one rung is taken back."""


class Ladder:
    """Steps up at once, down one rung at a time."""

    def __init__(self) -> None:
        self.load = Load.NORMAL
        self._calm_since: float | None = None

    def update(self, now: float, *, first_behind: float, second_behind: float) -> Load:
        """Take what was measured at `now` (seconds of any steady clock)."""
        wanted = max(
            (
                load
                for load, rung in RUNGS.items()
                if first_behind > rung.first_behind or second_behind > rung.second_behind
            ),
            default=Load.NORMAL,
        )
        if wanted > self.load:
            self.load, self._calm_since = wanted, None
        elif max(first_behind, second_behind) > CALM_SECONDS:
            self._calm_since = None
        elif self._calm_since is None:
            self._calm_since = now
        elif self.load and now - self._calm_since >= HOLD_SECONDS:
            self.load, self._calm_since = Load(self.load - 1), now
        return self.load

    def allows_first(self, speaker: Speaker) -> bool:
        """May this leg's pass one run?"""
        return self.load < (Load.NO_AGENTS if speaker is Speaker.AGENT else Load.NO_LIVE_TEXT)

    def allows_second(self, speaker: Speaker, *, only_text: bool) -> bool:
        """May this leg's pass two run? `only_text` = the language has no pass one."""
        return self.allows_first(speaker) if only_text else self.load < Load.NO_SECOND_PASS
