"""Matches by sound: which of them to believe.

Length decides (measured on foreign text: two syllables alike give 102 false hits per 100,000 characters, three
0.5, four 0.3), so short matches need exact characters and tones, long ones may be half wrong."""

from collections.abc import Iterable, Iterator

from callcenter.core.keywords.align import FUZZY_SOUND, SAME_SOUND, SAME_SOUND_AND_TONE, Agreement, agreement
from callcenter.core.keywords.index import Candidate, PatternIndex
from callcenter.core.keywords.pattern import Language
from callcenter.core.keywords.rules import KeywordRule
from callcenter.core.keywords.sounds import sound_of, sound_text

_WORST_BY_LENGTH = {2: SAME_SOUND_AND_TONE, 3: 2 * SAME_SOUND}
"""Characters the pattern fixes → total cost of wrong characters still believed."""
_LONG_SHARE = 0.65
"""From four characters on: cost allowed per character."""


class SoundIndex:
    """The Chinese patterns of the rules that ask for it, matched by sound."""

    def __init__(self, rules: Iterable[KeywordRule]) -> None:
        self._index = PatternIndex([r for r in rules if r.sound], Language.ZH, sound_of)

    def find(self, text: str) -> Iterator[Candidate]:
        """Believable matches that are not matches as written."""
        for hit in self._index.find(sound_text(text)):
            found = agreement(hit.pattern.node, text[hit.start : hit.end])
            if found is not None and found.cost > 0 and believable(found):
                yield Candidate(hit.rule, hit.pattern, hit.start, hit.end, by_sound=True)


def believable(found: Agreement) -> bool:
    """Whether so many wrong characters may still be the words of the pattern."""
    if found.fixed < 2 or found.exact < 1:
        return found.fixed >= 4 and found.worst < FUZZY_SOUND
    allowed = _WORST_BY_LENGTH.get(found.fixed, _LONG_SHARE * found.fixed)
    return found.cost <= allowed
