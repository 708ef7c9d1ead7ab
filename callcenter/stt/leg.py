"""One leg's utterances on their way through both passes: numbering, sound kept for pass two, which text stands.

Pure."""

from dataclasses import dataclass, field

from callcenter.core.transcript import Partial, Speaker, Utterance
from callcenter.stt.choose import LanguageModels
from callcenter.stt.recognizer import NOTHING, SAMPLE_BYTES, Heard

LONGEST_SECONDS = 28.0
"""Whisper's window is 30 s; the gate cuts at 15, so this is only for callers without a gate."""
TRUSTED_CONFIDENCE = 0.6
TRUSTED_WORDS = 2
"""Pass one's text outlives a second pass that heard nothing only if it is this long and this sure: on noise Vosk says
"the" or "huh"."""


@dataclass(slots=True, kw_only=True)
class Spoken:
    """One utterance in work."""

    seq: int
    start: float
    audio: bytearray = field(default_factory=bytearray)
    end: float = 0.0
    first: bool
    """Pass one runs (or ran) for it."""
    second: bool
    """Pass two is to run."""
    first_heard: Heard | None = None
    second_heard: Heard | None = None
    second_over: bool = False
    """Pass two answered or was given up."""
    sent: Utterance | None = None
    """What was delivered last."""
    partial: str = ""
    drafted_bytes: int = 0
    is_over: bool = False

    @property
    def is_complete(self) -> bool:
        """Nothing more will come."""
        return (not self.first or self.first_heard is not None) and (not self.second or self.second_over)


@dataclass(slots=True, kw_only=True)
class LegState:
    """One leg."""

    leg: str
    group: str
    speaker: Speaker
    models: LanguageModels
    rate: int
    second_pass: bool
    """Pass two is wanted and there is a model for it."""
    worker: int | None
    """Which streaming worker holds its recogniser; None = no pass one."""
    seq: int = 0
    current: Spoken | None = None
    finishing: dict[int, Spoken] = field(default_factory=dict)
    is_closing: bool = False
    skipping: bool = False
    """The utterance being spoken is not recognised: the box is too busy."""

    def begin(self, start: float, *, first: bool, second: bool) -> Spoken:
        """A new utterance."""
        self.seq += 1
        self.current = Spoken(seq=self.seq, start=start, first=first, second=second)
        return self.current

    def end(self, at: float) -> Spoken | None:
        """The current utterance is over."""
        spoken, self.current = self.current, None
        if spoken is not None:
            spoken.is_over = True
            spoken.end = min(max(at, spoken.start), spoken.start + self.seconds(len(spoken.audio)))
            self.finishing[spoken.seq] = spoken
        return spoken

    def find(self, seq: int) -> Spoken | None:
        """An utterance in work."""
        if self.current is not None and self.current.seq == seq:
            return self.current
        return self.finishing.get(seq)

    def in_work(self) -> list[Spoken]:
        """Every utterance that is not complete, oldest first."""
        return [*self.finishing.values(), *([self.current] if self.current else [])]

    def seconds(self, size: int) -> float:
        """Length of so many bytes."""
        return size / SAMPLE_BYTES / self.rate

    def partial(self, spoken: Spoken) -> Partial:
        return Partial(seq=spoken.seq, speaker=self.speaker, start=spoken.start, text=spoken.partial)

    def settle(self, spoken: Spoken) -> Utterance | None:
        """What is to be delivered now, if anything new; forgets the utterance when it is complete.

        An empty text takes back what was shown of this utterance."""
        if spoken.is_over and spoken.is_complete:
            self.finishing.pop(spoken.seq, None)
        text = self._standing_text(spoken)
        if text is None:
            return None
        heard, by_second = text
        if spoken.sent is None and not heard.text and not spoken.partial:
            return None
        revision = 2 if by_second and spoken.first else 1
        if spoken.sent is not None and (spoken.sent.revision >= revision or spoken.sent.text == heard.text == ""):
            return None
        spoken.sent = self._utterance(spoken, heard, revision, by_second=by_second)
        return spoken.sent

    def _standing_text(self, spoken: Spoken) -> tuple[Heard, bool] | None:
        """(text, from pass two), None when it is not known yet."""
        first = spoken.first_heard
        if spoken.second_heard is not None and spoken.second_heard.text:
            return spoken.second_heard, True
        if spoken.second_heard is not None:
            if spoken.first and first is None:
                return None  # pass one may have heard what pass two did not
            return (first, False) if first is not None and _is_trusted(first) else (spoken.second_heard, True)
        if spoken.second and not spoken.second_over:
            return (first, False) if first is not None and first.text else None
        return (first or NOTHING, False) if spoken.is_over and spoken.is_complete else None

    def _utterance(self, spoken: Spoken, heard: Heard, revision: int, *, by_second: bool) -> Utterance:
        model = self.models.whisper if by_second else self.models.vosk
        return Utterance(
            seq=spoken.seq,
            revision=revision,
            speaker=self.speaker,
            start=round(heard.words[0].start if heard.words else spoken.start, 2),
            end=round(max(heard.words[-1].end, heard.words[0].start) if heard.words else spoken.end, 2),
            text=heard.text,
            words=heard.words,
            confidence=heard.confidence,
            language=self.models.language,
            engine="whisper" if by_second else "vosk",
            model=model.id if model else "",
        )


def _is_trusted(heard: Heard) -> bool:
    return len(heard.words) >= TRUSTED_WORDS and (heard.confidence or 0.0) >= TRUSTED_CONFIDENCE
