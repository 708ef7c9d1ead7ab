"""Text as rules see it, with the way back to the characters as they were written.

Chinese: NFKC, lower case, traditional to simplified, regional words to one word, sentence ends as one mark, all
other punctuation, spaces and fillers gone (recognisers write Chinese with spaces and without punctuation).
English: NFKC, lower case, words and numbers with single spaces, sentence ends as ` . `."""

import re
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache

import opencc

SENTENCE_END = "。"
_ZH_ENDS = frozenset("。!?;\n")
_EN_TOKEN = re.compile(r"\d+(?:[.,:]\d+)+|[^\W_]+(?:'[^\W_]+)*'?|%|[.!?;\n]+")
_EN_ABBREVIATIONS = frozenset({"mr", "mrs", "ms", "dr"})
_CURLY = str.maketrans("‘’ʼ´`", "'''''")


@dataclass(frozen=True, slots=True)
class Normalised:
    """Normalised text; character i of it came from `[starts[i], ends[i])` of the original."""

    text: str
    starts: tuple[int, ...]
    ends: tuple[int, ...]

    def original_span(self, start: int, end: int) -> tuple[int, int]:
        """Where `[start, end)` of the normalised text stands in the original."""
        return self.starts[start], self.ends[end - 1]


@lru_cache(maxsize=16384)
def _plain_chinese(char: str) -> str:
    """What is left of one character: letters, digits and Han, and a mark for what ends a sentence."""
    folded = unicodedata.normalize("NFKC", char).lower()
    return "".join(SENTENCE_END if c in _ZH_ENDS else c for c in folded if c in _ZH_ENDS or c.isalnum())


@lru_cache(maxsize=4096)
def _plain_english(char: str) -> str:
    return unicodedata.normalize("NFKC", char).lower().translate(_CURLY)


@lru_cache(maxsize=1)
def _converter() -> opencc.OpenCC:
    return opencc.OpenCC("t2s")


def to_simplified(text: str) -> str:
    """Traditional characters folded to simplified ones, one for one: OpenCC phrases where they keep the length."""
    converted: str = _converter().convert(text)
    if len(converted) != len(text):
        converted = "".join((_converter().convert(c) or c)[0] for c in text)
    return converted.replace("著", "着")


def fold_pattern(text: str, same: Mapping[str, str]) -> str:
    """A Chinese pattern in the characters of normalised text, so that rules may be written in either script."""
    folded = to_simplified(unicodedata.normalize("NFKC", text).lower())
    return folded.translate({ord(k): v for k, v in same.items() if len(k) == 1})


class ChineseNormaliser:
    """Chinese normalisation with one dealership's tables.

    Args:
        same: words written as another word before matching (`客诉` as `投诉`, `您` as `你`), simplified.
        fillers: sounds of hesitation, dropped.
    """

    def __init__(self, same: Mapping[str, str], fillers: Iterable[str]) -> None:
        table = {**same, **dict.fromkeys(fillers, "")}
        self._table = table
        longest_first = sorted(table, key=len, reverse=True)
        self._words = re.compile("|".join(map(re.escape, longest_first)) or r"(?!)")

    def __call__(self, text: str) -> Normalised:
        """Normalise a text of any length."""
        chars: list[str] = []
        origin: list[int] = []
        for i, char in enumerate(text):
            for c in _plain_chinese(char):
                if c != SENTENCE_END or (chars and chars[-1] != SENTENCE_END):
                    chars.append(c)
                    origin.append(i)
        return self._rewrite(to_simplified("".join(chars)), origin)

    def _rewrite(self, plain: str, origin: list[int]) -> Normalised:
        out: list[str] = []
        starts: list[int] = []
        ends: list[int] = []

        at = 0
        for word in self._words.finditer(plain):
            other = self._table[word.group()]
            out.append(plain[at : word.start()] + other)
            starts.extend(origin[at : word.start()])
            ends.extend([place + 1 for place in origin[at : word.start()]])
            starts.extend([origin[word.start()]] * len(other))
            ends.extend([origin[word.end() - 1] + 1] * len(other))
            at = word.end()
        out.append(plain[at:])
        starts.extend(origin[at:])
        ends.extend([place + 1 for place in origin[at:]])
        return Normalised("".join(out), tuple(starts), tuple(ends))


class EnglishNormaliser:
    """English normalisation.

    Args:
        same: words written as another word before matching (`dont` as `don't`, `centre` as `center`).
        fillers: words of hesitation, dropped (`um`, `uh`).
    """

    def __init__(self, same: Mapping[str, str], fillers: Iterable[str]) -> None:
        self._same = dict(same)
        self._fillers = frozenset(fillers)

    def __call__(self, text: str) -> Normalised:
        """Normalise a text of any length."""
        plain, origin = _compatible(text)
        out: list[str] = []
        starts: list[int] = []
        ends: list[int] = []
        previous = ""
        for token in _EN_TOKEN.finditer(plain):
            word = self._word(token.group())
            if word in self._fillers or (word == "." and (not out or previous in _EN_ABBREVIATIONS)):
                continue
            if out:
                out.append(" ")
                starts.append(min(ends[-1], origin[token.start()]))
                ends.append(max(ends[-1], origin[token.start()]))
            out.append(word)
            places = origin[token.start() : token.end()]
            if len(word) == len(places):
                starts.extend(places)
                ends.extend([place + 1 for place in places])
            else:
                starts.extend([places[0]] * len(word))
                ends.extend([places[-1] + 1] * len(word))
            previous = word
        return Normalised("".join(out), tuple(starts), tuple(ends))

    def _word(self, token: str) -> str:
        if token[0] in ".!?;\n":
            return "."
        if token[0].isdigit():
            return re.sub(r"[.,:]", "", token)
        word = token.strip("'")
        return self._same.get(word, word)


def _compatible(text: str) -> tuple[str, list[int]]:
    """NFKC and lower case, character by character, with each character's origin."""
    out: list[str] = []
    origin: list[int] = []
    for i, char in enumerate(text):
        plain = _plain_english(char)
        out.append(plain)
        origin.extend([i] * len(plain))
    return "".join(out), origin
