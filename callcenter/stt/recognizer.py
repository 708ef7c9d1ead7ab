"""What a recogniser is: one streaming pass while somebody speaks, one second pass when the utterance is over.

Engines stand behind these Protocols; the pool, the batch transcriber and the tests' scripted recogniser use them."""

from dataclasses import dataclass
from typing import Protocol

from callcenter.core.errors import BadInput
from callcenter.core.transcript import Word

RATES = (8000, 16000)
"""Hertz accepted everywhere. Vosk hangs for ever at rate 0 and aborts on a negative one (speech.md §A8)."""

SAMPLE_BYTES = 2


class BadAudio(BadInput):
    """Audio that must not reach an engine: an odd number of bytes, or a rate we do not take."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Heard:
    """What an engine made of one stretch of speech. Times in call seconds."""

    text: str
    words: tuple[Word, ...] = ()
    confidence: float | None = None
    """0 to 1."""


NOTHING = Heard(text="")


class StreamingPass(Protocol):
    """Pass one of one leg, used by one thread. Utterances follow one another on the same stream."""

    def feed(self, pcm: bytes, start: float) -> str:
        """Take 16-bit mono samples, the first at `start` call seconds; returns the words of the utterance so far."""

    def finish(self) -> Heard:
        """The utterance is over."""

    def close(self) -> None:
        """Give the recogniser back."""


class StreamingEngine(Protocol):
    """A loaded model that opens streams."""

    def open(self, rate: int) -> StreamingPass:
        """A stream at 8000 or 16000 Hz."""


class UtteranceEngine(Protocol):
    """Pass two: a whole utterance at once."""

    def transcribe(self, pcm: bytes, start: float, *, rate: int, language: str, draft: bool = False) -> Heard:
        """16-bit mono samples of one utterance; NOTHING when there is no speech in them.

        `draft` asks for speed: the utterance is not over yet."""


def check_audio(pcm: bytes, rate: int) -> bytes:
    """The samples as bytes. Raises BadAudio: half a sample would shift everything after it (speech.md §A8)."""
    check_rate(rate)
    if len(pcm) % SAMPLE_BYTES:
        raise BadAudio(f"16-bit audio has an even number of bytes, not {len(pcm)}")
    return bytes(pcm)


def check_rate(rate: int) -> int:
    """Raises BadAudio."""
    if rate not in RATES:
        raise BadAudio(f"audio must have a rate of 8000 or 16000 Hz, not {rate}")
    return rate
