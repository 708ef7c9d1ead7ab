"""Which strings must occur in a text before a pattern can match it: the pre-filter that lets one Aho-Corasick pass
choose the few patterns worth running (the idea is that of RE2's FilteredRE2)."""

from collections.abc import Callable
from dataclasses import dataclass

from callcenter.core.keywords.pattern import Alt, AnyChar, Char, Edge, Ending, Gap, Node, OneOf, Repeat, Seq

_MOST = 256
"""More strings than this are not worth an automaton entry; the best set found so far is used instead."""


@dataclass(frozen=True, slots=True)
class _Info:
    exact: frozenset[str] | None
    """Everything the node can match; None when that is too much."""
    needed: frozenset[str] | None
    """One of these occurs in every match; None when nothing is certain."""


def required_literals(node: Node, spell: Callable[[str], str] = str) -> frozenset[str] | None:
    """Strings of which at least one occurs in every match, the most telling such set; None if there is none."""
    info = _info(node, spell)
    return _best(_usable(info.exact), info.needed)


def _info(node: Node, spell: Callable[[str], str]) -> _Info:
    match node:
        case Char(char):
            return _Info(frozenset({spell(char)}), None)
        case OneOf(chars):
            return _Info(frozenset(spell(c) for c in chars) if len(chars) <= _MOST else None, None)
        case AnyChar() | Gap() | Ending():
            return _Info(None, None)
        case Edge():
            return _Info(frozenset({""}), None)
        case Seq(items):
            return _sequence([_info(i, spell) for i in items])
        case Alt(items):
            return _either([_info(i, spell) for i in items])
        case Repeat(item, least, most):
            inner = _info(item, spell)
            if most == 1 and inner.exact is not None:
                return _Info(inner.exact | {""}, None)
            return _Info(None, _best(_usable(inner.exact), inner.needed) if least else None)


def _sequence(parts: list[_Info]) -> _Info:
    run: frozenset[str] | None = frozenset({""})
    needed: frozenset[str] | None = None
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


def _product(left: frozenset[str] | None, right: frozenset[str] | None) -> frozenset[str] | None:
    if left is None or right is None or len(left) * len(right) > _MOST:
        return None
    return frozenset(a + b for a in left for b in right)


def _either(parts: list[_Info]) -> _Info:
    exact: frozenset[str] | None = frozenset()
    needed: frozenset[str] | None = frozenset()
    for part in parts:
        exact = None if exact is None or part.exact is None else exact | part.exact
        own = _best(_usable(part.exact), part.needed)
        needed = None if needed is None or own is None else needed | own
    if exact is not None and len(exact) > _MOST:
        exact = None
    return _Info(exact, needed if needed and len(needed) <= 8 * _MOST else None)


def _usable(strings: frozenset[str] | None) -> frozenset[str] | None:
    """A set with the empty or blank string requires nothing."""
    if not strings or any(not s.strip() for s in strings):
        return None
    return frozenset(s.strip() for s in strings)


def _best(one: frozenset[str] | None, other: frozenset[str] | None) -> frozenset[str] | None:
    """The set whose shortest string is longest; among equals the smaller set."""
    if one is None or other is None:
        return other if one is None else one
    return max(one, other, key=lambda s: (min(len(x) for x in s), -len(s)))
