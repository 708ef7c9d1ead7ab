"""Channel events: what happened to one channel of the PBX, in our words. They go *into* the call tracker; call events
(`events.py`) come out. `callcenter/ami/translate.py` makes them, and they know no manager headers."""

from dataclasses import dataclass
from typing import NamedTuple


class ChannelFacts(NamedTuple):
    """What an event says about a channel, as it stands at that moment. A tuple, because one is made for nearly every
    message and a frozen dataclass of eight fields takes three times as long."""

    id: str
    linked_id: str
    """The group of channels the PBX thinks this one belongs to; changes when calls are joined."""
    name: str
    """`technology/endpoint-serial`."""
    state: int
    """Asterisk's AST_STATE: 0 down, 4 ring (it calls us), 5 ringing (we call it), 6 up, 7 busy."""
    caller_number: str
    caller_name: str
    connected_number: str
    exten: str


DOWN, RING, RINGING, UP, BUSY = 0, 4, 5, 6, 7
"""The channel states that matter here (Asterisk 22.10.1)."""


@dataclass(frozen=True, slots=True)
class ChannelEvent:
    """What every channel event has."""

    at: float
    """When it happened: Unix seconds by the PBX's clock where it says, else by ours."""
    received_at: float
    """When it reached us."""


@dataclass(frozen=True, slots=True)
class ChannelCreated(ChannelEvent):
    channel: ChannelFacts


@dataclass(frozen=True, slots=True)
class ChannelUpdated(ChannelEvent):
    """State, caller id or group changed."""

    channel: ChannelFacts
    number_hidden: bool = False
    """The PBX said that the caller's number may not be presented."""


@dataclass(frozen=True, slots=True)
class DialStarted(ChannelEvent):
    channel: ChannelFacts | None
    """Who dials; None when the manager or a call file does (Originate)."""
    dest: ChannelFacts
    dial_string: str


@dataclass(frozen=True, slots=True)
class DialRinging(ChannelEvent):
    """The dialled telephone rings, or its network plays a tone."""

    dest: ChannelFacts


@dataclass(frozen=True, slots=True)
class DialEnded(ChannelEvent):
    channel: ChannelFacts | None
    dest: ChannelFacts
    status: str
    """ANSWER, NOANSWER, CANCEL, BUSY, CONGESTION, CHANUNAVAIL, ABORT, …"""
    forwarded_to: str


@dataclass(frozen=True, slots=True)
class BridgeEntered(ChannelEvent):
    channel: ChannelFacts
    bridge_id: str
    swapped_id: str
    """The channel whose place it takes, or empty."""
    waiting_room: bool
    """A holding bridge (parking, entertainment): who is in it does not talk to the others in it."""


@dataclass(frozen=True, slots=True)
class BridgeLeft(ChannelEvent):
    channel: ChannelFacts
    bridge_id: str


@dataclass(frozen=True, slots=True)
class HangupRequested(ChannelEvent):
    """The far end hung up, refused or failed."""

    channel: ChannelFacts
    cause: int
    """Q.850."""


@dataclass(frozen=True, slots=True)
class HangupForced(ChannelEvent):
    """The PBX itself was told to hang up (SoftHangupRequest)."""

    channel: ChannelFacts
    reason: int
    """AST_SOFTHANGUP flags: 4 shutdown, 8 time-out, 32 explicit (manager or console)."""


@dataclass(frozen=True, slots=True)
class ChannelHungUp(ChannelEvent):
    channel: ChannelFacts
    cause: int


@dataclass(frozen=True, slots=True)
class HoldStarted(ChannelEvent):
    channel: ChannelFacts
    """The one that holds the others."""


@dataclass(frozen=True, slots=True)
class HoldEnded(ChannelEvent):
    channel: ChannelFacts


@dataclass(frozen=True, slots=True)
class QueueJoined(ChannelEvent):
    channel: ChannelFacts
    queue: str


@dataclass(frozen=True, slots=True)
class QueueLeft(ChannelEvent):
    channel: ChannelFacts
    queue: str


@dataclass(frozen=True, slots=True)
class LocalPaired(ChannelEvent):
    """The two halves of a Local channel: what dials `one` continues at `two`."""

    one: ChannelFacts
    two: ChannelFacts


@dataclass(frozen=True, slots=True)
class BlindTransferred(ChannelEvent):
    """`transferer` sent `transferee` to `extension`; the bridge changes after this."""

    transferer: ChannelFacts
    transferee: ChannelFacts | None
    extension: str
    by_phone: bool
    """By the telephone itself (SIP REFER), which takes no further part; not by a feature code."""


@dataclass(frozen=True, slots=True)
class AttendedTransferred(ChannelEvent):
    """A transfer after (or during) a consultation; the bridges changed before this."""

    transferer: ChannelFacts
    """Its channel in the customer's conversation."""
    consulting: ChannelFacts
    """Its channel in the consultation."""
    transferee: ChannelFacts | None
    target: ChannelFacts | None


@dataclass(frozen=True, slots=True)
class CallPickedUp(ChannelEvent):
    """`picker` took the call that was ringing at `target`."""

    picker: ChannelFacts
    target: ChannelFacts


@dataclass(frozen=True, slots=True)
class Parked(ChannelEvent):
    channel: ChannelFacts
    parker: str
    """Channel name or dial string of who parked it; may be empty."""
    space: str


@dataclass(frozen=True, slots=True)
class ParkingEnded(ChannelEvent):
    """Retrieved (`retriever`), timed out or given up (None)."""

    channel: ChannelFacts
    retriever: ChannelFacts | None
    space: str


@dataclass(frozen=True, slots=True)
class SpyStarted(ChannelEvent):
    """`spyer` listens to `spied`; it is no party of a call of its own."""

    spyer: ChannelFacts
    spied: ChannelFacts


@dataclass(frozen=True, slots=True)
class DigitReceived(ChannelEvent):
    """The party at the far end of `channel` pressed a key."""

    channel: ChannelFacts
    digit: str


@dataclass(frozen=True, slots=True)
class RecordingNamed(ChannelEvent):
    """The PBX records this channel into `filename`."""

    channel: ChannelFacts
    filename: str


@dataclass(frozen=True, slots=True)
class VoicemailReached(ChannelEvent):
    """The dialplan takes a message from this channel. Told only where the dialplan's events are read."""

    channel: ChannelFacts


@dataclass(frozen=True, slots=True)
class LinkLost(ChannelEvent):
    """The manager link went down; `at` is the last thing heard. Said once the link is back."""


@dataclass(frozen=True, slots=True)
class LinkRestored(ChannelEvent):
    """A manager link is up, the first one included. Channels may have come and gone meanwhile."""


@dataclass(frozen=True, slots=True)
class PbxBooted(ChannelEvent):
    booted_at: float | None
    """When the PBX started, to the second; None when it does not say."""


@dataclass(frozen=True, slots=True)
class ChannelListed(ChannelEvent):
    """One line of the snapshot after a (re)connection."""

    channel: ChannelFacts
    bridge_id: str
    age_seconds: float
    """Since the channel was created, in whole seconds."""
    application: str
    dialled_number: str


@dataclass(frozen=True, slots=True)
class QueueEntryListed(ChannelEvent):
    """A waiting caller in the snapshot."""

    channel_id: str
    queue: str
    waited_seconds: float


@dataclass(frozen=True, slots=True)
class ChannelListComplete(ChannelEvent):
    """The snapshot names every channel there is."""


@dataclass(frozen=True, slots=True)
class VariableKnown(ChannelEvent):
    """The answer to a question of `CallTracker.take_wanted`."""

    channel_id: str
    variable: str
    value: str
