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
            for c in unicodedata.normalize("NFKC", char).lower():
                if c.isalnum():
                    chars.append(c)
                    origin.append(i)
                elif c in _ZH_ENDS and chars and chars[-1] != SENTENCE_END:
                    chars.append(SENTENCE_END)
                    origin.append(i)
        return self._rewrite(to_simplified("".join(chars)), origin)

    def _rewrite(self, plain: str, origin: list[int]) -> Normalised:
        out: list[str] = []
        starts: list[int] = []
        ends: list[int] = []

        def put(char: str, first: int, last: int) -> None:
            out.append(char)
            starts.append(origin[first])
            ends.append(origin[last] + 1)

        at = 0
        for word in self._words.finditer(plain):
            for i in range(at, word.start()):
                put(plain[i], i, i)
            for c in self._table[word.group()]:
                put(c, word.start(), word.end() - 1)
            at = word.end()
        for i in range(at, len(plain)):
            put(plain[i], i, i)
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
            first, last = origin[token.start()], origin[token.end() - 1] + 1
            even = len(word) == token.end() - token.start()
            for i, c in enumerate(word):
                out.append(c)
                starts.append(origin[token.start() + i] if even else first)
                ends.append(origin[token.start() + i] + 1 if even else last)
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
        for c in unicodedata.normalize("NFKC", char).lower().translate(_CURLY):
            out.append(c)
            origin.append(i)
    return "".join(out), origin
