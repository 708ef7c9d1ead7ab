"""What was said: words, utterances, partials. Times are seconds since the leg's audio began to count, which
is the start of the call for live legs and the start of the file for recordings."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum


class Speaker(StrEnum):
    """Who speaks. A mono file's speaker is unknown."""

    CUSTOMER = "customer"
    AGENT = "agent"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True, kw_only=True)
class Word:
    """One recognised word."""

    text: str
    start: float
    """Seconds."""
    end: float
    confidence: float | None = None
    """0 to 1; None when the engine does not say."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Utterance:
    """One finished stretch of speech by one speaker. A later revision of the same `seq` replaces the earlier."""

    seq: int
    """Counts from 1 within its leg or file."""
    revision: int = 1
    """1 = first pass, 2 = corrected by the second pass."""
    speaker: Speaker
    start: float
    end: float
    text: str
    words: tuple[Word, ...] = ()
    confidence: float | None = None
    language: str = ""
    """`en` or `zh`."""
    engine: str = ""
    model: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Partial:
    """Words heard so far in an unfinished utterance; shown, never stored."""

    seq: int
    speaker: Speaker
    start: float
    text: str


def in_time_order(utterances: Iterable[Utterance]) -> list[Utterance]:
    """Both legs' utterances as one transcript: by start, the customer first when two begin together."""
    return sorted(utterances, key=lambda u: (u.start, u.speaker is not Speaker.CUSTOMER, u.seq))
