"""Find keyword rules in what somebody said: normalise, match, and drop what the context takes back."""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from functools import lru_cache

from callcenter.core.flags import Flag
from callcenter.core.keywords.context import ContextTest
from callcenter.core.keywords.index import Candidate, RuleIndex
from callcenter.core.keywords.negation import ChineseNegationTest, EnglishNegationTest
from callcenter.core.keywords.normalise import ChineseNormaliser, EnglishNormaliser
from callcenter.core.keywords.pattern import Language
from callcenter.core.keywords.respell import Respeller
from callcenter.core.keywords.rules import KeywordRule, RuleSet
from callcenter.core.keywords.signs import SignTest
from callcenter.core.keywords.why import why
from callcenter.core.transcript import Speaker


class _Side:
    """Everything needed for one language and one side of the conversation."""

    def __init__(self, rules: RuleSet, language: Language, speaker: Speaker) -> None:
        heard_from = Speaker.AGENT if speaker is Speaker.AGENT else Speaker.CUSTOMER
        own = [r for r in rules.rules if r.category.speaker is heard_from]
        self._index = RuleIndex(own, language)
        words = {w for r in own if r.sound for p in r.patterns.get(language, ()) for w in p.words}
        self._respell = Respeller(words, rules.sounds, rules.common_words)
        self._signs = [SignTest(r, r.signs, language) for r in own if r.signs]
        self._context = ContextTest(rules, language, speaker)
        self._negated = (
            ChineseNegationTest(rules.zh_negation)
            if language is Language.ZH
            else EnglishNegationTest(rules.en_negation)
        )

    def warm(self) -> None:
        """Compile every pattern now."""
        self._index.warm()
        self._context.warm()
        for test in self._signs:
            test.warm()

    def find(self, text: str) -> list[Candidate]:
        """Hits that stand, one per stretch of text and rule, in the order of the text."""
        found = list(self._index.find(text))
        respelt, changed = self._respell(text, [(c.start, c.end) for c in found])
        if changed:
            found = list(_heard(self._index.find(respelt), changed))
        kept = [c for c in self._context.standing(respelt, found, text) if not self._denied(c, respelt)]
        if not any(c.rule.severity > 1 for c in kept):
            signs = [c for test in self._signs for c in test.find(respelt)]
            kept.extend(self._context.standing(respelt, signs, text))
        named = any(c.rule.severity > 1 for c in kept if not c.rule.fallback)
        return _one_per_stretch(c for c in kept if not (named and c.rule.fallback))

    def _denied(self, hit: Candidate, text: str) -> bool:
        return hit.rule.negatable and self._negated(text, hit.start, hit.end)


def _heard(hits: Iterable[Candidate], changed: frozenset[int]) -> Iterator[Candidate]:
    """Hits in respelt text: those on too many changed characters dropped (half of them in a rule that names
    the matter, a third in a general frame)."""
    for hit in hits:
        wrong = len(changed.intersection(range(hit.start, hit.end)))
        share = 3 if hit.rule.fallback else 2
        if not wrong:
            yield hit
        elif hit.rule.sound and share * wrong <= hit.end - hit.start:
            yield replace(hit, by_sound=True)


def _one_per_stretch(hits: Iterable[Candidate]) -> list[Candidate]:
    """Overlapping hits of one rule count once: as written before by sound, then the longest."""
    best_first = sorted(hits, key=lambda c: (c.by_sound, c.start - c.end, c.start))
    kept: list[Candidate] = []
    for hit in best_first:
        if not any(k.rule is hit.rule and k.start < hit.end and hit.start < k.end for k in kept):
            kept.append(hit)
    return sorted(kept, key=lambda c: (c.start, -c.rule.severity, c.rule.id))


class KeywordSpotter:
    """Finds flags in text. Stateless after construction and safe to use from several threads."""

    def __init__(self, rules: RuleSet) -> None:
        self._rules = rules
        self._zh = ChineseNormaliser(rules.same.get(Language.ZH, {}), rules.fillers.get(Language.ZH, ()))
        self._en = EnglishNormaliser(rules.same.get(Language.EN, {}), rules.fillers.get(Language.EN, ()))
        self._side = lru_cache(maxsize=None)(self._make_side)

    def _make_side(self, language: Language, speaker: Speaker) -> _Side:
        return _Side(self._rules, language, speaker)

    def warm(self, languages: Iterable[str] = tuple(Language)) -> None:
        """Build the tables and compile the patterns that calls would otherwise build on their first sentence.

        Takes about a second of processor time a language; call it once at start, in a thread.

        Args:
            languages: those that calls are expected in (`zh`, `en`).
        """
        for language in languages:
            for speaker in Speaker:
                self._side(Language(language), speaker).warm()

    def rule(self, rule_id: str) -> KeywordRule | None:
        """The rule a flag came from, for its titles and advice; None when the files no longer have it."""
        return next((r for r in self._rules.rules if r.id == rule_id), None)

    def spot(self, text: str, *, language: str, speaker: Speaker) -> tuple[Flag, ...]:
        """Flags in the order of the text; offsets point into `text` as given.

        Args:
            language: `zh`, `en` or a longer tag that begins so (`zh-TW`); anything else goes by the script.
            speaker: an unknown speaker is judged as a customer, with the agent's harmless phrases kept.
        """
        chosen = _language(text, language)
        normalised = (self._zh if chosen is Language.ZH else self._en)(text)
        hits = self._side(chosen, speaker).find(normalised.text)
        flags: list[Flag] = []
        for hit in hits:
            start, end = normalised.original_span(hit.start, hit.end)
            flags.append(_flag(hit, text[start:end], start, end, speaker))
        return tuple(flags)


def _language(text: str, tag: str) -> Language:
    lead = tag[:2].lower()
    if lead in (Language.ZH, Language.EN):
        return Language(lead)
    return Language.ZH if any("\u3400" <= c <= "\u9fff" for c in text) else Language.EN


def _flag(hit: Candidate, matched: str, start: int, end: int, speaker: Speaker) -> Flag:
    return Flag(
        rule=hit.rule.id,
        category=hit.rule.category.id,
        severity=hit.rule.severity,
        actions=hit.rule.actions,
        matched=matched,
        start=start,
        end=end,
        speaker=speaker,
        why=why(hit, matched),
        by_sound=hit.by_sound,
    )
