"""All patterns of one language as one search: an automaton over the strings they need picks the few to run."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property

import ahocorasick

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

    def __init__(self, pattern: Pattern, language: Language) -> None:
        self.pattern = pattern
        self._language = language

    @cached_property
    def regex(self) -> re.Pattern[str]:
        """Over normalised text."""
        return re.compile(to_regex(self.pattern.node, self._language))


class PatternSearch:
    """Which of many patterns to try on a text."""

    def __init__(self, patterns: Iterable[Pattern], language: Language) -> None:
        self.compiled = [CompiledPattern(p, language) for p in patterns]
        wanted: dict[str, list[int]] = {}
        for number, compiled in enumerate(self.compiled):
            for literal in compiled.pattern.needs:
                wanted.setdefault(literal, []).append(number)
        self._automaton = ahocorasick.Automaton()
        for literal, numbers in wanted.items():
            self._automaton.add_word(literal, tuple(numbers))
        if wanted:
            self._automaton.make_automaton()
        self._empty = not wanted

    def found(self, text: str) -> Iterator[tuple[int, tuple[int, int]]]:
        """(number of the pattern, span) of every match, in the order of the patterns."""
        if self._empty:
            return
        numbers: set[int] = set()
        for _, some in self._automaton.iter(text):
            numbers.update(some)
        for number in sorted(numbers):
            for match in self.compiled[number].regex.finditer(text):
                if match.end() > match.start():
                    yield number, match.span()

    def warm(self) -> None:
        """Compile every pattern now instead of when it is first needed."""
        for compiled in self.compiled:
            _ = compiled.regex

    def spans(self, text: str) -> list[tuple[int, int]]:
        """All matches of all patterns."""
        return [span for _, span in self.found(text)]


class RuleIndex:
    """The patterns of one language of many rules."""

    def __init__(self, rules: Iterable[KeywordRule], language: Language) -> None:
        pairs = [(rule, pattern) for rule in rules for pattern in rule.patterns.get(language, ())]
        self._owners = [rule for rule, _ in pairs]
        self._search = PatternSearch([pattern for _, pattern in pairs], language)

    def warm(self) -> None:
        """Compile every pattern now."""
        self._search.warm()

    def find(self, text: str) -> Iterator[Candidate]:
        """Every match of every pattern, in the order of the rules."""
        for number, (start, end) in self._search.found(text):
            yield Candidate(self._owners[number], self._search.compiled[number].pattern, start, end)
