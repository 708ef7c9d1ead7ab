"""How Chinese characters sound, for matching what a recogniser wrote with the wrong characters (头诉 for 投诉).

Seven pairs that speakers and recognisers mix (zh/z, ch/c, sh/s, n/l, ang/an, eng/en, ing/in) count as one sound;
they were the ones that paid in measurements on simulated recognition errors, while f/h, r/l and ong/un did not."""

import re
import unicodedata
from dataclasses import dataclass
from functools import lru_cache

_FIRST_CODE = 0xE000
"""Private use area: one code point per sound keeps regular expressions and automata usable on sounds."""
_TONES = {"\u0304": 1, "\u0301": 2, "\u030c": 3, "\u0300": 4}
_DIGITS = dict(zip("0123456789", "零一二三四五六七八九", strict=True))
_INITIAL = re.compile(r"^(zh|ch|sh|n)")
_PAIRS = {"zh": "z", "ch": "c", "sh": "s", "n": "l"}


@dataclass(frozen=True, slots=True)
class Syllable:
    """A reading: `plain` without tone, `tone` 0 to 4, `code` the character standing for its fuzzy sound."""

    plain: str
    tone: int
    code: str


def _split_tone(reading: str) -> tuple[str, int]:
    tone = 0
    letters: list[str] = []
    for c in unicodedata.normalize("NFD", reading):
        if c in _TONES:
            tone = _TONES[c]
        elif c == "\u0308":
            letters[-1] = "v"
        elif not unicodedata.combining(c):
            letters.append(c)
    return "".join(letters), tone


def _fuzzy(plain: str) -> str:
    merged = _INITIAL.sub(lambda m: _PAIRS[m.group()], plain)
    return re.sub(r"(?<=[aei])ng$", "n", merged)


@lru_cache(maxsize=1)
def syllables() -> dict[str, Syllable]:
    """Every Han character of the basic block with its commonest reading; digits read as Chinese numerals."""
    from pypinyin.constants import PINYIN_DICT  # half a second to load, so only where sounds are used

    codes: dict[str, str] = {}
    table: dict[str, Syllable] = {}
    for number, readings in PINYIN_DICT.items():
        if not 0x3400 <= number <= 0x9FFF:
            continue
        plain, tone = _split_tone(readings.split(",", 1)[0])
        code = codes.setdefault(_fuzzy(plain), chr(_FIRST_CODE + len(codes)))
        table[chr(number)] = Syllable(plain, tone, code)
    for digit, word in _DIGITS.items():
        table[digit] = table[word]
    return table


def sound_of(char: str) -> str:
    """The code of a character's sound; characters without one stand for themselves."""
    known = syllables().get(char)
    return known.code if known else char


def sound_text(text: str) -> str:
    """A text as its sounds, one code per character."""
    return "".join(map(sound_of, text))
