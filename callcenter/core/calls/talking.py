"""Conversations: bridges, holds, queues, keys, recordings."""

from callcenter.core.call_record import AgentOutcome, Direction
from callcenter.core.calls import parties
from callcenter.core.calls.call import Call
from callcenter.core.calls.channel import Channel
from callcenter.core.calls.dialing import taken_by
from callcenter.core.calls.moves import note_redirect
from callcenter.core.calls.names import ChannelKind
from callcenter.core.calls.offer import Offer
from callcenter.core.calls.world import World
from callcenter.core.channel_events import (
    BridgeEntered,
    BridgeLeft,
    DigitReceived,
    HoldEnded,
    HoldStarted,
    QueueJoined,
    QueueLeft,
    RecordingNamed,
    VoicemailReached,
)
from callcenter.core.events import CallHeld, CallQueued, CallResumed, DigitPressed, OfferEnded


def on_bridge_entered(world: World, event: BridgeEntered) -> None:
    """People are put together. Who talks together is in one call."""
    channel = world.see(event.channel, event.at)
    if channel is None:
        return
    world.bridge(channel, event.bridge_id, waiting_room=event.waiting_room)
    if not channel.is_party:
        if not event.waiting_room:
            connect(world, channel, event.at)
        return
    call = channel.call
    call.hangup_by = call.left_first = call.forced_end = None
    if not event.waiting_room:
        for member_id in sorted(world.bridges[event.bridge_id]):
            world.merge(world.channels[member_id].call, channel.call, event.at)
        connect(world, channel, event.at)


def connect(world: World, channel: Channel, at: float) -> None:
    """See who talks to whom now that `channel` is in a bridge."""
    talking = world.conversation(channel)
    if len(talking) < 2:
        return
    call = talking[0].call
    if not call.is_decided:
        _decide_late(world, talking, at)
    for party in talking:
        world.join(party, at)
    if call.customer in talking:
        agents = [party for party in talking if party is not call.customer and call.is_agent(party)]
        for agent in agents:
            _with_customer(world, call, agent, at)
        _note_speaker(call, agents, channel)


def _decide_late(world: World, talking: list[Channel], at: float) -> None:
    """The beginning of this call was not heard."""
    caller = min(talking, key=lambda channel: (channel.was_dialled, channel.created_at, channel.id))
    outside = [channel for channel in talking if channel.kind is ChannelKind.TRUNK]
    if caller.kind is ChannelKind.TRUNK:
        parties.decide_inbound(world, caller, at)
    elif outside:
        parties.customer_leg(world, outside[0], "", caller, at)
    else:
        parties.decide_internal(world, caller, caller.exten, at)


def _with_customer(world: World, call: Call, agent: Channel, at: float) -> None:
    made = agent.offer
    calls_out = call.direction is Direction.OUTBOUND and agent.extension == call.agent
    if made is None and (agent is call.root or calls_out):
        call.handed_on = False
        if call.answered_at is None:
            call.answered_at = at
        return
    if made is None:
        made = _joined_unasked(call, agent, at)
    if made.answered_at is None:
        made.answered_at = made.ended_at = at
        made.outcome = AgentOutcome.ANSWERED
        world.emit(call, OfferEnded, at, extension=made.extension, outcome=AgentOutcome.ANSWERED)
    if made.is_said or made.is_originated:
        call.handed_on = False
    else:
        taken_by(world, call, made, at)


def _note_speaker(call: Call, agents: list[Channel], newest: Channel) -> None:
    """Who speaks with the customer: who came last, else who is left."""
    if newest in agents:
        call.final_agent = newest.label
    elif agents and call.final_agent not in {agent.label for agent in agents}:
        call.final_agent = agents[-1].label


def _joined_unasked(call: Call, agent: Channel, at: float) -> Offer:
    """An agent who came by himself: fetched a parked call, picked up, joined."""
    made = Offer(agent.label, agent.id, at)
    agent.offer = made
    call.offers.append(made)
    return made


def on_bridge_left(world: World, event: BridgeLeft) -> None:
    """Somebody leaves a conversation."""
    channel = world.known(event.channel, event.at)
    if channel is None:
        return
    call = channel.call
    if channel.is_party and not channel.in_waiting_room and call.left_first is None:
        call.left_first = call.side(channel)
    if channel.bridge_id == event.bridge_id:
        world.unbridge(channel)
    if call.customer is not None and channel is not call.customer and call.customer.bridge_id is not None:
        left = world.conversation(call.customer)
        _note_speaker(call, [party for party in left if party is not call.customer and call.is_agent(party)], channel)


def on_hold_started(world: World, event: HoldStarted) -> None:
    """An agent's phone holds the other side."""
    channel = world.see(event.channel, event.at)
    if channel is None or not channel.is_party or channel.call.answered_at is None:
        return
    if channel.call.hold.start(channel.id, event.at):
        world.emit(channel.call, CallHeld, event.at, extension=channel.extension)


def on_hold_ended(world: World, event: HoldEnded) -> None:
    """The hold is over. A transferring phone says so on every channel, held or not (ami.md §D.16)."""
    channel = world.see(event.channel, event.at)
    if channel is not None and channel.call.hold.end(channel.id, event.at):
        world.emit(channel.call, CallResumed, event.at, extension=channel.extension)


def on_queue_joined(world: World, event: QueueJoined) -> None:
    """The caller waits."""
    channel = world.see(event.channel, event.at)
    if channel is None:
        return
    call = channel.call
    if not call.is_decided and channel.is_party:
        if channel.kind is ChannelKind.TRUNK:
            parties.decide_inbound(world, channel, event.at)
        else:
            parties.decide_internal(world, channel, channel.exten, event.at)
    note_redirect(world, call, channel, channel.exten, event.at)
    if call.queue is None or call.answered_at is None:
        call.queue, call.queue_left_at = event.queue, None
        call.queued_at = call.queued_at if call.queued_at is not None else event.at
    call.may_be_voicemail = False
    world.emit(call, CallQueued, event.at, queue=event.queue)


def on_queue_left(world: World, event: QueueLeft) -> None:
    """Answered, timed out, or given up: the other events tell which."""
    channel = world.known(event.channel, event.at)
    if channel is not None and channel.call.queue == event.queue and channel.call.queue_left_at is None:
        channel.call.queue_left_at = event.at


def on_digit(world: World, event: DigitReceived) -> None:
    """Only the customer's keys count; the PBX repeats them on the other leg (ami.md §D.17)."""
    channel = world.see(event.channel, event.at)
    if channel is not None and channel is channel.call.customer and channel.call.has_customer:
        channel.call.used_menu = channel.call.used_menu or channel.call.queued_at is None
        world.emit(channel.call, DigitPressed, event.at, digit=event.digit)


def on_recording_named(world: World, event: RecordingNamed) -> None:
    """A recording of the PBX's own."""
    channel = world.see(event.channel, event.at)
    if channel is not None and event.filename not in channel.call.recordings:
        channel.call.recordings.append(event.filename)


def on_voicemail_reached(world: World, event: VoicemailReached) -> None:
    """The caller reached the answering machine."""
    channel = world.see(event.channel, event.at)
    if channel is not None and channel is channel.call.customer and channel.call.answered_at is None:
        channel.call.voicemail = True
