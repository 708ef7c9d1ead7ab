"""The lists that answer CoreShowChannels, Status and QueueStatus, item for item as Asterisk 22.10.1 writes them."""

from collections.abc import Iterable

from callcenter.sim.manager.protocol import Action, Headers, response
from callcenter.sim.switch.events import bridge_headers, channel_headers
from callcenter.sim.switch.model import Bridge, Channel
from callcenter.sim.switch.queues import WaitingQueue


def channel_list(action: Action, channels: Iterable[Channel], now: float) -> list[Headers]:
    """CoreShowChannels."""
    items = [_core_channel(channel, now) for channel in channels]
    return _listing(action, "Channels will follow", "CoreShowChannel", "CoreShowChannelsComplete", items)


def _core_channel(channel: Channel, now: float) -> Headers:
    seconds = int(now - channel.created_at)
    duration = f"{seconds // 3600:02d}:{seconds // 60 % 60:02d}:{seconds % 60:02d}"
    return [
        *channel_headers(channel),
        ("Application", channel.application),
        ("ApplicationData", channel.application_data),
        ("Duration", duration),
        ("BridgeId", channel.bridge.uniqueid if channel.bridge else ""),
    ]


def status_list(action: Action, channels: Iterable[Channel], now: float) -> list[Headers]:
    """Status; its items carry the ActionID last and the count twice."""
    answers = [response(action, "Success", "", ("EventList", "start"), ("Message", "Channel status will follow"))]
    items = [_status(channel, now) for channel in channels]
    answers += [[*item, *_echo(action)] for item in items]
    count = str(len(items))
    ending = [("EventList", "Complete"), ("ListItems", count), ("Items", count)]
    return [*answers, [("Event", "StatusComplete"), *_echo(action), *ending]]


def _status(channel: Channel, now: float) -> Headers:
    return [
        ("Event", "Status"),
        ("Privilege", "Call"),
        *channel_headers(channel),
        ("Type", channel.technology),
        ("DNID", channel.dialled_number),
        ("EffectiveConnectedLineNum", channel.connected.number or "<unknown>"),
        ("EffectiveConnectedLineName", channel.connected.name or "<unknown>"),
        ("TimeToHangup", "0"),
        ("BridgeID", channel.bridge.uniqueid if channel.bridge else ""),
        ("Application", channel.application),
        ("Data", channel.application_data),
        ("Nativeformats", "(ulaw)"),
        ("Readformat", "ulaw"),
        ("Readtrans", ""),
        ("Writeformat", "ulaw"),
        ("Writetrans", ""),
        ("Callgroup", "0"),
        ("Pickupgroup", "0"),
        ("Seconds", str(int(now - channel.created_at))),
    ]


def bridge_list(action: Action, channels: Iterable[Channel]) -> list[Headers]:
    """BridgeList."""
    bridges: dict[str, Bridge] = {c.bridge.uniqueid: c.bridge for c in channels if c.bridge}
    items = [bridge_headers(bridge) for bridge in bridges.values()]
    return _listing(action, "Bridge listing will follow", "BridgeListItem", "BridgeListComplete", items)


def queue_list(action: Action, queues: Iterable[WaitingQueue], now: float) -> list[Headers]:
    """QueueStatus: per queue its figures, its members, its waiting callers; the ActionID comes last."""
    items: list[Headers] = []
    for queue in queues:
        items += [_queue(queue), *_members(queue), *_entries(queue, now)]
    answers = [response(action, "Success", "", ("EventList", "start"), ("Message", "Queue status will follow"))]
    answers += [[*item, *_echo(action)] for item in items]
    return [*answers, _complete(action, "QueueStatusComplete", len(items))]


def _queue(queue: WaitingQueue) -> Headers:
    done = max(1, queue.completed)
    values = {
        "Queue": queue.name,
        "Max": "0",
        "Strategy": "rrmemory",
        "Calls": str(len(queue.waiting)),
        "Holdtime": str(int(queue.hold_seconds / done)),
        "TalkTime": str(int(queue.talk_seconds / done)),
        "Completed": str(queue.completed),
        "Abandoned": str(queue.abandoned),
        "ServiceLevel": "0",
        "ServicelevelPerf": "0.0",
        "ServicelevelPerf2": "0.0",
        "Weight": "0",
    }
    return [("Event", "QueueParams"), *values.items()]


def _members(queue: WaitingQueue) -> list[Headers]:
    return [
        [
            ("Event", "QueueMember"),
            ("Queue", queue.name),
            ("Name", member.name),
            ("Location", member.interface),
            ("StateInterface", member.interface),
            ("Membership", "static"),
            ("Penalty", "0"),
            ("CallsTaken", str(member.calls_taken)),
            ("LastCall", str(member.last_call_at)),
            ("LastPause", "0"),
            ("LoginTime", str(member.login_at)),
            ("InCall", str(int(member.in_call))),
            ("Status", str(member.status)),
            ("Paused", str(int(member.paused))),
            ("PausedReason", member.paused_reason),
            ("Wrapuptime", "0"),
        ]
        for member in queue.members
    ]


def _entries(queue: WaitingQueue, now: float) -> list[Headers]:
    """Unknown names are `unknown` here, not `<unknown>` (22.10.1)."""
    return [
        [
            ("Event", "QueueEntry"),
            ("Queue", queue.name),
            ("Position", str(position)),
            ("Channel", caller.name),
            ("Uniqueid", caller.uniqueid),
            ("CallerIDNum", caller.caller.number or "unknown"),
            ("CallerIDName", caller.caller.name or "unknown"),
            ("ConnectedLineNum", caller.connected.number or "unknown"),
            ("ConnectedLineName", caller.connected.name or "unknown"),
            ("Wait", str(int(now - joined_at))),
            ("Priority", "0"),
        ]
        for position, (caller, joined_at) in enumerate(queue.waiting, 1)
    ]


def _listing(action: Action, message: str, event: str, complete: str, items: list[Headers]) -> list[Headers]:
    begin = response(action, "Success", "", ("EventList", "start"), ("Message", message))
    listed = [[("Event", event), *_echo(action), *item] for item in items]
    return [begin, *listed, _complete(action, complete, len(items))]


def _complete(action: Action, event: str, count: int) -> Headers:
    return [("Event", event), *_echo(action), ("EventList", "Complete"), ("ListItems", str(count))]


def _echo(action: Action) -> Headers:
    return [("ActionID", action.action_id)] if action.action_id else []
