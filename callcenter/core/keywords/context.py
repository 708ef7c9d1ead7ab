"""Contexts that take a hit back: `unless` spans of its rule, `never` spans, and calm sentences."""

from collections.abc import Iterable, Iterator

from callcenter.core.keywords.index import Candidate, PatternSearch
from callcenter.core.keywords.normalise import SENTENCE_END
from callcenter.core.keywords.pattern import Language
from callcenter.core.keywords.rules import CalmContext, RuleSet
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
        self._turns = {c.id: PatternSearch(c.unless.get(language, ()), language) for c in rules.calm}
        self._later = {c.id: PatternSearch(c.unless_after.get(language, ()), language) for c in rules.calm}

    def warm(self) -> None:
        """Compile every pattern now."""
        searches = (self._never, self._calm, *self._unless.values(), *self._turns.values(), *self._later.values())
        for search in searches:
            search.warm()

    def standing(self, text: str, hits: Iterable[Candidate], written: str | None = None) -> list[Candidate]:
        """The hits that no context takes back.

        Args:
            written: the text before misheard words were put right, where that differs; its calm counts too.
        """
        hits = list(hits)
        if not hits:
            return []
        never = self._never.spans(text)
        calm = list(self._calm_sentences(text))
        if written is not None and written != text:
            calm += self._calm_sentences(written)
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

    def _calm_sentences(self, text: str) -> Iterator[tuple[CalmContext, tuple[int, int]]]:
        for number, span in self._calm.found(text):
            context = self._calm_contexts[number]
            start, end = self._sentence(text, span)
            turned = self._turns[context.id].spans(text[start:end])
            if not turned and not self._later[context.id].spans(text[span[1] : end]):
                yield context, (start, end)

    def _sentence(self, text: str, span: tuple[int, int]) -> tuple[int, int]:
        start = text.rfind(self._end, 0, span[0]) + 1
        end = text.find(self._end, span[1])
        return start, len(text) if end < 0 else end


def _overlaps(hit: Candidate, spans: Iterable[tuple[int, int]]) -> bool:
    return any(start < hit.end and hit.start < end for start, end in spans)
