"""What each pass needs of the pool that it works for."""

from collections.abc import Iterable
from typing import Protocol

from callcenter.stt.leg import LegState, Spoken
from callcenter.stt.pool_types import Note


class Desk(Protocol):
    """`pool.SpeechPool`."""

    def legs(self) -> Iterable[LegState]:
        """Every open leg."""

    def find(self, leg: str, seq: int) -> tuple[LegState, Spoken] | None:
        """An utterance in work; None when its leg is gone."""

    def words_so_far(self, state: LegState, spoken: Spoken, text: str, lag: float) -> None:
        """A partial."""

    def settle(self, state: LegState, spoken: Spoken, lag: float, note: Note = Note.NONE) -> None:
        """Something was heard or given up."""

    def mark(self, state: LegState, at: float, note: Note) -> None:
        """Words are missing here."""

    def give_up(self, state: LegState) -> None:
        """The leg gets no text any more."""
