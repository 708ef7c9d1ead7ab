"""Words of the rules that a recogniser wrote with the wrong characters, put right before matching.

Length decides what to believe (measured on foreign text: two syllables alike give 102 false hits per 100,000
characters, three 0.5, four 0.3): short words need the same tone, long ones may be half wrong. A wrong character that
stands in a common word is not wrong: it is what the speaker said."""

from collections.abc import Iterable, Iterator, Set
from dataclasses import dataclass

import ahocorasick

from callcenter.core.keywords.sounds import SAME_SOUND_AND_TONE, SoundTable

_WORST_BY_LENGTH = {2: SAME_SOUND_AND_TONE, 3: 2 * SAME_SOUND_AND_TONE}
"""Characters of the word → total difference still believed."""
_LONG_SHARE = 0.6
"""From four characters on: difference allowed per character."""
_SPEAKS_FOR_ITSELF = 5
"""So many characters as written outweigh a common word among the rest."""


@dataclass(frozen=True, slots=True)
class _Repair:
    start: int
    word: str
    cost: float
    wrong: tuple[int, ...]


class Respeller:
    """Knows the words of the rules by sound.

    Args:
        words: two or more characters each, as rules write them.
        common: frequent words of the language, single characters among them only where nobody miswrites them.
    """

    def __init__(self, words: Iterable[str], sounds: SoundTable, common: Set[str]) -> None:
        self._sounds = sounds
        self._common = common
        by_sound: dict[str, set[str]] = {}
        for word in words:
            if all(c in sounds.syllables for c in word):
                by_sound.setdefault(sounds.of(word), set()).add(word)
        self._words = {sound: tuple(sorted(group)) for sound, group in by_sound.items()}
        self._automaton = ahocorasick.Automaton()
        for sound, spelt in self._words.items():
            self._automaton.add_word(sound, spelt)
        if self._words:
            self._automaton.make_automaton()

    def __call__(self, text: str, settled: Iterable[tuple[int, int]]) -> tuple[str, frozenset[int]]:
        """The text with words put right, and the positions that changed; the length stays.

        Args:
            settled: stretches that already match as written and are left alone.
        """
        taken = {at for start, end in settled for at in range(start, end)}
        out = list(text)
        changed: set[int] = set()
        for repair in sorted(self._repairs(text), key=lambda r: (len(r.wrong) - len(r.word), r.cost, r.start)):
            span = range(repair.start, repair.start + len(repair.word))
            if taken.isdisjoint(span):
                taken.update(span)
                changed.update(repair.wrong)
                out[span.start : span.stop] = repair.word
        return "".join(out), frozenset(changed)

    def _repairs(self, text: str) -> Iterator[_Repair]:
        if not self._words:
            return
        for end, words in self._automaton.iter(self._sounds.of(text)):
            start = end - len(words[0]) + 1
            heard = text[start : end + 1]
            if heard in words:
                continue
            for word in words:
                wrong = [i for i, char in enumerate(heard) if char != word[i]]
                if len(wrong) < len(word) and self._believable(text, start, word, wrong):
                    cost = sum(self._sounds.difference(heard[i], word[i]) for i in wrong)
                    yield _Repair(start, word, cost, tuple(start + i for i in wrong))

    def _believable(self, text: str, start: int, word: str, wrong: list[int]) -> bool:
        length = len(word)
        allowed = _WORST_BY_LENGTH.get(length, _LONG_SHARE * length)
        if len(wrong) * SAME_SOUND_AND_TONE > allowed or any(text[start + i] in self._common for i in wrong):
            return False
        if sum(self._sounds.difference(text[start + i], word[i]) for i in wrong) > allowed:
            return False
        if length - len(wrong) >= _SPEAKS_FOR_ITSELF:
            return True
        return not any(self._in_common_word(text, start + i) for i in wrong)

    def _in_common_word(self, text: str, at: int) -> bool:
        return any(
            text[first : first + length] in self._common
            for length in (2, 3)
            for first in range(max(0, at - length + 1), at + 1)
        )
