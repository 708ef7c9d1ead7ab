"""Does a negation stand before a hit? (domain.md §4.1; `我不是来投诉的`, `I don't want a refund`)"""

import re

from callcenter.core.keywords.normalise import SENTENCE_END
from callcenter.core.keywords.rules import ChineseNegation, EnglishNegation

_REACH = 16
"""Characters before a hit in which a Chinese negation can stand; longer than any word plus gap."""


class ChineseNegationTest:
    """Negation by a word directly, or with a few characters, before the hit."""

    def __init__(self, table: ChineseNegation) -> None:
        reach = "|".join(f"(?:{word})[^{SENTENCE_END}]{{0,{gap}}}" for word, gap in table.words)
        self._before = re.compile(f"(?:{reach})$" if reach else r"(?!)")
        self._exempt = re.compile(table.exempt or r"(?!)")

    def __call__(self, text: str, start: int, end: int) -> bool:
        """True if the hit `[start, end)` of a normalised text is denied by the words before it."""
        if self._exempt.search(text[start:end]):
            return False
        sentence = text.rfind(SENTENCE_END, 0, start) + 1
        return self._before.search(text, max(sentence, start - _REACH), start) is not None


class EnglishNegationTest:
    """Negation within a few words before the hit, not across a clause break."""

    def __init__(self, table: EnglishNegation) -> None:
        self._table = table
        self._exempt = re.compile(table.exempt or r"(?!)")
        self._innocent = [re.compile(p + r"\b") for p in table.not_negation]

    def __call__(self, text: str, start: int, end: int) -> bool:
        """True if the hit `[start, end)` of a normalised text is denied by the words before it."""
        if self._exempt.search(text[start:end]):
            return False
        before = text[:start]
        for innocent in self._innocent:
            before = innocent.sub("", before)
        for word in reversed(before.split()[-self._table.window :]):
            if word in self._table.words:
                return True
            if word in self._table.clause_breaks or word == ".":
                return False
        return False
