"""Manager messages to channel events. The only place that knows the manager's header names (Asterisk 22.10.1)."""

from collections.abc import Callable, Iterator, Sequence

from callcenter.ami.headers import at_of, facts, number, optional_facts, seconds_of_clock
from callcenter.ami.messages import Message, Received
from callcenter.core import channel_events as ce

Headers = dict[str, str]
Rule = Callable[[Headers, float, float], "ce.ChannelEvent | None"]

RECORDING_VARIABLE = "MIXMONITOR_FILENAME"
VOICEMAIL_APPLICATIONS = frozenset({"VoiceMail", "Record", "MinivmRecord"})
VOICEMAIL_PROMPT = "vm-intro"
"""The prompt that asks for a message (asterisk-core-sounds)."""
_PRESENTATION_MASK, _PROHIBITED = 0x60, 0x20
"""CID-CallingPres: bits of Q.931 presentation (Asterisk's callerid.h)."""


def _created(h: Headers, at: float, seen: float) -> ce.ChannelEvent | None:
    return ce.ChannelCreated(at, seen, facts(h))


def _updated(h: Headers, at: float, seen: float) -> ce.ChannelEvent | None:
    return ce.ChannelUpdated(at, seen, facts(h))


def _caller_id(h: Headers, at: float, seen: float) -> ce.ChannelEvent | None:
    code = number(h.get("CID-CallingPres", "").partition(" ")[0])
    return ce.ChannelUpdated(at, seen, facts(h), int(code) & _PRESENTATION_MASK == _PROHIBITED)


def _dial_started(h: Headers, at: float, seen: float) -> ce.ChannelEvent | None:
    return ce.DialStarted(at, seen, optional_facts(h), facts(h, "Dest"), h.get("DialString", ""))


def _dial_state(h: Headers, at: float, seen: float) -> ce.ChannelEvent | None:
    if h.get("DialStatus") not in ("RINGING", "PROGRESS"):
        return None
    return ce.DialRinging(at, seen, facts(h, "Dest"))


def _dial_ended(h: Headers, at: float, seen: float) -> ce.ChannelEvent | None:
    status, forward = h.get("DialStatus", ""), h.get("Forward", "")
    return ce.DialEnded(at, seen, optional_facts(h), facts(h, "Dest"), status, forward)


def _bridge_entered(h: Headers, at: float, seen: float) -> ce.ChannelEvent | None:
    waiting = h.get("BridgeTechnology") == "holding_bridge" or h.get("BridgeType") == "parking"
    return ce.BridgeEntered(at, seen, facts(h), h.get("BridgeUniqueid", ""), h.get("SwapUniqueid", ""), waiting)


def _bridge_left(h: Headers, at: float, seen: float) -> ce.ChannelEvent | None:
    return ce.BridgeLeft(at, seen, facts(h), h.get("BridgeUniqueid", ""))


def _hangup_requested(h: Headers, at: float, seen: float) -> ce.ChannelEvent | None:
    return ce.HangupRequested(at, seen, facts(h), int(number(h.get("Cause", ""))))


def _hangup_forced(h: Headers, at: float, seen: float) -> ce.ChannelEvent | None:
    return ce.HangupForced(at, seen, facts(h), int(number(h.get("Cause", ""))))


def _hung_up(h: Headers, at: float, seen: float) -> ce.ChannelEvent | None:
    return ce.ChannelHungUp(at, seen, facts(h), int(number(h.get("Cause", ""))))


def _hold(h: Headers, at: float, seen: float) -> ce.ChannelEvent | None:
    return ce.HoldStarted(at, seen, facts(h))


def _unhold(h: Headers, at: float, seen: float) -> ce.ChannelEvent | None:
    return ce.HoldEnded(at, seen, facts(h))


def _queue_joined(h: Headers, at: float, seen: float) -> ce.ChannelEvent | None:
    return ce.QueueJoined(at, seen, facts(h), h.get("Queue", ""))


def _queue_left(h: Headers, at: float, seen: float) -> ce.ChannelEvent | None:
    return ce.QueueLeft(at, seen, facts(h), h.get("Queue", ""))


def _local_paired(h: Headers, at: float, seen: float) -> ce.ChannelEvent | None:
    return ce.LocalPaired(at, seen, facts(h, "LocalOne"), facts(h, "LocalTwo"))


def _blind_transferred(h: Headers, at: float, seen: float) -> ce.ChannelEvent | None:
    if h.get("Result", "Success") != "Success":
        return None
    transferee = optional_facts(h, "Transferee")
    by_phone = h.get("IsExternal") == "Yes"
    return ce.BlindTransferred(at, seen, facts(h, "Transferer"), transferee, h.get("Extension", ""), by_phone)


def _attended_transferred(h: Headers, at: float, seen: float) -> ce.ChannelEvent | None:
    if h.get("Result", "Success") != "Success":
        return None
    transferee, target = optional_facts(h, "Transferee"), optional_facts(h, "TransferTarget")
    return ce.AttendedTransferred(
        at, seen, facts(h, "OrigTransferer"), facts(h, "SecondTransferer"), transferee, target
    )


def _picked_up(h: Headers, at: float, seen: float) -> ce.ChannelEvent | None:
    return ce.CallPickedUp(at, seen, facts(h), facts(h, "Target"))


def _parked(h: Headers, at: float, seen: float) -> ce.ChannelEvent | None:
    parker = h.get("ParkerChannel") or h.get("ParkerDialString", "")
    return ce.Parked(at, seen, facts(h, "Parkee"), parker, h.get("ParkingSpace", ""))


def _parking_ended(h: Headers, at: float, seen: float) -> ce.ChannelEvent | None:
    retriever = optional_facts(h, "Retriever")
    return ce.ParkingEnded(at, seen, facts(h, "Parkee"), retriever, h.get("ParkingSpace", ""))


def _spy_started(h: Headers, at: float, seen: float) -> ce.ChannelEvent | None:
    return ce.SpyStarted(at, seen, facts(h, "Spyer"), facts(h, "Spyee"))


def _digit(h: Headers, at: float, seen: float) -> ce.ChannelEvent | None:
    if h.get("Direction") != "Received":
        return None
    return ce.DigitReceived(at, seen, facts(h), h.get("Digit", ""))


def _variable_set(h: Headers, at: float, seen: float) -> ce.ChannelEvent | None:
    if h.get("Variable") != RECORDING_VARIABLE or not _is_file(h.get("Value", "")):
        return None
    return ce.RecordingNamed(at, seen, facts(h), h["Value"])


def _is_file(name: str) -> bool:
    """A recording whose mix goes to /dev/null keeps only the legs, under names of our own."""
    return bool(name) and not name.startswith("/dev/")


def _extension_run(h: Headers, at: float, seen: float) -> ce.ChannelEvent | None:
    if h.get("Application") in VOICEMAIL_APPLICATIONS or h.get("AppData", "").startswith(VOICEMAIL_PROMPT):
        return ce.VoicemailReached(at, seen, facts(h))
    return None


def _booted(h: Headers, at: float, seen: float) -> ce.ChannelEvent | None:
    uptime = h.get("Uptime", "")
    return ce.PbxBooted(at, seen, seen - number(uptime) if uptime else None)


def _listed(h: Headers, at: float, seen: float) -> ce.ChannelEvent | None:
    age = number(h["Seconds"]) if "Seconds" in h else seconds_of_clock(h.get("Duration", ""))
    bridge_id = h.get("BridgeId") or h.get("BridgeID", "")
    return ce.ChannelListed(at, seen, facts(h), bridge_id, age, h.get("Application", ""), h.get("DNID", ""))


def _list_complete(h: Headers, at: float, seen: float) -> ce.ChannelEvent | None:
    return ce.ChannelListComplete(at, seen)


def _queue_entry(h: Headers, at: float, seen: float) -> ce.ChannelEvent | None:
    waited = number(h.get("Wait", ""))
    return ce.QueueEntryListed(at, seen, h.get("Uniqueid", ""), h.get("Queue", ""), waited)


RULES: dict[str, Rule] = {
    "Newchannel": _created,
    "Newstate": _updated,
    "NewConnectedLine": _updated,
    "NewCallerid": _caller_id,
    "DialBegin": _dial_started,
    "DialState": _dial_state,
    "DialEnd": _dial_ended,
    "BridgeEnter": _bridge_entered,
    "BridgeLeave": _bridge_left,
    "HangupRequest": _hangup_requested,
    "SoftHangupRequest": _hangup_forced,
    "Hangup": _hung_up,
    "Hold": _hold,
    "Unhold": _unhold,
    "QueueCallerJoin": _queue_joined,
    "QueueCallerLeave": _queue_left,
    "LocalBridge": _local_paired,
    "BlindTransfer": _blind_transferred,
    "AttendedTransfer": _attended_transferred,
    "Pickup": _picked_up,
    "ParkedCall": _parked,
    "UnParkedCall": _parking_ended,
    "ParkedCallTimeOut": _parking_ended,
    "ParkedCallGiveUp": _parking_ended,
    "ChanSpyStart": _spy_started,
    "DTMFEnd": _digit,
    "VarSet": _variable_set,
    "Newexten": _extension_run,
    "FullyBooted": _booted,
    "CoreShowChannel": _listed,
    "Status": _listed,
    "CoreShowChannelsComplete": _list_complete,
    "StatusComplete": _list_complete,
    "QueueEntry": _queue_entry,
}
"""Event name to rule. What is not here is not needed: see ami.md's event volumes in ARCHITECTURE."""

WANTED: dict[bytes, tuple[bytes, ...]] = {name.encode(): () for name in RULES if name not in ("VarSet", "Newexten")} | {
    b"VarSet": (f"\r\nVariable: {RECORDING_VARIABLE}\r\n".encode(),),
    b"Newexten": (
        *(f"\r\nApplication: {name}\r\n".encode() for name in sorted(VOICEMAIL_APPLICATIONS)),
        f"\r\nAppData: {VOICEMAIL_PROMPT}".encode(),
    ),
}
"""For the parser: what need not even be parsed is skipped (VarSet alone is 43 % of a full stream)."""


class Translator:
    """Translates the messages of one PBX. Remembers which connection it reads, to say when the link was down."""

    def __init__(self) -> None:
        self._connection: int | None = None
        self._booted = False
        self._last_at = 0.0

    def translate(self, received: Received) -> Sequence[ce.ChannelEvent]:
        """The channel events in one message, mostly none or one. Never raises for a strange message."""
        message, seen = received.message, received.at
        headers = message.headers
        rule = RULES.get(headers.get("Event", ""))
        if self._connection != received.connection or rule is _booted:
            return [*self._link(received, rule), *self._meaning(rule, message, seen)]
        return self._meaning(rule, message, seen)

    def _meaning(self, rule: Rule | None, message: Message, seen: float) -> Sequence[ce.ChannelEvent]:
        self._last_at = seen
        headers = message.headers
        if rule is None:
            return tuple(_answer(headers, seen)) if "Response" in headers else ()
        event = rule(headers, at_of(headers, seen), seen)
        if "ChanVariable" in headers and event is not None and (rule is _hung_up or rule is _bridge_entered):
            return (*_recordings(message, seen), event)
        return (event,) if event is not None else ()

    def _link(self, received: Received, rule: Rule | None) -> Iterator[ce.ChannelEvent]:
        """Whether the link was down before this message. A second login on what is called the same connection (a log
        cut together) is a new link all the same."""
        seen, is_new = received.at, self._connection != received.connection
        is_first = self._connection is None
        again = rule is _booted and self._booted and not is_new
        self._connection, self._booted = received.connection, rule is _booted or (self._booted and not is_new)
        if (is_new and not is_first) or again:
            yield ce.LinkLost(self._last_at, seen)
        if is_new or again:
            yield ce.LinkRestored(seen, seen)


def _answer(headers: Headers, seen: float) -> Iterator[ce.ChannelEvent]:
    """The answer to a question `getvar|<uniqueid>|<variable>` of ours."""
    action_id = headers.get("ActionID", "")
    if action_id.startswith("getvar|") and headers["Response"] == "Success":
        channel_id, _, variable = action_id.removeprefix("getvar|").partition("|")
        yield ce.VariableKnown(seen, seen, channel_id, variable, headers.get("Value", ""))


def _recordings(message: Message, seen: float) -> Iterator[ce.ChannelEvent]:
    """`channelvars=MIXMONITOR_FILENAME` in manager.conf puts the file's name on every event of the channel; looked at
    when the channel begins to talk and when it goes."""
    for assignment in message.all("ChanVariable"):
        name, _, value = assignment.partition("=")
        if name == RECORDING_VARIABLE and _is_file(value) and "Uniqueid" in message.headers:
            at = at_of(message.headers, seen)
            yield ce.RecordingNamed(at, seen, facts(message.headers), value)
