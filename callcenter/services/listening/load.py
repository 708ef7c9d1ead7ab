"""Which legs the recognisers take when the box is full: corrections are given up first, then the agents'
legs, then live text. The pool knows how much it can bear; this decides who gets it."""

from collections.abc import Iterable
from dataclasses import dataclass

from callcenter.core.transcript import Speaker
from callcenter.services.listening.leg import HeardLeg, LegEar
from callcenter.services.listening.ports import LivePool
from callcenter.services.listening.state import LegState

_NUMBERS_BETWEEN = 10
"""Utterance numbers left free for what an earlier opening of the leg may still say."""


@dataclass(slots=True, eq=False)
class Opening:
    """One stretch of a leg in the pool, under a key of its own: late words of an earlier stretch stay
    apart."""

    key: str
    leg: HeardLeg
    seq_offset: int | None
    """Added to the pool's numbers, which begin at 1 each time; None until the transcript was asked."""
    highest: int = 0
    """The highest number given out."""

    def number(self, seq: int, first_free: int) -> int:
        """The leg's number for the pool's `seq`."""
        if self.seq_offset is None:
            self.seq_offset = first_free - 1
        self.highest = max(self.highest, self.seq_offset + seq)
        return self.seq_offset + seq


class Admission:
    """Opens legs in the pool and lets them go."""

    def __init__(self, pool: LivePool, ear: LegEar, *, two_pass: bool, languages: frozenset[str] | None) -> None:
        self._pool = pool
        self._ear = ear
        self._two_pass = two_pass
        self._languages = languages
        self._openings: dict[str, Opening] = {}
        self._last_of_leg: dict[str, Opening] = {}
        self._counter = 0

    def opening(self, key: str) -> Opening | None:
        """Whose words these are."""
        return self._openings.get(key)

    def admit(self, leg: HeardLeg, others: Iterable[HeardLeg], now: float) -> bool:
        """Have `leg` recognised, as well as the load allows. A customer's leg may take the place of an
        agent's."""
        leg.has_no_model = self._languages is not None and leg.language not in self._languages
        if leg.is_recognised or leg.has_no_model or self._open(leg, now):
            return leg.is_recognised
        if leg.is_agent:
            return False
        victim = _newest_agent(others)
        if victim is None:
            return False
        self.release(victim, now)
        return self._open(leg, now)

    def release(self, leg: HeardLeg, now: float) -> None:
        """Let a leg go; what it said last still comes."""
        if not leg.is_recognised:
            return
        self._ear.end(leg)
        self._pool.close(leg.closed(now))

    def forget(self, key: str) -> None:
        """The pool has nothing more to say under this key."""
        opening = self._openings.pop(key, None)
        if opening is not None and self._last_of_leg.get(opening.leg.leg_id) is opening and opening.leg.has_left:
            del self._last_of_leg[opening.leg.leg_id]

    def _open(self, leg: HeardLeg, now: float) -> bool:
        for second_pass in (True, False) if self._two_pass else (True,):
            key = self._key(leg)
            taken = self._pool.open(
                key, language=leg.language, speaker=leg.speaker, second_pass=second_pass, group=leg.call_id
            )
            if taken:
                self._remember(key, leg)
                leg.opened(key, now, second_pass=second_pass and self._two_pass, corrects=self._two_pass)
                return True
        return False

    def _key(self, leg: HeardLeg) -> str:
        self._counter += 1
        return f"{leg.leg_id}#{self._counter}"

    def _remember(self, key: str, leg: HeardLeg) -> None:
        before = self._last_of_leg.get(leg.leg_id)
        offset = before.highest + _NUMBERS_BETWEEN if before and before.seq_offset is not None else None
        self._openings[key] = self._last_of_leg[leg.leg_id] = Opening(key, leg, offset)


def load_of(legs: Iterable[LegState]) -> str:
    """What live listening does under the present load, over all legs that talk: `full`, `no_second_pass`,
    `customer_only`, `after_call`."""
    talking = tuple(legs)
    if any(not leg.recognised and leg.speaker is Speaker.CUSTOMER for leg in talking):
        return "after_call"
    if any(not leg.recognised for leg in talking):
        return "customer_only"
    if any(leg.corrects and not leg.second_pass for leg in talking):
        return "no_second_pass"
    return "full"


def _newest_agent(legs: Iterable[HeardLeg]) -> HeardLeg | None:
    agents = [leg for leg in legs if leg.is_agent and leg.is_recognised]
    return max(agents, key=lambda leg: leg.joined_at or 0.0, default=None)
