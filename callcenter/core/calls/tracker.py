"""The call tracker: channel events in, call events out. Pure: its only clock is the events' times and `tick`."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from callcenter.core import channel_events as ce
from callcenter.core.call_record import CallRecord
from callcenter.core.calls import dialing, living, moves, resync, talking
from callcenter.core.calls.names import TrackerConfig
from callcenter.core.calls.record import freeze
from callcenter.core.calls.world import World
from callcenter.core.events import CallEvent

RULES: dict[type[ce.ChannelEvent], Callable[[World, Any], None]] = {
    ce.ChannelCreated: living.on_created,
    ce.ChannelUpdated: living.on_updated,
    ce.LocalPaired: living.on_local_paired,
    ce.HangupRequested: living.on_hangup_requested,
    ce.HangupForced: living.on_hangup_forced,
    ce.ChannelHungUp: living.on_hung_up,
    ce.DialStarted: dialing.on_dial_started,
    ce.DialRinging: dialing.on_dial_ringing,
    ce.DialEnded: dialing.on_dial_ended,
    ce.BridgeEntered: talking.on_bridge_entered,
    ce.BridgeLeft: talking.on_bridge_left,
    ce.HoldStarted: talking.on_hold_started,
    ce.HoldEnded: talking.on_hold_ended,
    ce.QueueJoined: talking.on_queue_joined,
    ce.QueueLeft: talking.on_queue_left,
    ce.DigitReceived: talking.on_digit,
    ce.RecordingNamed: talking.on_recording_named,
    ce.VoicemailReached: talking.on_voicemail_reached,
    ce.BlindTransferred: moves.on_blind_transferred,
    ce.AttendedTransferred: moves.on_attended_transferred,
    ce.CallPickedUp: moves.on_picked_up,
    ce.Parked: moves.on_parked,
    ce.ParkingEnded: moves.on_parking_ended,
    ce.SpyStarted: moves.on_spy_started,
    ce.LinkLost: resync.on_link_lost,
    ce.LinkRestored: resync.on_link_restored,
    ce.PbxBooted: resync.on_pbx_booted,
    ce.ChannelListed: resync.on_channel_listed,
    ce.QueueEntryListed: resync.on_queue_entry_listed,
    ce.ChannelListComplete: resync.on_channel_list_complete,
    ce.VariableKnown: resync.on_variable_known,
}
"""Every channel event and the rule that knows what it means."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WantedVariable:
    """A question for the PBX: Getvar with the action id `getvar|<channel_id>|<variable>`."""

    channel: str
    channel_id: str
    variable: str


class CallTracker:
    """Follows every call of one PBX. Feed it the events in order of arrival; what it cannot place it ignores."""

    def __init__(self, config: TrackerConfig | None = None) -> None:
        self._world = World(config or TrackerConfig())

    def handle(self, event: ce.ChannelEvent) -> list[CallEvent]:
        """Take one channel event in; return what it means for calls, mostly nothing."""
        world = self._world
        world.now = event.received_at
        if event.received_at >= world.settle_at:
            living.settle(world, event.received_at)
        rule = RULES.get(type(event))
        if rule is not None:
            rule(world, event)
        return self._said()

    def tick(self, now: float) -> list[CallEvent]:
        """Time has passed and nothing arrived: end what has settled by `now` (Unix seconds, our clock)."""
        living.settle(self._world, now)
        return self._said()

    def lose_link(self, at: float) -> list[CallEvent]:
        """No more events will come, for good: calls still open end as far as they were heard, marked as a gap."""
        living.settle(self._world, float("inf"))
        resync.end_all(self._world, at)
        living.settle(self._world, float("inf"))
        return self._said()

    def open_calls(self) -> list[CallRecord]:
        """The calls that live, in order of start, as they stand at the last event."""
        world = self._world
        calls = {call.id: call for call in world.calls.values() if call.is_reported and call.ended_at is None}
        return [freeze(call, world.now) for call in sorted(calls.values(), key=lambda call: call.started_at)]

    def take_wanted(self) -> list[WantedVariable]:
        """What to ask the PBX, each question once."""
        wanted = list(self._world.wanted)
        self._world.wanted.clear()
        return [WantedVariable(channel=name, channel_id=id_, variable=variable) for name, id_, variable in wanted]

    def _said(self) -> list[CallEvent]:
        said = self._world.out
        if said:
            self._world.out = []
        return said
