"""What Whisper says when nobody speaks, and how to tell. Pure text and numbers.

Sources: whisper_streaming #68, faster-whisper #183/#465/#506/#843 (speech.md §B), and noise fed to the models here."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

NO_SPEECH = 0.6
"""Measured with the tight window at 8 kHz: speech stays below .26 (tiny.en and base, 100 utterances), silence, noise,
ringing, DTMF and clicks above .66. Whisper's own rule asks for a low log-probability as well; loops have a high one."""
SHAKY_NO_SPEECH = 0.3
SHAKY_LOGPROB = -0.7
LONGEST_RUN = 4
"""A word or character said more often than this in a row is a loop of the decoder."""

FROM_SUBTITLES = re.compile(
    r"字幕(由|志愿者|志願者|组|組|制作|製作|提供|by)|amara\.org|不吝点赞|不吝點贊|点赞.{0,4}订阅|明镜与点点|(谢谢|感谢)(大家)?(的)?(观看|收看|收听)"
    r"|thanks? (you )?for watching|subtitles? by|subscribe to (my|our|the) channel|transcri(bed|ption) by",
    re.IGNORECASE,
)
"""Sentences of the films Whisper was trained on; nobody says them to a dealership."""
FILLERS = frozenset({"you", "bye", "so", "thankyou", "oh", "hmm", "嗯", "啊", "谢谢", "我"})
"""What a moment of noise becomes; believed only when the decoder is sure."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Certainty:
    """How sure the decoder was."""

    no_speech: float
    """Probability that there was no speech."""
    logprob: float
    """Mean log-probability of the tokens."""


def is_hallucination(text: str, certainty: Certainty, prompt: str = "") -> bool:
    """True when the text is to be dropped."""
    bare = re.sub(r"\W+", "", text).lower()
    if not bare or FROM_SUBTITLES.search(text):
        return True
    if certainty.no_speech > NO_SPEECH:
        return True
    shaky = certainty.no_speech > SHAKY_NO_SPEECH or certainty.logprob < SHAKY_LOGPROB
    return shaky and (bare in FILLERS or (len(bare) > 3 and bare in re.sub(r"\W+", "", prompt).lower()))


def is_looping(units: Sequence[str]) -> bool:
    """A run of words (or characters) repeats itself more than LONGEST_RUN times in a row."""
    return any(_run_of(units, at, size) > LONGEST_RUN for size in range(1, 9) for at in range(len(units) - size))


def without_loops(units: Sequence[str]) -> list[int]:
    """Indices to keep so that each run stands once."""
    keep: list[int] = []
    at = 0
    while at < len(units):
        size = next((s for s in range(1, 9) if _run_of(units, at, s) > LONGEST_RUN), None)
        if size is None:
            keep.append(at)
            at += 1
        else:
            keep += range(at, at + size)
            at += size * _run_of(units, at, size)
    return keep


def _run_of(units: Sequence[str], at: int, size: int) -> int:
    """How often units[at:at+size] follows itself, counting itself."""
    count, first = 1, units[at : at + size]
    while len(first) == size and units[at + size * count : at + size * (count + 1)] == first:
        count += 1
    return count
