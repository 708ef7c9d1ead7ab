"""The voice-activity gate: lets speech through with a little before and after it, and says where it ends.

Pure: no clock, no I/O; times come with the frames. Only what passes here costs recognition time (speech.md §A6:
45 % of a leg's audio, and the final text 0.55 s after the last word instead of 1.5 to 5 s)."""

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass

FRAME_SECONDS = 0.02
"""webrtcvad takes frames of 10, 20 or 30 ms; AudioSocket sends 20 ms."""

IsSpeech = Callable[[bytes, int], bool]
"""Given one frame and its rate: does somebody speak?"""


@dataclass(frozen=True, slots=True, kw_only=True)
class GateConfig:
    """Defaults as measured in speech.md §A6 and §F2."""

    rate: int = 8000
    """Hertz; 8000 or 16000."""
    mode: int = 2
    """webrtcvad's aggressiveness, 0 to 3."""
    onset_frames: int = 3
    """So many speech frames …"""
    onset_window: int = 5
    """… among so many open the gate."""
    preroll_seconds: float = 0.3
    """Sound before the onset that is let through too: the first consonant."""
    hangover_seconds: float = 0.4
    """Silence that ends an utterance."""
    long_seconds: float = 10.0
    """From this length on a shorter pause ends the utterance, so that the forced cut seldom splits a word."""
    long_hangover_seconds: float = 0.12
    cut_seconds: float = 15.0
    """An utterance is cut here whatever happens."""
    chunk_seconds: float = 0.2
    """Size of the pieces handed on: Vosk works in steps of 0.2 s (speech.md §A5)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SpeechChunk:
    """A piece of an utterance."""

    start: float
    """Seconds, the time of its first sample."""
    pcm: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class SpeechEnd:
    """The utterance is over."""

    end: float
    """Seconds, when the last speech frame ended."""
    forced: bool = False
    """Cut by length: the person goes on talking."""


GateEvent = SpeechChunk | SpeechEnd


def webrtc_detector(mode: int) -> IsSpeech:
    """The detector used in production."""
    import webrtcvad

    detector: IsSpeech = webrtcvad.Vad(mode).is_speech
    return detector


class SpeechGate:
    """One leg's gate. Feed it every 20 ms frame in order; use from one thread."""

    def __init__(self, config: GateConfig | None = None, is_speech: IsSpeech | None = None) -> None:
        self._config = config or GateConfig()
        if self._config.rate not in (8000, 16000):
            raise ValueError(f"the gate takes 8000 or 16000 Hz, not {self._config.rate}")
        self._is_speech = is_speech or webrtc_detector(self._config.mode)
        self._frame_bytes = int(self._config.rate * FRAME_SECONDS) * 2
        self._before: deque[bytes] = deque(maxlen=round(self._config.preroll_seconds / FRAME_SECONDS))
        self._recent: deque[bool] = deque(maxlen=self._config.onset_window)
        self._chunk: list[bytes] = []
        self._chunk_start = 0.0
        self._started_at: float | None = None
        self._speech_end = 0.0
        self._next_at: float | None = None

    @property
    def is_open(self) -> bool:
        """Somebody is speaking."""
        return self._started_at is not None

    @property
    def frame_bytes(self) -> int:
        """The size every frame must have."""
        return self._frame_bytes

    def feed(self, frame: bytes, at: float) -> list[GateEvent]:
        """Take one frame whose first sample is at `at` seconds. Raises ValueError for a frame of another size."""
        if len(frame) != self._frame_bytes:
            raise ValueError(f"a frame has {self._frame_bytes} bytes, not {len(frame)}")
        events: list[GateEvent] = []
        if self._next_at is not None and abs(at - self._next_at) > self._config.hangover_seconds:
            events += self.flush()  # time jumped: what follows is another utterance
        self._next_at = at + FRAME_SECONDS
        speech = self._is_speech(frame, self._config.rate)
        return events + (self._continue(frame, at, speech) if self.is_open else self._listen(frame, at, speech))

    def flush(self) -> list[GateEvent]:
        """The audio is over: end what is open."""
        events = self._end(forced=False) if self.is_open else []
        self._before.clear()
        self._recent.clear()
        self._next_at = None
        return events

    def _listen(self, frame: bytes, at: float, speech: bool) -> list[GateEvent]:
        self._before.append(frame)
        self._recent.append(speech)
        if sum(self._recent) < self._config.onset_frames:
            return []
        self._chunk = list(self._before)
        self._chunk_start = self._started_at = at + FRAME_SECONDS - FRAME_SECONDS * len(self._chunk)
        self._speech_end = at + FRAME_SECONDS
        self._before.clear()
        self._recent.clear()
        return self._ready()

    def _continue(self, frame: bytes, at: float, speech: bool) -> list[GateEvent]:
        assert self._started_at is not None
        config, now = self._config, at + FRAME_SECONDS
        self._chunk.append(frame)
        if speech:
            self._speech_end = now
        length = now - self._started_at
        hangover = config.long_hangover_seconds if length > config.long_seconds else config.hangover_seconds
        # half a frame of tolerance: the times are sums of 0.02
        if now - self._speech_end >= hangover - FRAME_SECONDS / 2:
            return self._end(forced=False)
        if length >= config.cut_seconds - FRAME_SECONDS / 2:
            events = self._end(forced=True)
            self._started_at = self._chunk_start = now
            return events
        return self._ready()

    def _ready(self) -> list[GateEvent]:
        if len(self._chunk) * FRAME_SECONDS < self._config.chunk_seconds - FRAME_SECONDS / 2:
            return []
        return [self._take_chunk()]

    def _take_chunk(self) -> SpeechChunk:
        chunk = SpeechChunk(start=self._chunk_start, pcm=b"".join(self._chunk))
        self._chunk_start += FRAME_SECONDS * len(self._chunk)
        self._chunk = []
        return chunk

    def _end(self, *, forced: bool) -> list[GateEvent]:
        events: list[GateEvent] = [self._take_chunk()] if self._chunk else []
        self._started_at = None
        return [*events, SpeechEnd(end=self._speech_end, forced=forced)]
