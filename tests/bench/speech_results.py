"""The recognisers' figures (`tests.bench.speech`) with their goals: errors and cost, by CPU time."""

import asyncio
from collections.abc import Iterator

from tests.bench.result import Of, Result, at_least, at_most
from tests.bench.speech import accuracy, cost, engines
from tests.bench.speech_corpus import english, synthetic

EVERY_NTH_PROMPT = 4
EVERY_NTH_TURN = 2
COST_EVERY_NTH_PROMPT = 8
"""All of it takes a quarter of an hour; `python -m tests.bench.speech` does that."""
TWO_PASS = "two-pass"
MANDARIN_LIVE = "tight window"
"""In the engine's name: how Mandarin is recognised live, where no Vosk model of it is installed."""


def results() -> Iterator[Result]:
    """English, Mandarin, then the pool beside the raw library."""
    yield from _english()
    yield from _mandarin()
    found = asyncio.run(cost(english(COST_EVERY_NTH_PROMPT)))
    yield Result(
        name="live legs per core: our worker",
        value=found.pool_cpu,
        unit="s of CPU a second of speech",
        ratio=found.ratio,
        beside="a bare Vosk loop on the same gated audio",
        goal=at_least(0.95, Of.RATIO),
    )


def _english() -> Iterator[Result]:
    clips = english(EVERY_NTH_PROMPT)
    rows = {name: accuracy(clips, name, way, words=True) for name, way in engines("en").items()}
    seconds = sum(clip.seconds for clip in clips)
    for name, row in rows.items():
        goal = at_most(6.0) if name == TWO_PASS else None
        note = f"{len(clips)} Asterisk prompts, {seconds:.0f} s" if goal else ""
        yield Result(name=f"English, {name}: word errors", value=100 * row.errors, unit="%", goal=goal, note=note)
    for name, row in rows.items():
        yield Result(
            name=f"English, {name}: real-time factor",
            value=row.cpu,
            unit="s of CPU a second of speech",
            ratio=row.cpu / rows["vosk"].cpu,
            beside="Vosk alone",
            goal=at_most(1.6, Of.RATIO) if name == TWO_PASS else None,
        )


def _mandarin() -> Iterator[Result]:
    clips = synthetic("zh")[::EVERY_NTH_TURN]
    for name, way in engines("zh").items():
        row = accuracy(clips, name, way, words=False)
        live = name.endswith(MANDARIN_LIVE) or name == TWO_PASS
        yield Result(
            name=f"Mandarin, {name}: character errors",
            value=100 * row.errors,
            unit="%",
            goal=at_most(22.0) if live else None,
            note=f"{len(clips)} synthetic turns; {row.cpu:.3f} s of CPU a second of speech",
        )
