"""Fakes that remember, for the live listener: PBX, pool, rules, transcript, and a script of call events."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from callcenter.ami.action import SafeAction
from callcenter.ami.messages import Message
from callcenter.core.call_record import CallRecord, Direction
from callcenter.core.errors import CallcenterError, Unavailable
from callcenter.core.events import CallEnded, CallMerged, LegJoined, LegLeft, LegRinging
from callcenter.core.flags import Flag
from callcenter.core.transcript import Partial, Speaker, Utterance
from callcenter.services.listening.ports import Heard, OutputKind
from callcenter.services.listening.taps import Taps
from tests import events

STARTED = 1_795_000_000.0


@dataclass
class FakePbx:
    """Answers every action; `connect` dials the fake server when a tap is asked for, as the PBX would."""

    sent: list[SafeAction] = field(default_factory=list)
    error: CallcenterError | None = None
    connects: bool = True
    server: "FakeAudioServer | None" = None
    answer: dict[str, str] = field(default_factory=lambda: {"Response": "Success"})

    async def send(self, action: SafeAction, within: float | None = None) -> Message:
        self.sent.append(action)
        await asyncio.sleep(0)
        if self.error is not None:
            raise self.error
        if action.name == "Originate" and self.connects and self.server is not None:
            self.server.dial(UUID(action.keys["Channel"].rsplit("/", 1)[1]))
        return Message(dict(self.answer))

    def tapped(self) -> list[str]:
        """The channels that taps were asked for, in order."""
        return [a.keys["Data"].split(",")[0] for a in self.sent if a.name == "Originate"]


class FakeAudioServer:
    """The audio server without sockets."""

    def __init__(self, taps: Taps) -> None:
        self.taps = taps
        self.port = 9092
        self.expected: dict[UUID, float] = {}
        self.open_streams: list[UUID] = []
        self.started = self.stopped = False

    async def start(self) -> None:
        self.started = True

    def expect(self, stream: UUID, origin: float) -> None:
        self.expected[stream] = origin

    def forget(self, stream: UUID) -> None:
        self.expected.pop(stream, None)
        if stream in self.open_streams:
            self.open_streams.remove(stream)

    async def aclose(self) -> None:
        self.stopped = True

    def dial(self, stream: UUID) -> None:
        """The PBX connects."""
        if self.expected.pop(stream, None) is not None:
            self.open_streams.append(stream)
            self.taps.opened(stream)

    def hang_up(self, stream: UUID, why: str = "hangup") -> None:
        """The PBX ends the tap."""
        self.open_streams.remove(stream)
        self.taps.closed(stream, why)

    def say(self, stream: UUID, pcm: bytes, start: float) -> None:
        """A party speaks."""
        self.taps.audio(stream, pcm, start)


@dataclass(frozen=True)
class Said:
    """A LegOutput."""

    leg: str
    kind: OutputKind
    partial: Partial | None = None
    utterance: Utterance | None = None
    lag_seconds: float = 0.1
    note: str = ""


class FakePool:
    """Takes `room` legs (`corrected` of them with a second pass) and says what the test tells it to."""

    def __init__(self, deliver: Callable[[Heard], None], room: int = 100, corrected: int = 100) -> None:
        self.deliver = deliver
        self.room, self.corrected = room, corrected
        self.legs: dict[str, dict[str, Any]] = {}
        self.opened: list[str] = []
        self.audio: dict[str, list[tuple[bytes, float]]] = {}
        self.endpoints: list[tuple[str, float]] = []
        self.missing: Unavailable | None = None
        self.load = 0
        self.stopped = False

    async def start(self) -> None:
        if self.missing:
            raise self.missing

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
        taken = sum(1 for facts in self.legs.values() if facts["second_pass"])
        if len(self.legs) >= self.room or (second_pass and taken >= self.corrected):
            return False
        self.legs[leg] = {"language": language, "speaker": speaker, "second_pass": second_pass}
        self.opened.append(leg)
        return True

    def feed(self, leg: str, pcm: bytes, start: float) -> None:
        assert leg in self.legs, "audio for a leg that is not open"
        self.audio.setdefault(leg, []).append((pcm, start))

    def endpoint(self, leg: str, end: float) -> None:
        assert leg in self.legs
        self.endpoints.append((leg, end))

    def close(self, leg: str) -> None:
        del self.legs[leg]

    def status(self) -> "FakePool":
        return self

    async def aclose(self) -> None:
        self.stopped = True

    def key(self, leg_id: str) -> str:
        """The last key a leg was opened with."""
        return [key for key in self.opened if key.split("#")[0] == leg_id][-1]

    def hear(self, leg_id: str, text: str, *, seq: int = 1, start: float = 5.0, revision: int = 1) -> None:
        """A finished utterance."""
        key = self.key(leg_id)
        utterance = Utterance(
            seq=seq, revision=revision, speaker=Speaker.CUSTOMER, start=start, end=start + 1, text=text
        )
        self.deliver(Said(key, "utterance", utterance=utterance))

    def hear_partial(self, leg_id: str, text: str, *, seq: int = 1, start: float = 5.0) -> None:
        """Words so far."""
        partial = Partial(seq=seq, speaker=Speaker.CUSTOMER, start=start, text=text)
        self.deliver(Said(self.key(leg_id), "partial", partial=partial))

    def say(self, leg_id: str, kind: OutputKind, note: str = "") -> None:
        """`marked`, `closed`, `failed`."""
        self.deliver(Said(self.key(leg_id), kind, note=note))


class WordRules:
    """Flags the words it was given; severity 5 unless said otherwise."""

    def __init__(self, **severities: int) -> None:
        self.severities = severities

    def spot(self, text: str, *, language: str, speaker: Speaker) -> tuple[Flag, ...]:
        return tuple(make_flag(word, severity, speaker) for word, severity in self.severities.items() if word in text)


def make_flag(rule: str, severity: int = 5, speaker: Speaker = Speaker.CUSTOMER, *, by_sound: bool = False) -> Flag:
    """A hit of `rule`."""
    return Flag(
        rule=rule,
        category="test",
        severity=severity,
        actions=("alert_agent",),
        matched=rule,
        start=0,
        end=len(rule),
        speaker=speaker,
        why="",
        by_sound=by_sound,
    )


@dataclass
class RememberingTranscript:
    """TranscriptSink and AlertSink."""

    partials: list[tuple[str, str, Partial]] = field(default_factory=list)
    utterances: list[tuple[str, str, Utterance, tuple[str, ...]]] = field(default_factory=list)
    states: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    alerts: list[tuple[str, int, str]] = field(default_factory=list)
    retracted: list[tuple[str, int, str]] = field(default_factory=list)
    stored_before: int = 0
    error: Exception | None = None

    def partial(self, call_key: str, leg_key: str, partial: Partial) -> None:
        self.partials.append((call_key, leg_key, partial))

    def utterance(self, call_key: str, leg_key: str, utterance: Utterance, flags: tuple[Flag, ...]) -> None:
        if self.error:
            raise self.error
        self.utterances.append((call_key, leg_key, utterance, tuple(flag.rule for flag in flags)))

    def first_seq(self, call_key: str, leg_key: str) -> int:
        return self.stored_before + 1

    def listening(self, call_key: str, state: dict[str, Any]) -> None:
        self.states.append((call_key, state))

    def early(self, call_key: str, leg_key: str, seq: int, flag: Flag, at_seconds: float) -> None:
        self.alerts.append((leg_key, seq, flag.rule))

    def retract(self, call_key: str, leg_key: str, seq: int, rule: str) -> None:
        self.retracted.append((leg_key, seq, rule))


def make_record(
    call_id: str = "c1", *, direction: Direction = Direction.INBOUND, started_at: float = STARTED
) -> CallRecord:
    """A call that is up."""
    return events.make_record(call_id, direction=direction, started_at=started_at)


class Script:
    """Makes the events of one call, numbered, at the time of `clock`."""

    def __init__(self, clock: Callable[[], float], call_id: str = "c1", *, record: CallRecord | None = None) -> None:
        self._clock = clock
        self._seq = 0
        self.record = record or make_record(call_id)
        self.call_id = self.record.call_id

    def _common(self) -> dict[str, Any]:
        self._seq += 1
        return {"call_id": self.call_id, "seq": self._seq, "at": self._clock(), "record": self.record}

    def rings(self, leg_id: str, *, agent: str | None = None) -> LegRinging:
        return LegRinging(**self._common(), **self._leg(leg_id, agent))

    def joins(self, leg_id: str, *, agent: str | None = None) -> LegJoined:
        return LegJoined(**self._common(), **self._leg(leg_id, agent))

    def leaves(self, leg_id: str) -> LegLeft:
        return LegLeft(**self._common(), leg_id=leg_id)

    def merges(self, into: str) -> CallMerged:
        return CallMerged(**self._common(), into=into)

    def ends(self) -> CallEnded:
        return CallEnded(**self._common())

    @staticmethod
    def _leg(leg_id: str, agent: str | None) -> dict[str, Any]:
        name = agent or "trunk"
        speaker = Speaker.AGENT if agent else Speaker.CUSTOMER
        return {"leg_id": leg_id, "channel": f"PJSIP/{name}-{leg_id}", "speaker": speaker, "extension": agent}
