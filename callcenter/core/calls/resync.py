"""The manager link was down: what the snapshot after it tells, and what is therefore a guess.

Known channels that the snapshot lacks ended in the gap; unknown ones began in it (ami.md §D.12)."""

from callcenter.core.call_record import AgentOutcome, Direction, HangupBy
from callcenter.core.calls import living, parties, talking
from callcenter.core.calls.call import Call, Gap
from callcenter.core.calls.channel import Channel
from callcenter.core.calls.dialing import answered, offer, ringing
from callcenter.core.calls.names import ChannelKind
from callcenter.core.calls.world import World
from callcenter.core.channel_events import (
    RINGING,
    UP,
    ChannelListComplete,
    ChannelListed,
    LinkLost,
    LinkRestored,
    PbxBooted,
    QueueEntryListed,
    VariableKnown,
)
from callcenter.core.events import CallChanged

ANSWERED_VARIABLE, STARTED_VARIABLE = "CDR(answer,u)", "CDR(start,u)"
"""The exact times, with microseconds, long after the events were missed (ami.md §D.12)."""
_DIALLED_APPLICATIONS = frozenset({"AppDial", "AppQueue", "AppDial2"})
"""What the far end of a dial runs, in the snapshot."""


def on_link_lost(world: World, event: LinkLost) -> None:
    """From here on we did not hear."""
    world.gap = Gap(lost_at=event.at, restored_at=None)
    for call in _open_calls(world):
        _mark(call, world)


def on_link_restored(world: World, event: LinkRestored) -> None:
    """We hear again; the snapshot will tell what changed."""
    if world.gap is None:
        world.gap = Gap(lost_at=event.at, restored_at=event.at)
    world.gap.restored_at = event.at
    world.listed.clear()
    world.link += 1
    for call in _open_calls(world):
        if call.gap is not None:
            call.gap.restored_at = event.at
            call.estimate("hold_seconds")


def on_pbx_booted(world: World, event: PbxBooted) -> None:
    """A PBX that started after we lost it has none of the channels we knew."""
    if world.gap is None or event.booted_at is None or event.booted_at < world.gap.lost_at:
        return
    for channel in list(world.channels.values()):
        _vanish(world, channel, by_pbx=True, until=event.booted_at)


def on_channel_listed(world: World, event: ChannelListed) -> None:
    """One channel that lives."""
    world.listed[event.channel.id] = event


def on_channel_list_complete(world: World, event: ChannelListComplete) -> None:
    """Compare, once per (re)connection and list."""
    for channel in list(world.channels.values()):
        if channel.id not in world.listed and channel.seen_on_link < world.link:
            _vanish(world, channel)
    for listed in sorted(world.listed.values(), key=lambda item: (-item.age_seconds, item.channel.id)):
        if listed.channel.id in world.channels:
            _still_there(world, listed)
        else:
            _discovered(world, listed)
    for listed in world.listed.values():
        _in_bridge(world, listed)
    world.listed.clear()


def _open_calls(world: World) -> list[Call]:
    return [call for call in dict.fromkeys(world.calls.values()) if call.ended_at is None]


def _mark(call: Call, world: World) -> None:
    if world.gap is not None and call.gap is None:
        call.gap = Gap(lost_at=world.gap.lost_at, restored_at=world.gap.restored_at)


def _vanish(world: World, channel: Channel, *, by_pbx: bool = False, until: float | None = None) -> None:
    """It ended in the gap, nobody knows when: the middle is wrong by half the gap at most. `by_pbx`: the PBX itself
    went down, whoever else may have hung up before."""
    call, gap = channel.call, world.gap
    _mark(call, world)
    if gap is None:
        return
    if until is None:
        until = gap.restored_at if gap.restored_at is not None else gap.lost_at
    call.estimate("ended_at", "talk_seconds" if call.answered_at is not None else "ring_seconds")
    if by_pbx:
        call.forced_end = HangupBy.SYSTEM
    else:
        call.estimate("hangup_by")
    living.remove(world, channel, (gap.lost_at + until) / 2)


def _still_there(world: World, listed: ChannelListed) -> None:
    channel = world.channels[listed.channel.id]
    was_up = channel.answered_at is not None
    world.see(listed.channel, listed.at)
    if channel.state == UP and not was_up:
        channel.answered_at = listed.at
        if channel.was_dialled and channel.is_party:
            channel.call.estimate("answered_at", "ring_seconds", "talk_seconds")
            answered(world, channel, listed.at)
            _want_times(world, channel.call)


def _discovered(world: World, listed: ChannelListed) -> None:
    """It began in the gap, or before we first connected."""
    started = listed.at - listed.age_seconds
    channel = world.see(listed.channel, started)
    if channel is None:
        return
    call = channel.call
    _mark(call, world)
    call.started_at = min(call.started_at, started)
    channel.was_dialled = listed.application in _DIALLED_APPLICATIONS
    if channel.is_party and not channel.was_dialled:
        _caller_discovered(world, channel, listed)
    elif channel.is_party:
        _called_discovered(world, channel, listed)


def _caller_discovered(world: World, channel: Channel, listed: ChannelListed) -> None:
    call = channel.call
    call.estimate("started_at", "ring_seconds")
    if channel.kind is ChannelKind.TRUNK and not call.is_decided:
        call.dialled_number = listed.dialled_number
        parties.decide_inbound(world, channel, listed.at)
        _want_times(world, call)


def _called_discovered(world: World, channel: Channel, listed: ChannelListed) -> None:
    call = channel.call
    caller = next((other for other in call.parties if other is not channel and not other.was_dialled), None)
    if not call.is_decided and channel.kind is ChannelKind.TRUNK:
        parties.customer_leg(world, channel, "", caller, listed.at)
        _want_times(world, call)
    elif not call.is_decided and caller is not None:
        parties.decide_internal(world, caller, caller.exten, listed.at)
    if channel is not call.customer:
        made = offer(world, channel, channel.label, listed.at - listed.age_seconds)
        if channel.state == RINGING:
            ringing(channel, made.offered_at)
        call.estimate("agents")
    if channel.state == UP:
        call.estimate("answered_at", "talk_seconds")
        answered(world, channel, listed.at)


def _in_bridge(world: World, listed: ChannelListed) -> None:
    channel = world.channels.get(listed.channel.id)
    if channel is None or (channel.bridge_id or "") == listed.bridge_id:
        return
    world.unbridge(channel)
    if not listed.bridge_id:
        return
    # Who talks together has one linked id by now; strangers in one bridge are parked (the list does not tell).
    members = [world.channels[member_id] for member_id in world.bridges.get(listed.bridge_id, ())]
    together = all(member.call is channel.call for member in members)
    world.bridge(channel, listed.bridge_id, waiting_room=channel.in_waiting_room or not together)
    if not channel.in_waiting_room:
        talking.connect(world, channel, listed.at)


def _want_times(world: World, call: Call) -> None:
    channel = call.customer or call.root
    if channel is not None:
        for variable in (STARTED_VARIABLE, ANSWERED_VARIABLE):
            world.wanted.append((channel.name, channel.id, variable))


def on_queue_entry_listed(world: World, event: QueueEntryListed) -> None:
    """A caller who waits since before we (re)connected."""
    channel = world.channels.get(event.channel_id)
    if channel is not None and channel.call.queue is None:
        channel.call.queue, channel.call.queued_at = event.queue, event.at - event.waited_seconds
        world.emit(channel.call, CallChanged, event.at)


def on_variable_known(world: World, event: VariableKnown) -> None:
    """The PBX answered a question of ours."""
    channel = world.channels.get(event.channel_id)
    if channel is None:
        return
    call = channel.call
    if event.variable == parties.PRESENTATION:
        hidden = event.value.startswith("prohib") and call.customer is channel and call.direction is Direction.INBOUND
        news = hidden and parties.hide_number(call)
    else:
        news = _exact_time(call, event.variable, event.value)
    if news:
        world.emit(call, CallChanged, event.at)


def _exact_time(call: Call, variable: str, value: str) -> bool:
    try:
        at = float(value)
    except ValueError:
        return False
    if call.gap is None or not 0 < at < float("inf"):
        return False
    if variable == STARTED_VARIABLE and "started_at" in call.gap.estimated:
        call.started_at = at
        call.gap.estimated.discard("started_at")
        return True
    # The PBX's own answer (queue, announcement) is not a human's.
    if variable == ANSWERED_VARIABLE and "answered_at" in call.gap.estimated and call.queue is None:
        call.answered_at = at
        call.gap.estimated -= {"answered_at", "talk_seconds"}
        _correct_offers(call, at)
        return True
    return False


def _correct_offers(call: Call, at: float) -> None:
    for made in call.offers:
        if made.outcome is AgentOutcome.ANSWERED and made.left_at is None:
            made.answered_at = made.ended_at = max(at, made.offered_at)


def end_all(world: World, at: float) -> None:
    """The link is gone for good at `at`."""
    world.gap = Gap(lost_at=at, restored_at=None)
    for channel in list(world.channels.values()):
        _vanish(world, channel)
