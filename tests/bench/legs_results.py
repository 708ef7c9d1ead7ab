"""How many legs one worker holds in real time, and how late the final text is (`tests.bench.speech.delays`). By the
clock: on a busy machine these are worse."""

import asyncio
from collections.abc import Iterator

from tests.bench.result import Result, at_least, less_than, percentile
from tests.bench.speech import Delays, delays
from tests.bench.speech_corpus import Clip, english, synthetic

GOAL_LEGS = 10
GOAL_FIRST, GOAL_SECOND = 0.8, 1.2
"""Seconds, p90."""
MORE_LEGS = (14,)
"""Tried one after the other while they are held."""
SECONDS = 30.0
MANDARIN_LEGS = 2


def results() -> Iterator[Result]:
    """The goal's number of legs first; more while they are held."""
    prompts = english(2)
    found = asyncio.run(delays(prompts, GOAL_LEGS, SECONDS, "en"))
    yield _held(found, prompts)
    yield from _lateness(found, "English, two-pass")
    mandarin = asyncio.run(delays(synthetic("zh"), MANDARIN_LEGS, SECONDS, "zh"))
    yield from _lateness(mandarin, "Mandarin")


def _held(found: Delays, prompts: list[Clip]) -> Result:
    best, note = 0, _said(found)
    for legs in (0, *MORE_LEGS):
        tried = asyncio.run(delays(prompts, legs, SECONDS, "en")) if legs else found
        if not is_held(tried):
            note = f"{tried.legs} are not: {_said(tried)}"
            break
        best, note = tried.legs, _said(tried)
    return Result(
        name="legs held in real time by one worker", value=best, unit="legs a core", goal=at_least(GOAL_LEGS), note=note
    )


def is_held(found: Delays) -> bool:
    """No utterance was given up, and the first pass keeps its time."""
    return found.overloaded == 0 and percentile(found.first, 0.9) < GOAL_FIRST


def _said(found: Delays) -> str:
    first = percentile(found.first, 0.9) if found.first else 0.0
    return f"pass one takes {found.core:.2f} of a core, p90 {first:.2f} s, {found.overloaded} utterances given up"


def _lateness(found: Delays, name: str) -> Iterator[Result]:
    for label, values, goal in (("one", found.first, GOAL_FIRST), ("two", found.second, GOAL_SECOND)):
        if values:
            yield Result(
                name=f"{name}: final text after the last word, pass {label}, p90",
                value=percentile(values, 0.9),
                unit="s",
                goal=less_than(goal),
                note=f"{found.legs} legs, {len(values)} utterances, p50 {percentile(values, 0.5):.2f} s",
            )
