"""How Chinese characters sound, for matching what a recogniser wrote with the wrong characters (头诉 for 投诉).

Seven pairs that speakers and recognisers mix (zh/z, ch/c, sh/s, n/l, ang/an, eng/en, ing/in) count as one sound;
they were the ones that paid in measurements on simulated recognition errors, while f/h, r/l and ong/un did not."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

SAME_SOUND_AND_TONE = 1.0
SAME_SOUND = 1.2
FUZZY_SOUND = 1.5
_FIRST_CODE = 0xE000
"""Private use area: one code point per sound keeps a text's sounds a string of the same length."""
_DIGITS = dict(zip("0123456789", "零一二三四五六七八九", strict=True))
_INITIAL = re.compile(r"^(zh|ch|sh|n)")
_PAIRS = {"zh": "z", "ch": "c", "sh": "s", "n": "l"}


@dataclass(frozen=True, slots=True)
class Syllable:
    """A reading: `plain` without tone, `tone` 0 to 4, `code` the character standing for its fuzzy sound."""

    plain: str
    tone: int
    code: str


def _fuzzy(plain: str) -> str:
    merged = _INITIAL.sub(lambda m: _PAIRS[m.group()], plain)
    return re.sub(r"(?<=[aei])ng$", "n", merged)


class SoundTable:
    """The sound of every common character.

    Args:
        lines: `syllable+tone characters`, one reading a line; `#` begins a comment.
    """

    def __init__(self, lines: Iterable[str]) -> None:
        codes: dict[str, str] = {}
        table: dict[str, Syllable] = {}
        for line in lines:
            reading, _, chars = line.partition(" ")
            if line.startswith("#") or not chars:
                continue
            plain, tone = reading[:-1], int(reading[-1])
            code = codes.setdefault(_fuzzy(plain), chr(_FIRST_CODE + len(codes)))
            table.update(dict.fromkeys(chars, Syllable(plain, tone, code)))
        table.update({digit: table[word] for digit, word in _DIGITS.items() if word in table})
        self.syllables: Mapping[str, Syllable] = MappingProxyType(table)
        self._codes = str.maketrans({char: syllable.code for char, syllable in table.items()})

    def of(self, text: str) -> str:
        """A text as its sounds, one code per character; characters without a known sound stand for themselves."""
        return text.translate(self._codes)

    def difference(self, heard: str, meant: str) -> float:
        """How far two characters of the same sound code are apart: 0 when they are the same."""
        if heard == meant:
            return 0.0
        one, other = self.syllables[heard], self.syllables[meant]
        if one.plain != other.plain:
            return FUZZY_SOUND
        return SAME_SOUND_AND_TONE if one.tone == other.tone else SAME_SOUND
