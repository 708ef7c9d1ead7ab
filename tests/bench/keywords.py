"""Keyword rules: characters a second, beside one plain regular expression of all patterns without normalising,
misheard words, negation or contexts."""

import re
import time
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path

import yaml

from callcenter.core.keywords import KeywordSpotter
from callcenter.core.keywords.pattern import Language
from callcenter.core.keywords.regex import to_regex
from callcenter.core.keywords.rules import RuleSet
from callcenter.core.transcript import Speaker
from callcenter.services.keyword_rules import load_rules
from tests.bench.result import Result, at_least

SETS = Path(__file__).parents[1] / "core" / "keywords" / "sets"
GOAL = 200_000.0
ROUNDS = 5


def utterances(language: Language) -> list[str]:
    """Every labelled sentence of a language; half are complaints, far more than in a call."""
    found: list[str] = []
    for path in sorted(SETS.glob("*.yaml")):
        content = yaml.safe_load(path.read_text(encoding="utf-8"))
        if content["lang"] == language:
            found += [*content["complaints"], *content["ordinary"]]
    return found


def characters_per_second(texts: Sequence[str], work: Callable[[str], object]) -> float:
    """The best of some rounds, by CPU time; the first round warms."""
    best = 0.0
    for number in range(ROUNDS + 1):
        began = time.process_time()
        for text in texts:
            work(text)
        spent = time.process_time() - began
        if number:
            best = max(best, sum(map(len, texts)) / spent)
    return best


def plain_alternation(rules: RuleSet, language: Language) -> re.Pattern[str]:
    """All patterns joined with `|`."""
    patterns = [p for r in rules.rules for p in r.patterns.get(language, ())]
    return re.compile("|".join(to_regex(p.node, language) for p in patterns))


def results() -> Iterator[Result]:
    """Both languages and the time to load."""
    began = time.process_time()
    rules = load_rules()
    yield Result(name="load the shipped rules", value=time.process_time() - began, unit="s of CPU")
    spotter = KeywordSpotter(rules)
    for language in Language:
        texts = utterances(language)
        plain = plain_alternation(rules, language)
        ours = characters_per_second(texts, partial(spotter.spot, language=language, speaker=Speaker.CUSTOMER))
        peer = characters_per_second(texts, plain.findall)
        yield Result(
            name=f"flags in text, {language.value}",
            value=ours,
            unit="characters/s of CPU",
            ratio=ours / peer,
            beside="one regular expression of all patterns",
            goal=at_least(GOAL),
            note=f"{len(texts)} utterances",
        )


def run() -> None:
    """Print the figures."""
    for result in results():
        ratio = f"  {result.ratio:.2f} x {result.beside}" if result.ratio else ""
        print(f"{result.name}: {result.value:,.2f} {result.unit}{ratio}  {result.note}")


if __name__ == "__main__":
    run()
