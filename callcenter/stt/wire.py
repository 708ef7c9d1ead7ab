"""What the pool and its worker processes say to each other. Values only; they travel pickled over a private socket."""

from dataclasses import dataclass

from callcenter.stt.choose import LanguageModels
from callcenter.stt.recognizer import Heard


@dataclass(frozen=True, slots=True, kw_only=True)
class Setup:
    """The first message to a worker: what to load."""

    streaming: bool
    """True: pass one (Vosk); False: pass two (Whisper)."""
    models: tuple[LanguageModels, ...]
    recognisers: int = 0
    """Streaming recognisers to build and warm per language."""
    threads: int = 1
    prompts: tuple[tuple[str, str], ...] = ()
    niceness: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Open:
    """Lease a recogniser for a leg."""

    leg: str
    language: str
    rate: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Feed:
    """Sound of a leg; answered with the words so far."""

    ticket: int
    leg: str
    start: float
    pcm: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Finish:
    """The leg's utterance is over; answered with the whole of it."""

    ticket: int
    leg: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Close:
    """Give the leg's recogniser back."""

    leg: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """Pass two of a whole utterance, or of its beginning (`draft`)."""

    ticket: int
    pcm: bytes
    start: float
    rate: int
    language: str
    draft: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Stop:
    """Leave."""


Request = Setup | Open | Feed | Finish | Close | Job | Stop


@dataclass(frozen=True, slots=True, kw_only=True)
class Ready:
    """Everything is loaded and warmed."""

    seconds: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Failed:
    """The worker cannot work: a model is missing or broken."""

    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """To the Feed, Finish or Job of this ticket."""

    ticket: int
    heard: Heard
    error: str = ""


Reply = Ready | Failed | Answer
