"""Complaints that no phrase gives away: a sentence with many small signs (the store acts, something did not happen, a
contrast, a wait, a burden) and nothing ordinary about it (a question, a request, praise)."""

from collections.abc import Iterator

from callcenter.core.keywords.index import Candidate, PatternSearch
from callcenter.core.keywords.normalise import SENTENCE_END
from callcenter.core.keywords.pattern import Language
from callcenter.core.keywords.rules import KeywordRule, Pattern, SignGroups

_USUAL_LENGTH = 45
"""Characters of a sentence up to which `at_least` signs are enough; each further stretch as long needs one more."""


class SignTest:
    """The signs of one rule in one language."""

    def __init__(self, rule: KeywordRule, signs: SignGroups, language: Language) -> None:
        self._rule = rule
        self._end = SENTENCE_END if language is Language.ZH else "."
        self._usual = _USUAL_LENGTH if language is Language.ZH else 3 * _USUAL_LENGTH
        self._at_least = signs.at_least.get(language, 0)
        self._names = [name for name, patterns in signs.groups for _ in patterns.get(language, ())]
        self._groups = PatternSearch([p for _, ps in signs.groups for p in ps.get(language, ())], language)
        self._ordinary = PatternSearch(signs.not_with.get(language, ()), language)

    def warm(self) -> None:
        """Compile every pattern now."""
        self._groups.warm()
        self._ordinary.warm()

    def find(self, text: str) -> Iterator[Candidate]:
        """A hit for each sentence with enough signs."""
        if not self._at_least:
            return
        start = 0
        for sentence in text.split(self._end):
            yield from self._judge(sentence, start)
            start += len(sentence) + 1

    def _judge(self, sentence: str, offset: int) -> Iterator[Candidate]:
        wanted = self._at_least + max(0, len(sentence) - 1) // self._usual
        found = list(self._groups.found(sentence))
        names = list(dict.fromkeys(self._names[number] for number, _ in found))
        if len(names) < wanted or self._ordinary.spans(sentence):
            return
        start = offset + min(span[0] for _, span in found)
        end = offset + max(span[1] for _, span in found)
        pattern = Pattern(source=" + ".join(names), node=self._groups.compiled[0].pattern.node, needs=frozenset())
        yield Candidate(self._rule, pattern, start, end)
