"""All patterns of one language as one search: an automaton over the strings they need picks the few to run."""

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property

import ahocorasick

from callcenter.core.keywords.literals import required_literals
from callcenter.core.keywords.pattern import Language
from callcenter.core.keywords.regex import to_regex
from callcenter.core.keywords.rules import KeywordRule, Pattern


@dataclass(frozen=True, slots=True)
class Candidate:
    """A pattern that matched `[start, end)` of a normalised text."""

    rule: KeywordRule
    pattern: Pattern
    start: int
    end: int
    by_sound: bool = False


class CompiledPattern:
    """A pattern with its regular expression, compiled when it is first needed: most never are."""

    def __init__(self, pattern: Pattern, language: Language, spell: Callable[[str], str] = str) -> None:
        self.pattern = pattern
        self._language = language
        self._spell = spell

    @cached_property
    def regex(self) -> re.Pattern[str]:
        """Over normalised text, or over its sounds when spelled so."""
        return re.compile(to_regex(self.pattern.node, self._language, self._spell))

    def spans(self, text: str) -> Iterator[tuple[int, int]]:
        """Where it matches, empty matches left out."""
        return (m.span() for m in self.regex.finditer(text) if m.end() > m.start())

    def needs(self) -> frozenset[str]:
        """Strings of which one must occur; never empty in a loaded rule set (the loader refuses such patterns)."""
        return required_literals(self.pattern.node, self._spell) or frozenset()


class PatternIndex:
    """The patterns of one language, looked for together."""

    def __init__(self, rules: Iterable[KeywordRule], language: Language, spell: Callable[[str], str] = str) -> None:
        self._entries: list[tuple[KeywordRule, CompiledPattern]] = []
        self._always: list[int] = []
        wanted: dict[str, list[int]] = {}
        for rule in rules:
            for pattern in rule.patterns.get(language, ()):
                compiled = CompiledPattern(pattern, language, spell)
                number = len(self._entries)
                self._entries.append((rule, compiled))
                needs = compiled.needs()
                if not needs:
                    self._always.append(number)
                for literal in needs:
                    wanted.setdefault(literal, []).append(number)
        self._automaton = ahocorasick.Automaton()
        for literal, numbers in wanted.items():
            self._automaton.add_word(literal, tuple(numbers))
        if wanted:
            self._automaton.make_automaton()
        self._empty = not wanted

    def find(self, text: str) -> Iterator[Candidate]:
        """Every match of every pattern, in the order of the rules."""
        numbers = set(self._always)
        if not self._empty:
            for _, found in self._automaton.iter(text):
                numbers.update(found)
        for number in sorted(numbers):
            rule, compiled = self._entries[number]
            for start, end in compiled.spans(text):
                yield Candidate(rule, compiled.pattern, start, end)


class SpanIndex:
    """Patterns whose only question is where they match (`unless`, `never`)."""

    def __init__(self, patterns: Iterable[Pattern], language: Language) -> None:
        sources = [to_regex(p.node, language) for p in patterns]
        self._regexes = [re.compile(s) for s in sources]

    def spans(self, text: str) -> list[tuple[int, int]]:
        """All matches of all patterns."""
        return [m.span() for regex in self._regexes for m in regex.finditer(text)]
