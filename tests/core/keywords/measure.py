"""How well the rules tell complaints from ordinary sentences, on the sets of `sets/`, as written and as misheard."""

import random
from collections import defaultdict
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import yaml

from callcenter.core.keywords import KeywordSpotter
from callcenter.core.keywords.rules import RuleSet
from callcenter.core.transcript import Speaker
from callcenter.services.keyword_rules import load_rules

SETS = Path(__file__).parent / "sets"
FLAGGED_FROM = 2
"""A sentence counts as flagged from this severity on."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sentence:
    """One labelled sentence."""

    text: str
    language: str
    complaint: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Score:
    """Counts over a set of sentences."""

    complaints: int
    found: int
    ordinary: int
    false: int

    @property
    def precision(self) -> float:
        """Of what was flagged, how much was a complaint."""
        return self.found / max(1, self.found + self.false)

    @property
    def recall(self) -> float:
        """Of the complaints, how many were flagged."""
        return self.found / max(1, self.complaints)


def sentences(use: str) -> list[Sentence]:
    """The sentences of all sets with this use (`dev`, `test`, `heard`, `final`, `calm`, `unseen`)."""
    found: list[Sentence] = []
    for path in sorted(SETS.glob("*.yaml")):
        content = yaml.safe_load(path.read_text(encoding="utf-8"))
        if content["use"] == use:
            for key in ("complaints", "ordinary"):
                found += [
                    Sentence(text=t, language=content["lang"], complaint=key == "complaints") for t in content[key]
                ]
    return found


@lru_cache(maxsize=1)
def shipped() -> tuple[RuleSet, KeywordSpotter]:
    """The shipped rules, loaded once."""
    rules = load_rules()
    return rules, KeywordSpotter(rules)


def is_flagged(sentence: Sentence) -> bool:
    """Whether any customer rule of the shipped set fires on it."""
    flags = shipped()[1].spot(sentence.text, language=sentence.language, speaker=Speaker.CUSTOMER)
    return any(flag.severity >= FLAGGED_FROM for flag in flags)


def score(some: list[Sentence]) -> Score:
    """Counts of right and wrong flags."""
    flagged = [(s.complaint, is_flagged(s)) for s in some]
    return Score(
        complaints=sum(c for c, _ in flagged),
        found=sum(c and f for c, f in flagged),
        ordinary=sum(not c for c, _ in flagged),
        false=sum(f and not c for c, f in flagged),
    )


def misheard(sentence: Sentence, share: float, seed: int) -> Sentence:
    """A share of the Chinese characters replaced by others that sound the same, most with the same tone."""
    chance = random.Random(f"{seed}{sentence.text}")
    alike = _alike()
    out = [chance.choice(alike.get(c, c)) if chance.random() < share else c for c in sentence.text]
    return Sentence(text="".join(out), language=sentence.language, complaint=sentence.complaint)


@lru_cache(maxsize=1)
def _alike() -> dict[str, str]:
    """Each character with what a recogniser may write for it: same syllable, same tone three times as likely."""
    rules, _ = shipped()
    usual = {c for word in rules.common_words for c in word}
    groups: dict[str, list[str]] = defaultdict(list)
    for char, syllable in rules.sounds.syllables.items():
        if char in usual:
            groups[syllable.plain].append(char)
    table = rules.sounds.syllables
    return {
        char: "".join(o * (3 if table[o].tone == syllable.tone else 1) for o in groups[syllable.plain] if o != char)
        or char
        for char, syllable in table.items()
    }
