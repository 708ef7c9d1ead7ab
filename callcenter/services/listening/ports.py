"""What live listening needs from outside, as Protocols: the PBX, the audio server, the recognisers, the
rules, the transcript. Tests bring fakes that remember."""

from typing import Any, Literal, Protocol
from uuid import UUID

from callcenter.ami.action import SafeAction
from callcenter.ami.messages import Message
from callcenter.core.flags import Flag
from callcenter.core.transcript import Partial, Speaker, Utterance

OutputKind = Literal["partial", "utterance", "marked", "closed", "failed"]


class Sender(Protocol):
    """`ami.link.AmiLink`, as far as it is needed here."""

    async def send(self, action: SafeAction, within: float | None = None) -> Message:
        """Send and await the answer. Raises a CallcenterError."""


class AudioServer(Protocol):
    """`audio.server.AudioSocketServer`."""

    @property
    def port(self) -> int:
        """Where it listens."""

    async def start(self) -> None:
        """Listen."""

    def expect(self, stream: UUID, origin: float) -> None:
        """Accept a stream once."""

    def forget(self, stream: UUID) -> None:
        """Accept it no longer, close it."""

    async def aclose(self) -> None:
        """Stop."""


class Heard(Protocol):
    """`stt.pool.LegOutput`: something the recognisers said about one leg."""

    @property
    def leg(self) -> str:
        """The key it was opened with."""

    @property
    def kind(self) -> OutputKind:
        """`partial`, `utterance`, `marked` (a hole), `closed` (nothing more will come), `failed`."""

    @property
    def partial(self) -> Partial | None:
        """Words so far."""

    @property
    def utterance(self) -> Utterance | None:
        """Finished words."""

    @property
    def lag_seconds(self) -> float:
        """How far recognition is behind the sound."""

    @property
    def note(self) -> str:
        """What was marked or failed."""


class LoadStatus(Protocol):
    """`stt.pool_types.PoolStatus`, as far as it is needed here."""

    @property
    def load(self) -> int:
        """What the pool gives up for now (`stt.ladder.Load`): 1 = corrections, 2 = agents' legs, 3 = all text."""


class LivePool(Protocol):
    """`stt.pool.SpeechPool`."""

    async def start(self) -> None:
        """Load. Raises Unavailable when a model is missing."""

    def open(
        self,
        leg: str,
        *,
        language: str,
        speaker: Speaker,
        rate: int = 8000,
        first_pass: bool = True,
        second_pass: bool = True,
        group: str = "",
    ) -> bool:
        """Begin a leg; False when the box is full. Legs of one `group` share the limit of partials a second."""

    def feed(self, leg: str, pcm: bytes, start: float) -> None:
        """Speech, the first sample at `start` call seconds."""

    def endpoint(self, leg: str, end: float) -> None:
        """The utterance is over."""

    def close(self, leg: str) -> None:
        """No more audio; what is pending still comes, then `closed`."""

    def status(self) -> LoadStatus:
        """The pool now."""

    async def aclose(self) -> None:
        """Stop."""


class Spotter(Protocol):
    """`core.keywords.KeywordSpotter`."""

    def spot(self, text: str, *, language: str, speaker: Speaker) -> tuple[Flag, ...]:
        """The flags of one text."""


class TranscriptSink(Protocol):
    """`services.live_transcript.LiveTranscript`. Called in one thread of its own, in order; may block."""

    def partial(self, call_key: str, leg_key: str, partial: Partial) -> None:
        """Words that may still change."""

    def utterance(self, call_key: str, leg_key: str, utterance: Utterance, flags: tuple[Flag, ...]) -> None:
        """Finished words or their correction. The flags replace those given with an earlier revision."""

    def first_seq(self, call_key: str, leg_key: str) -> int:
        """The first utterance number that is free on this leg: a restarted listener goes on from there."""

    def listening(self, call_key: str, state: dict[str, Any]) -> None:
        """How well the call is heard (`ListeningState.as_dict`)."""


class AlertSink(Protocol):
    """Who shows an alert before the utterance is final. Called like TranscriptSink."""

    def early(self, call_key: str, leg_key: str, seq: int, flag: Flag, at_seconds: float) -> None:
        """A strong hit stood in two partials in a row. The utterance's own flags confirm it, or it is
        retracted."""

    def retract(self, call_key: str, leg_key: str, seq: int, rule: str) -> None:
        """The final text does not hold what the partials seemed to say."""
