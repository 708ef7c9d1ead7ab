"""One leg that is listened to: its sound cut into frames, through the gate, to the recognisers."""

from dataclasses import dataclass, replace

from callcenter.audio.gate import FRAME_SECONDS, GateConfig, IsSpeech, SpeechChunk, SpeechEnd, SpeechGate
from callcenter.core.transcript import Partial, Speaker, Utterance, Word
from callcenter.services.listening.ports import LivePool
from callcenter.services.listening.state import LegState

RATE = 8_000
_BYTES_A_SECOND = 2 * RATE
_MARK_SHOWN_SECONDS = 60.0
_CORRECTIONS_GIVEN_UP, _AGENTS_GIVEN_UP, _ALL_GIVEN_UP = 1, 2, 3


@dataclass(slots=True, eq=False, kw_only=True)
class HeardLeg:
    """Mutable. `base` is the loop time from which its seconds count: the start of its call when it was first
    armed. Should the leg move to another call, its words are shifted on their way out."""

    leg_id: str
    channel: str
    call_id: str
    speaker: Speaker
    is_agent: bool
    base: float
    language: str = ""
    joined_at: float | None = None
    """Loop time."""
    sounding: bool = False
    silent_since: float = 0.0
    """Loop time since when no tap is up."""
    uncovered: float = 0.0
    """Seconds since it joined that nobody listened to, without the stretch that goes on now."""
    deaf_since: float | None = None
    """Loop time since when nobody listens."""
    pool_key: str = ""
    """Empty while the recognisers do not take it."""
    shift: float = 0.0
    """Added to its seconds to get its call's."""
    has_no_model: bool = False
    """No recogniser knows its language."""
    has_left: bool = False
    second_pass: bool = False
    corrects: bool = False
    marked_at: float | None = None
    """Loop time when the recognisers left something out."""
    overload_logged: bool = False
    lag_seconds: float = 0.0
    gate: SpeechGate | None = None
    carry: bytes = b""

    @property
    def is_recognised(self) -> bool:
        """The recognisers take it."""
        return bool(self.pool_key)

    def join(self, now: float) -> None:
        """It talks from now on."""
        if self.joined_at is None:
            self.joined_at = self.silent_since = now
            self.deaf_since = now
        self.note_coverage(now)

    def move(self, call_id: str, origin: float) -> None:
        """It belongs to this call, which began at the loop's time `origin`."""
        self.call_id, self.shift = call_id, self.base - origin

    def opened(self, key: str, now: float, *, second_pass: bool, corrects: bool) -> None:
        """The recognisers take it."""
        self.pool_key, self.second_pass, self.corrects = key, second_pass, corrects
        self.note_coverage(now)

    def closed(self, now: float) -> str:
        """The recognisers are to let it go; the key to close."""
        key, self.pool_key = self.pool_key, ""
        self.note_coverage(now)
        return key

    def tap(self, *, up: bool, now: float) -> None:
        """Its sound comes, or stopped."""
        self.sounding = up
        if not up:
            self.silent_since = now
        self.note_coverage(now)

    def note_coverage(self, now: float) -> None:
        """Start or stop counting what nobody listens to."""
        if self.joined_at is None:
            return
        listening = self.sounding and self.is_recognised
        if listening and self.deaf_since is not None:
            self.uncovered += now - self.deaf_since
            self.deaf_since = None
        elif not listening and self.deaf_since is None:
            self.deaf_since = now

    def coverage(self, now: float) -> float:
        """Share of its talking time that was listened to, 0 to 1."""
        if self.joined_at is None or now <= self.joined_at:
            return 1.0
        missed = self.uncovered + (now - self.deaf_since if self.deaf_since is not None else 0.0)
        return max(0.0, 1 - missed / (now - self.joined_at))

    def state(self, now: float, load: int = 0) -> LegState:
        """For the state of the call, while the pool gives up what `load` says (`LoadStatus.load`)."""
        given_up = load >= _ALL_GIVEN_UP or (load >= _AGENTS_GIVEN_UP and self.is_agent)
        return LegState(
            speaker=self.speaker,
            recognised=self.is_recognised and not given_up,
            second_pass=self.second_pass and load < _CORRECTIONS_GIVEN_UP,
            corrects=self.corrects,
            sounding=self.sounding,
            waited_seconds=now - self.silent_since if self.joined_at is not None else 0.0,
            coverage=self.coverage(now),
            lag_seconds=self.lag_seconds,
            marked=self.marked_at is not None and now - self.marked_at < _MARK_SHOWN_SECONDS,
            has_no_model=self.has_no_model,
        )


class LegEar:
    """Feeds sound through a leg's gate into the pool."""

    def __init__(self, pool: LivePool, config: GateConfig, is_speech: IsSpeech | None = None) -> None:
        self._pool = pool
        self._config = config
        self._is_speech = is_speech

    def hear(self, leg: HeardLeg, pcm: bytes, start: float) -> None:
        """Sound of a leg that the recognisers take; `start` in seconds since its base."""
        if leg.gate is None:
            leg.gate = SpeechGate(self._config, self._is_speech)
        at = start - len(leg.carry) / _BYTES_A_SECOND
        data = leg.carry + pcm
        size = leg.gate.frame_bytes
        whole = len(data) - len(data) % size
        for offset in range(0, whole, size):
            self._pass_on(leg, leg.gate.feed(data[offset : offset + size], at))
            at += FRAME_SECONDS
        leg.carry = data[whole:]

    def end(self, leg: HeardLeg) -> None:
        """The sound is over: end the utterance that is open."""
        leg.carry = b""
        if leg.gate is not None:
            self._pass_on(leg, leg.gate.flush())

    def _pass_on(self, leg: HeardLeg, events: list[SpeechChunk | SpeechEnd]) -> None:
        for event in events:
            if isinstance(event, SpeechChunk):
                self._pool.feed(leg.pool_key, event.pcm, event.start)
            else:
                self._pool.endpoint(leg.pool_key, event.end)


def shifted(utterance: Utterance, seconds: float, seq: int) -> Utterance:
    """The utterance on its call's clock and in its leg's numbering."""
    return replace(
        utterance,
        seq=seq,
        start=max(utterance.start + seconds, 0.0),
        end=max(utterance.end + seconds, 0.0),
        words=tuple(_shifted_word(word, seconds) for word in utterance.words) if seconds else utterance.words,
    )


def shifted_partial(partial: Partial, seconds: float, seq: int) -> Partial:
    """The same for words that may still change."""
    return replace(partial, seq=seq, start=max(partial.start + seconds, 0.0))


def _shifted_word(word: Word, seconds: float) -> Word:
    return replace(word, start=max(word.start + seconds, 0.0), end=max(word.end + seconds, 0.0))
