"""The plain strings inside patterns: which of them must occur before a pattern can match (the pre-filter that lets
one Aho-Corasick pass choose the few patterns worth running, as RE2's FilteredRE2 does), and which words a recogniser
may have misspelt."""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

from callcenter.core.keywords.pattern import Alt, AnyChar, Char, Edge, Ending, Gap, Node, OneOf, Repeat, Seq

_MOST = 128
"""More strings than this are not worth an automaton entry; the best set found so far is used instead."""
_LONGEST_WORD = 6
_RARE = 0.002
_SHARE = dict.fromkeys("的了是不我你们他在有这那个一就都也还没要说人车来去到上好能会给什么时候", 0.02) | dict.fromkeys(
    "abcdefghijklmnopqrstuvwxyz '", 0.05
)
"""Roughly how much of a telephone call's characters these are; everything else is rare."""

Strings = frozenset[str]


@dataclass(frozen=True, slots=True)
class _Info:
    exact: Strings | None
    """Everything the node can match; None when that is too much."""
    needed: Strings | None
    """One of these occurs in every match; None when nothing is certain."""


class Literals:
    """Answers for many patterns that share macros; what is known of a node is kept."""

    def __init__(self) -> None:
        self._known: dict[int, tuple[Node, _Info]] = {}

    def required(self, node: Node) -> Strings | None:
        """Strings of which at least one occurs in every match, the most telling such set; None if there is none."""
        info = self._info(node)
        return _best(_usable(info.exact), info.needed)

    def words(self, node: Node) -> Iterator[str]:
        """Stretches of two to six fixed characters, as long as they can be told."""
        exact = self._info(node).exact
        if exact is not None:
            yield from (s for s in exact if 2 <= len(s) <= _LONGEST_WORD)
            if any(len(s) <= _LONGEST_WORD for s in exact):
                return
        match node:
            case Seq(items):
                yield from self._runs(items)
            case Alt(items):
                for item in items:
                    yield from self.words(item)
            case Repeat(item):
                yield from self.words(item)

    def _runs(self, items: tuple[Node, ...]) -> Iterator[str]:
        run: Strings = frozenset({""})
        for item in items:
            exact = self._info(item).exact
            joined = _product(run, exact)
            if joined is None or min(map(len, joined)) > _LONGEST_WORD:
                yield from (s for s in run if len(s) > 1)
                joined = exact or frozenset({""})
            if exact is None or len(exact) > 1:
                yield from self.words(item)
            run = joined
        yield from (s for s in run if len(s) > 1)

    def _info(self, node: Node) -> _Info:
        if isinstance(node, Char):
            return _of_char(node.char)
        known = self._known.get(id(node))
        if known is None:
            known = self._known[id(node)] = (node, self._find(node))
        return known[1]

    def _find(self, node: Node) -> _Info:
        match node:
            case Char(char):
                return _of_char(char)
            case OneOf(chars):
                return _Info(chars, None)
            case AnyChar() | Gap() | Ending():
                return _Info(None, None)
            case Edge():
                return _Info(frozenset({""}), None)
            case Seq(items):
                return _sequence([self._info(i) for i in items])
            case Alt(items):
                return _either([self._info(i) for i in items])
            case Repeat(item, least, most):
                inner = self._info(item)
                if most == 1 and inner.exact is not None:
                    return _Info(inner.exact | {""}, None)
                return _Info(None, _best(_usable(inner.exact), inner.needed) if least else None)


@lru_cache(maxsize=8192)
def _of_char(char: str) -> _Info:
    return _Info(frozenset({char}), None)


def _sequence(parts: list[_Info]) -> _Info:
    run: Strings = frozenset({""})
    needed: Strings | None = None
    whole = True
    for part in parts:
        joined = _product(run, part.exact)
        if joined is not None:
            run = joined
            continue
        whole = False
        needed = _best(_best(needed, _usable(run)), part.needed)
        run = part.exact if part.exact is not None else frozenset({""})
    if whole:
        return _Info(run, needed)
    return _Info(None, _best(needed, _usable(run)))


def _product(left: Strings, right: Strings | None) -> Strings | None:
    if right is None or len(left) * len(right) > _MOST:
        return None
    return frozenset(a + b for a in left for b in right)


def _either(parts: list[_Info]) -> _Info:
    exact: Strings | None = frozenset()
    needed: Strings | None = frozenset()
    for part in parts:
        exact = None if exact is None or part.exact is None else exact | part.exact
        own = _best(_usable(part.exact), part.needed)
        needed = None if needed is None or own is None else needed | own
    if exact is not None and len(exact) > _MOST:
        exact = None
    return _Info(exact, needed if needed and len(needed) <= 8 * _MOST else None)


def _usable(strings: Strings | None) -> Strings | None:
    """A set with the empty or blank string requires nothing."""
    if not strings or any(not s.strip() for s in strings):
        return None
    return frozenset(s.strip() for s in strings)


def _best(one: Strings | None, other: Strings | None) -> Strings | None:
    """The set that will be found less often in ordinary text."""
    if one is None or other is None:
        return other if one is None else one
    return min(one, other, key=lambda strings: (_how_often(strings), len(strings), sorted(strings)))


def _how_often(strings: Strings) -> float:
    """About how often some string of the set stands at a place in text; only the order matters."""
    return sum(math.prod(_SHARE.get(c, _RARE) for c in s) for s in strings)
