"""Flags while people speak: from partials only when strong and seen twice in a row, confirmed or taken back
by the final text, and one alert per rule and call within a minute (design.md §4 (2), speech.md §F4). Pure."""

from dataclasses import dataclass, field

from callcenter.core.flags import Flag

COOLDOWN_SECONDS = 60.0
STRONG_SEVERITY = 3
"""From this severity on a partial may alert. Words seen in two partials in a row are absent from the final
text in up to 30 % of cases (speech.md §A6), so a note must wait for it."""

Place = tuple[str, int]
"""(leg, utterance number)."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a text changed."""

    flags: tuple[Flag, ...]
    """All flags that stand in the utterance, for its row."""
    raised: tuple[Flag, ...] = ()
    """Early alerts to give now."""
    retracted: tuple[str, ...] = ()
    """Rules whose early alert is taken back."""


@dataclass(slots=True)
class _Spoken:
    """What one unfinished or correctable utterance said so far."""

    last_partial: frozenset[str] = frozenset()
    early: set[str] = field(default_factory=set)


class CallFlags:
    """The flags of one call, whichever legs they come from."""

    def __init__(self, cooldown: float = COOLDOWN_SECONDS) -> None:
        self._cooldown = cooldown
        self._spoken: dict[Place, _Spoken] = {}
        self._standing: dict[str, list[tuple[float, Place]]] = {}

    def hear_partial(self, place: Place, at: float, flags: tuple[Flag, ...]) -> Verdict:
        """Words that may still change, `at` call seconds."""
        spoken = self._spoken.setdefault(place, _Spoken())
        strong = {flag.rule: flag for flag in flags if is_strong(flag)}
        twice = [flag for rule, flag in strong.items() if rule in spoken.last_partial]
        spoken.last_partial = frozenset(strong)
        raised = tuple(f for f in twice if f.rule not in spoken.early and not self._is_repeat(f.rule, at, place))
        for flag in raised:
            spoken.early.add(flag.rule)
            self._stand(flag.rule, at, place)
        return Verdict((), raised=raised)

    def hear_final(self, place: Place, at: float, flags: tuple[Flag, ...], *, is_last: bool = False) -> Verdict:
        """The finished words, or their correction. `is_last`: no correction will come."""
        spoken = self._spoken.setdefault(place, _Spoken())
        found = {flag.rule: flag for flag in reversed(flags)}
        retracted = tuple(sorted(spoken.early - found.keys()))
        for rule in self._rules_at(place) - found.keys():
            self._fall(rule, place)
        kept = tuple(f for f in flags if found[f.rule] is f and not self._is_repeat(f.rule, at, place))
        for flag in kept:
            self._stand(flag.rule, at, place)
        # What was confirmed is the row's affair from here on, and so is taking it back.
        spoken.early.clear()
        if is_last:
            self._spoken.pop(place, None)
        return Verdict(kept, retracted=retracted)

    def absorb(self, other: "CallFlags") -> None:
        """Another call turned out to be part of this one."""
        self._spoken.update(other._spoken)
        for rule, places in other._standing.items():
            self._standing.setdefault(rule, []).extend(places)

    def _is_repeat(self, rule: str, at: float, place: Place) -> bool:
        """The same rule alerted elsewhere in the call less than a minute before or after."""
        return any(where != place and abs(at - then) < self._cooldown for then, where in self._standing.get(rule, ()))

    def _stand(self, rule: str, at: float, place: Place) -> None:
        self._fall(rule, place)
        self._standing.setdefault(rule, []).append((at, place))

    def _fall(self, rule: str, place: Place) -> None:
        if rule in self._standing:
            self._standing[rule] = [(at, where) for at, where in self._standing[rule] if where != place]

    def _rules_at(self, place: Place) -> set[str]:
        return {rule for rule, places in self._standing.items() if any(where == place for _, where in places)}


def is_strong(flag: Flag) -> bool:
    """Whether a partial may alert: a serious rule, and the words themselves, not only their sound."""
    return flag.severity >= STRONG_SEVERITY and not flag.by_sound
