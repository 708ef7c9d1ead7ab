"""What the tracker knows at a moment: the live channels, the calls they belong to, and what is to be said.

Channels are keyed by their id and grouped by the PBX's linked id, union-find style: every event shows a
channel's present group, and a channel that shows a second one joins two calls (ami.md §D.1)."""

from __future__ import annotations

from collections import OrderedDict, deque
from typing import Any

from callcenter.core.call_record import CallRecord
from callcenter.core.calls.call import Call, Gap
from callcenter.core.calls.channel import Channel
from callcenter.core.calls.merging import absorb, seniority
from callcenter.core.calls.names import ChannelKind, Identity, Namer, TrackerConfig
from callcenter.core.calls.record import freeze
from callcenter.core.channel_events import UP, ChannelFacts, ChannelListed
from callcenter.core.events import CallEvent, CallMerged, CallStarted, LegJoined, LegLeft, LegRinging
from callcenter.core.transcript import Speaker

_LEG_EVENTS = frozenset({LegRinging, LegJoined, LegLeft})
_MAX_QUESTIONS = 1024
_SAME_MOMENT_SECONDS = 0.05
_REMEMBERED_IDS = 4096
"""Ended calls and channels whose ids must not come back: far more than end while anything of them lingers."""


class World:
    """Mutable state with the few operations every rule needs. The rules are in the modules beside this one."""

    def __init__(self, config: TrackerConfig) -> None:
        self.config = config
        self.namer = Namer(config)
        self.channels: dict[str, Channel] = {}
        self.calls: dict[str, Call] = {}
        """By linked id; several ids may lead to one call."""
        self.bridges: dict[str, set[str]] = {}
        """Channel ids in each bridge where people talk."""
        self.ending: dict[Call, None] = {}
        """Calls whose parties are gone, in that order, until they settle."""
        self.settle_at = float("inf")
        """When, by arrival, the first of them settles."""
        self.out: list[CallEvent] = []
        self.wanted: deque[tuple[str, str, str]] = deque(maxlen=_MAX_QUESTIONS)
        """Channel name, id and variable to ask the PBX for; the oldest go when nobody asks (a replay)."""
        self.now = 0.0
        """When the last event arrived."""
        self.gap: Gap | None = None
        """The latest time the manager link was down."""
        self.link = 0
        """Counts the manager links."""
        self.listed: dict[str, ChannelListed] = {}
        """The snapshot so far."""
        self.gone: OrderedDict[str, None] = OrderedDict()
        """Channels that hung up lately: a straggling event must not bring one back."""
        self._ended_ids: OrderedDict[str, None] = OrderedDict()

    # --- channels ---------------------------------------------------------------------------------

    def see(self, facts: ChannelFacts, at: float) -> Channel | None:
        """The channel an event is about, brought up to date; made when unknown; None for a tap."""
        channel = self.channels.get(facts.id)
        if channel is None:
            return self._meet(facts, at)
        if facts.linked_id != channel.linked_id:
            channel.linked_id = facts.linked_id
            self._regroup(channel, at)
        channel.take(facts, self.link)
        return channel

    def known(self, facts: ChannelFacts, at: float) -> Channel | None:
        """As `see`, but an unknown channel stays unknown: it is about to go."""
        return self.see(facts, at) if facts.id in self.channels else None

    def _meet(self, facts: ChannelFacts, at: float) -> Channel | None:
        identity = self.namer.identify(facts.name)
        if identity.kind is ChannelKind.TAP or not facts.id or facts.id in self.gone:
            return None
        call = self.calls.get(facts.linked_id)
        if call is None:
            call = self._new_call(facts, at)
        channel = Channel(
            id=facts.id,
            name=facts.name,
            linked_id=facts.linked_id,
            state=facts.state,
            kind=identity.kind,
            extension=identity.extension,
            call=call,
            created_at=at,
            seen_on_link=self.link,
            caller_number=facts.caller_number,
            caller_name=facts.caller_name,
            connected_number=facts.connected_number,
            exten=facts.exten,
            answered_at=at if facts.state == UP else None,
        )
        self.channels[facts.id] = channel
        call.channels[facts.id] = channel
        if channel.is_party:
            self._revive(call)
            if call.root is None:
                call.root = channel
        return channel

    def _new_call(self, facts: ChannelFacts, at: float) -> Call:
        call_id = facts.id if facts.linked_id in self._ended_ids else facts.linked_id
        call = Call(id=call_id, started_at=at)
        self._bind(call, facts.linked_id)
        return call

    def _bind(self, call: Call, linked_id: str) -> None:
        self.calls[linked_id] = call
        call.linked_ids.append(linked_id)

    def _revive(self, call: Call) -> None:
        """A new party: the call that seemed over goes on."""
        if call in self.ending:
            del self.ending[call]
            call.ended_at = None

    def forget(self, channel: Channel) -> None:
        """The channel is gone."""
        self.channels.pop(channel.id, None)
        _add_bounded(self.gone, channel.id)
        self.unbridge(channel)
        channel.call.channels.pop(channel.id, None)

    def bridge(self, channel: Channel, bridge_id: str, *, waiting_room: bool) -> None:
        """The channel is in this bridge now."""
        self.unbridge(channel)
        channel.bridge_id, channel.in_waiting_room = bridge_id, waiting_room
        if not waiting_room:
            self.bridges.setdefault(bridge_id, set()).add(channel.id)

    def unbridge(self, channel: Channel) -> None:
        """The channel is in no bridge."""
        if channel.bridge_id is None:
            return
        members = self.bridges.get(channel.bridge_id)
        if members is not None:
            members.discard(channel.id)
            if not members:
                del self.bridges[channel.bridge_id]
        channel.bridge_id = None

    def conversation(self, channel: Channel) -> list[Channel]:
        """The people `channel` talks to, itself included, through whatever Local channels lie between."""
        found, seen, todo = [], {channel.id}, [channel]
        while todo:
            current = todo.pop()
            if current.is_party:
                found.append(current)
            near = set(self.bridges.get(current.bridge_id, ())) if current.bridge_id else set()
            if current.other_half_id is not None:
                near.add(current.other_half_id)
            for channel_id in sorted(near - seen):
                seen.add(channel_id)
                if channel_id in self.channels:
                    todo.append(self.channels[channel_id])
        return found

    def half(self, channel: Channel) -> Channel | None:
        """The other half of a Local channel."""
        return self.channels.get(channel.other_half_id) if channel.other_half_id else None

    def identify(self, name: str) -> Identity:
        """Whose channel a name is."""
        return self.namer.identify(name)

    # --- calls ------------------------------------------------------------------------------------

    def _regroup(self, channel: Channel, at: float) -> None:
        other = self.calls.get(channel.linked_id)
        if other is None:
            self._bind(channel.call, channel.linked_id)
        elif other is not channel.call:
            self.merge(channel.call, other, at)

    def merge(self, one: Call, other: Call, at: float) -> Call:
        """Two calls turn out to be one; the survivor is the customer's, else the older."""
        if one is other:
            return one
        survivor, absorbed = sorted((one, other), key=seniority)
        if survivor.customer is None and absorbed.customer is not None:
            survivor.customer = absorbed.customer
        for channel in absorbed.channels.values():
            channel.call = survivor
            survivor.channels[channel.id] = channel
        self.ending.pop(absorbed, None)
        if any(channel.is_party for channel in absorbed.channels.values()):
            self._revive(survivor)
        for linked_id in absorbed.linked_ids:
            self._bind(survivor, linked_id)
        absorb(survivor, absorbed)
        if absorbed.is_reported:
            self.emit(absorbed, CallMerged, at, into=survivor.id)
            self._remember(absorbed)
        if survivor.is_reported:
            for channel in absorbed.channels.values():
                channel.is_joined = False
                channel.is_announced = False
                self.announce(channel, at)
        absorbed.channels = {}
        return survivor

    def start(self, call: Call, at: float) -> None:
        """It is a customer call: say so, and name the legs there are."""
        if call.is_reported:
            return
        call.is_reported = True
        self.emit(call, CallStarted, at)
        for channel in list(call.channels.values()):
            self.announce(channel, at)

    def announce(self, channel: Channel, at: float) -> None:
        """Say once that a party's channel exists."""
        if channel.is_announced or not channel.call.is_reported or not channel.is_party:
            return
        channel.is_announced = True
        self._emit_leg(LegRinging, channel, at)

    def join(self, channel: Channel, at: float) -> None:
        """Say once that a party talks."""
        if channel.is_joined or not channel.call.is_reported:
            return
        channel.is_joined = channel.is_announced = True
        self._emit_leg(LegJoined, channel, at)

    def _emit_leg(self, event: type[LegRinging] | type[LegJoined], channel: Channel, at: float) -> None:
        self.emit(
            channel.call, event, at, leg_id=channel.id, channel=channel.name,
            speaker=self.speaker(channel), extension=channel.extension,
        )  # fmt: skip

    def speaker(self, channel: Channel) -> Speaker:
        """Which side a party is on."""
        return Speaker.AGENT if channel.call.is_agent(channel) else Speaker.CUSTOMER

    def leave(self, channel: Channel, at: float) -> None:
        """Say that a party's channel is gone, if it was ever named."""
        if channel.is_announced:
            self.emit(channel.call, LegLeft, at, leg_id=channel.id)

    def emit(self, call: Call, event: type[CallEvent], at: float, /, **facts: Any) -> None:
        """Say a call event; nothing is said of calls that are not customer calls (yet)."""
        if not call.is_reported:
            return
        call.seq += 1
        record = self._record_of(call, event, at)
        self.out.append(event(call_id=call.id, seq=call.seq, at=at, record=record, **facts))

    def _record_of(self, call: Call, event: type[CallEvent], at: float) -> CallRecord:
        """A leg's coming and going says nothing new of the call: what was said of it just now still holds."""
        if event in _LEG_EVENTS and call.said is not None and 0 <= at - call.said_at <= _SAME_MOMENT_SECONDS:
            return call.said
        call.said, call.said_at = freeze(call, at), at
        return call.said

    def close(self, call: Call) -> None:
        """Forget the call and whatever glue is left of it."""
        self.ending.pop(call, None)
        for channel in list(call.channels.values()):
            self.forget(channel)
        for linked_id in call.linked_ids:
            self.calls.pop(linked_id, None)
        self._remember(call)

    def _remember(self, call: Call) -> None:
        _add_bounded(self._ended_ids, call.id)


def _add_bounded(ids: OrderedDict[str, None], id_: str) -> None:
    ids[id_] = None
    if len(ids) > _REMEMBERED_IDS:
        ids.popitem(last=False)
