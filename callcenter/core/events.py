"""Call events: what happened to a customer call, as the tracker says it. Past this point nothing knows AMI.

Every event carries the whole record as it stands after it, so the call log is one row and one upsert. `seq` counts the
events of one call from 1; replaying the same stream gives the same (call_id, seq), which makes recording
idempotent. The channel events that go *into* the tracker are in `channel_events.py`."""

from dataclasses import dataclass

from callcenter.core.call_record import AgentOutcome, CallRecord, TransferKind
from callcenter.core.transcript import Speaker


@dataclass(frozen=True, slots=True, kw_only=True)
class CallEvent:
    """What every call event has."""

    call_id: str
    seq: int
    at: float
    """Unix seconds."""
    record: CallRecord


@dataclass(frozen=True, slots=True, kw_only=True)
class CallStarted(CallEvent):
    """The first channel of a customer call exists."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CallQueued(CallEvent):
    """The caller waits in a queue."""

    queue: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CallOffered(CallEvent):
    """An agent's phone rings: time for the screen pop."""

    extension: str
    leg_id: str
    """The ringing channel's unique id."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OfferEnded(CallEvent):
    """An agent's phone stopped ringing; `outcome` answered included. The pop closes unless it was answered."""

    extension: str
    outcome: AgentOutcome


@dataclass(frozen=True, slots=True, kw_only=True)
class CallAnswered(CallEvent):
    """A human took the call. `extension` is the agent; again after a transfer, with the new agent."""

    extension: str


@dataclass(frozen=True, slots=True, kw_only=True)
class LegJoined(CallEvent):
    """A party's channel is up in the conversation: it can be listened to and recorded."""

    leg_id: str
    channel: str
    """Asterisk's channel name, for taps and recordings only."""
    speaker: Speaker
    extension: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class LegRinging(CallEvent):
    """A party's channel exists but does not talk yet (a waiting caller, a ringing phone): a tap may be armed."""

    leg_id: str
    channel: str
    speaker: Speaker
    extension: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class LegLeft(CallEvent):
    """A party's channel is gone."""

    leg_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CallHeld(CallEvent):
    """The conversation is on hold."""

    extension: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class CallResumed(CallEvent):
    """The hold is over."""

    extension: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class CallTransferred(CallEvent):
    """The customer was handed on."""

    kind: TransferKind
    from_: str
    to: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CallMerged(CallEvent):
    """What looked like a call of its own (a consultation) is part of `into`: its row is dropped for `into`'s.
    `record` is the absorbed call's last state."""

    into: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DigitPressed(CallEvent):
    """The customer pressed a key."""

    digit: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CallChanged(CallEvent):
    """A fact of the record was corrected (number hidden, times recovered after a gap)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CallEnded(CallEvent):
    """The last party is gone and the record is final."""
