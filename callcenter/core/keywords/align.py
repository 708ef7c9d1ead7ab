"""How well a stretch of text that sounds like a pattern agrees with it, character by character."""

from dataclasses import dataclass

from callcenter.core.keywords.pattern import (
    Alt,
    AnyChar,
    Char,
    Edge,
    Ending,
    Gap,
    Node,
    OneOf,
    Repeat,
    Seq,
)
from callcenter.core.keywords.sounds import syllables

SAME_SOUND_AND_TONE = 1.0
SAME_SOUND = 1.2
FUZZY_SOUND = 1.5


@dataclass(frozen=True, slots=True, order=True)
class Agreement:
    """Cost of the wrong characters, minus-count of exact characters (so that fewer errors and then more exact
    characters sort first), and how many characters the pattern fixed."""

    cost: float = 0.0
    minus_exact: int = 0
    fixed: int = 0
    worst: float = 0.0

    @property
    def exact(self) -> int:
        """Characters that stand as written."""
        return -self.minus_exact


_States = dict[int, Agreement]


def agreement(node: Node, text: str) -> Agreement | None:
    """The best alignment of the whole text with the pattern by sound; None if it does not sound like it."""
    return _step(node, text, {0: Agreement()}).get(len(text))


def _step(node: Node, text: str, states: _States) -> _States:
    match node:
        case Char(char):
            return _fixed(frozenset(char), text, states)
        case OneOf(chars):
            return _fixed(chars, text, states)
        case AnyChar():
            return {at + 1: value for at, value in states.items() if at < len(text)}
        case Gap(most):
            return _gap(most, text, states)
        case Edge() | Ending():
            return states
        case Seq(items):
            for item in items:
                states = _step(item, text, states)
            return states
        case Alt(items):
            return _merge([_step(item, text, states) for item in items])
        case Repeat(item, least, most):
            return _repeat(item, least, most, text, states)


def _gap(most: int, text: str, states: _States) -> _States:
    reached = [{at + n: v for at, v in states.items() if at + n <= len(text)} for n in range(most + 1)]
    return _merge(reached)


def _repeat(item: Node, least: int, most: int, text: str, states: _States) -> _States:
    reached = [states] if least == 0 else []
    for _ in range(most):
        states = _step(item, text, states)
        if not states:
            break
        reached.append(states)
    return _merge(reached)


def _merge(options: list[_States]) -> _States:
    best: _States = {}
    for states in options:
        for at, value in states.items():
            if at not in best or value < best[at]:
                best[at] = value
    return best


def _fixed(chars: frozenset[str], text: str, states: _States) -> _States:
    after: _States = {}
    for at, value in states.items():
        if at >= len(text):
            continue
        cost = 0.0 if text[at] in chars else min((_difference(text[at], c) for c in chars), default=99.0)
        if cost < 99.0:
            after[at + 1] = Agreement(
                value.cost + cost, value.minus_exact - (cost == 0.0), value.fixed + 1, max(value.worst, cost)
            )
    return after


def _difference(heard: str, meant: str) -> float:
    table = syllables()
    one, other = table.get(heard), table.get(meant)
    if one is None or other is None or one.code != other.code:
        return 99.0
    if one.plain != other.plain:
        return FUZZY_SOUND
    return SAME_SOUND_AND_TONE if one.tone == other.tone else SAME_SOUND
