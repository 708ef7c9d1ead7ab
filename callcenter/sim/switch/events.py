"""The events of Asterisk 22, one function each: from the state of channels and bridges to the headers in the order
in which Asterisk 22.10.1 writes them (tests/sim/test_fidelity.py holds them to recordings). Pure."""

from callcenter.sim.switch.model import UNKNOWN, Bridge, Channel

Headers = list[tuple[str, str]]

CAUSES = {
    0: "Unknown",
    16: "Normal Clearing",
    17: "User busy",
    19: "User alerting, no answer",
    21: "Call Rejected",
}
"""Cause-txt of the causes used here (Q.850)."""


def _event(name: str, *parts: Headers, privilege: str = "call") -> Headers:
    return [("Event", name), ("Privilege", f"{privilege},all"), *(header for part in parts for header in part)]


def channel_headers(channel: Channel, prefix: str = "") -> Headers:
    """The fourteen headers that describe a channel."""
    values = {
        "Channel": channel.name,
        "ChannelState": str(int(channel.state)),
        "ChannelStateDesc": channel.state.label,
        "CallerIDNum": channel.caller.number or UNKNOWN,
        "CallerIDName": channel.caller.name or UNKNOWN,
        "ConnectedLineNum": channel.connected.number or UNKNOWN,
        "ConnectedLineName": channel.connected.name or UNKNOWN,
        "Language": "en",
        "AccountCode": "",
        "Context": channel.context,
        "Exten": channel.exten,
        "Priority": str(channel.priority),
        "Uniqueid": channel.uniqueid,
        "Linkedid": channel.linkedid,
    }
    return [(prefix + key, value) for key, value in values.items()]


def bridge_headers(bridge: Bridge) -> Headers:
    """The seven headers that describe a bridge."""
    return [
        ("BridgeUniqueid", bridge.uniqueid),
        ("BridgeType", "basic"),
        ("BridgeTechnology", "simple_bridge"),
        ("BridgeCreator", UNKNOWN),
        ("BridgeName", UNKNOWN),
        ("BridgeNumChannels", str(len(bridge.channels))),
        ("BridgeVideoSourceMode", "none"),
    ]


def of_channel(name: str, channel: Channel, *more: tuple[str, str], privilege: str = "call") -> Headers:
    """Newchannel, Newstate, NewConnectedLine, Hold, MusicOnHoldStart, …: a channel and what is added."""
    return _event(name, channel_headers(channel), list(more), privilege=privilege)


def of_bridge(name: str, bridge: Bridge, channel: Channel | None = None) -> Headers:
    """BridgeCreate, BridgeDestroy; BridgeEnter and BridgeLeave with the channel."""
    return _event(name, bridge_headers(bridge), channel_headers(channel) if channel else [])


def new_caller_id(channel: Channel) -> Headers:
    """NewCallerid."""
    return of_channel("NewCallerid", channel, ("CID-CallingPres", "0 (Presentation Allowed, Not Screened)"))


def dial(name: str, source: Channel | None, target: Channel, *more: tuple[str, str]) -> Headers:
    """DialBegin, DialState, DialEnd; an Originate's have no source."""
    return _event(name, channel_headers(source) if source else [], channel_headers(target, "Dest"), list(more))


def hangup_request(channel: Channel, cause: int, tech_cause: int | None = None) -> Headers:
    """The party hung up."""
    return of_channel("HangupRequest", channel, ("Cause", str(cause)), *_tech(tech_cause))


def soft_hangup_request(channel: Channel, tech_cause: int | None = None) -> Headers:
    """The switch asks the channel to end; the cause is 16 whatever happened (22.10.1)."""
    return of_channel("SoftHangupRequest", channel, ("Cause", "16"), *_tech(tech_cause))


def hangup(channel: Channel, cause: int, tech_cause: int | None = None) -> Headers:
    """The channel is gone."""
    text = CAUSES.get(cause, "Unknown")
    return of_channel("Hangup", channel, ("Cause", str(cause)), ("Cause-txt", text), *_tech(tech_cause))


def _tech(tech_cause: int | None) -> list[tuple[str, str]]:
    return [] if tech_cause is None else [("TechCause", str(tech_cause))]


def blind_transfer(agent: Channel, customer: Channel, bridge: Bridge, context: str, exten: str) -> Headers:
    """BlindTransfer: before the bridge changes."""
    return _event(
        "BlindTransfer",
        [("Result", "Success")],
        channel_headers(agent, "Transferer"),
        channel_headers(customer, "Transferee"),
        bridge_headers(bridge),
        [("IsExternal", "Yes"), ("Context", context), ("Extension", exten)],
    )


def agent(name: str, caller: Channel, member: Channel, queue: str, who: str, *more: tuple[str, str]) -> Headers:
    """AgentCalled, AgentRingNoAnswer, AgentConnect, AgentComplete. `who` is the member's name."""
    identity = [("Queue", queue), ("Interface", member.device), ("MemberName", who)]
    both = channel_headers(caller) + channel_headers(member, "Dest")
    return _event(name, both, identity, list(more), privilege="agent")


def queue_caller(name: str, caller: Channel, queue: str, *more: tuple[str, str]) -> Headers:
    """QueueCallerJoin, QueueCallerLeave, QueueCallerAbandon."""
    return of_channel(name, caller, ("Queue", queue), *more, privilege="agent")


def device_state(device: str, state: str) -> Headers:
    """DeviceStateChange."""
    return _event("DeviceStateChange", [("Device", device), ("State", state)])


def chan_spy(name: str, spyer: Channel, spyee: Channel) -> Headers:
    """ChanSpyStart, ChanSpyStop."""
    return _event(name, channel_headers(spyer, "Spyer"), channel_headers(spyee, "Spyee"))


def originate_response(channel: Channel | None, action_id: str, where: Headers, *, reason: int) -> Headers:
    """OriginateResponse. `where` is Application and Data, or Context and Exten, the channel coming first; reason
    4 = answered, 3 = rang out, 1 = failed; no channel when nothing could be made."""
    result = "Success" if reason == 4 else "Failure"
    caller = channel.caller if channel else None
    tail = [
        ("Reason", str(reason)),
        ("Uniqueid", channel.uniqueid if channel and reason == 4 else UNKNOWN),
        ("CallerIDNum", (caller.number if caller else "") or UNKNOWN),
        ("CallerIDName", (caller.name if caller else "") or UNKNOWN),
    ]
    head = [("ActionID", action_id)] if action_id else []
    return _event("OriginateResponse", head, [("Response", result)], where, tail)
