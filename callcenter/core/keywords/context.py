"""Contexts that take a hit back: `unless` spans of its rule, `never` spans, and calm sentences."""

from collections.abc import Iterable

from callcenter.core.keywords.index import Candidate, PatternSearch
from callcenter.core.keywords.normalise import SENTENCE_END
from callcenter.core.keywords.pattern import Language
from callcenter.core.keywords.rules import RuleSet
from callcenter.core.transcript import Speaker

_SCOPES = {
    Speaker.CUSTOMER: ("any", "customer"),
    Speaker.AGENT: ("any", "agent"),
    Speaker.UNKNOWN: ("any", "customer", "agent"),
}


class ContextTest:
    """The contexts of one language and one side of the conversation."""

    def __init__(self, rules: RuleSet, language: Language, speaker: Speaker) -> None:
        never = [p for scope in _SCOPES[speaker] for p in rules.never.get(scope, {}).get(language, ())]
        self._end = SENTENCE_END if language is Language.ZH else "."
        self._never = PatternSearch(never, language)
        self._unless = {
            r.id: PatternSearch(r.unless[language], language) for r in rules.rules if r.unless.get(language)
        }
        calm = [(c, p) for c in rules.calm for p in c.patterns.get(language, ())]
        self._calm_contexts = [context for context, _ in calm]
        self._calm = PatternSearch([pattern for _, pattern in calm], language)

    def standing(self, text: str, hits: Iterable[Candidate]) -> list[Candidate]:
        """The hits that no context takes back."""
        hits = list(hits)
        if not hits:
            return []
        never = self._never.spans(text)
        calm = [(self._calm_contexts[number], self._sentence(text, span)) for number, span in self._calm.found(text)]
        unless: dict[str, list[tuple[int, int]]] = {}
        kept: list[Candidate] = []
        for hit in hits:
            rule = hit.rule
            if rule.id not in unless:
                index = self._unless.get(rule.id)
                unless[rule.id] = index.spans(text) if index else []
            if _overlaps(hit, never) or _overlaps(hit, unless[rule.id]):
                continue
            if _overlaps(hit, [span for c, span in calm if c.concerns(rule)]):
                continue
            kept.append(hit)
        return kept

    def _sentence(self, text: str, span: tuple[int, int]) -> tuple[int, int]:
        start = text.rfind(self._end, 0, span[0]) + 1
        end = text.find(self._end, span[1])
        return start, len(text) if end < 0 else end


def _overlaps(hit: Candidate, spans: Iterable[tuple[int, int]]) -> bool:
    return any(start < hit.end and hit.start < end for start, end in spans)
