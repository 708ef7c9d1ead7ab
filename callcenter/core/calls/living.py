"""Channels coming, changing and going, and with the last party the call."""

from callcenter.core.call_record import Direction, HangupBy
from callcenter.core.calls import parties
from callcenter.core.calls.call import Call
from callcenter.core.calls.channel import Channel
from callcenter.core.calls.dialing import resolve_offer, ringing
from callcenter.core.calls.names import ChannelKind, is_hidden
from callcenter.core.calls.world import World
from callcenter.core.channel_events import (
    BUSY,
    RING,
    RINGING,
    UP,
    ChannelCreated,
    ChannelHungUp,
    ChannelUpdated,
    HangupForced,
    HangupRequested,
    LocalPaired,
)
from callcenter.core.events import CallChanged, CallEnded

SHUTDOWN, TIMEOUT, EXPLICIT = 4, 8, 32
"""AST_SOFTHANGUP flags (Asterisk 22.10.1)."""


def on_created(world: World, event: ChannelCreated) -> None:
    """A channel exists. One that comes from outside is a customer's call."""
    channel = world.see(event.channel, event.at)
    if channel is None:
        return
    channel.created_at = event.at
    call = channel.call
    if call.root is channel and channel.kind is ChannelKind.TRUNK and channel.state == RING and not call.is_decided:
        parties.decide_inbound(world, channel, event.at)


def on_updated(world: World, event: ChannelUpdated) -> None:
    """It rings, it is up, its caller id changed."""
    channel = world.see(event.channel, event.at)
    if channel is None:
        return
    if channel.state == RINGING:
        ringing(channel, event.at)
    elif channel.state == UP and channel.answered_at is None:
        channel.answered_at = event.at
        _pbx_answered(channel)
    call = channel.call
    if channel is call.customer and call.direction is Direction.INBOUND:
        _caller_id(world, call, event)


def _pbx_answered(channel: Channel) -> None:
    """The caller is up. With phones rung in vain and no queue, that is the answering machine."""
    call = channel.call
    if channel is not call.customer or call.direction is not Direction.INBOUND or call.queue is not None:
        return
    if call.answered_at is None and call.offers and not any(o.is_open or o.answered_at for o in call.offers):
        call.may_be_voicemail = not any(c.is_up for c in call.parties if c is not channel)


def _caller_id(world: World, call: Call, event: ChannelUpdated) -> None:
    """A name looked up by the dialplan fills what was empty; it never replaces what the carrier gave."""
    if not call.customer_number and event.channel.caller_number:
        call.customer_number = event.channel.caller_number
        call.number_hidden = is_hidden(call.customer_number)
    call.customer_name = call.customer_name or event.channel.caller_name
    if event.number_hidden and parties.hide_number(call):
        world.emit(call, CallChanged, event.at)


def on_local_paired(world: World, event: LocalPaired) -> None:
    """Two halves belong together."""
    one, two = world.see(event.one, event.at), world.see(event.two, event.at)
    if one is not None and two is not None:
        one.other_half_id, two.other_half_id = two.id, one.id


def on_hangup_requested(world: World, event: HangupRequested) -> None:
    """The far end hung up, or refused. The first who does so in the customer's conversation ended the call."""
    channel = world.known(event.channel, event.at)
    if channel is None:
        return
    channel.hangup_cause = event.cause
    if not channel.is_party or channel.never_answered or channel.state == BUSY:
        return
    channel.has_hung_up = True
    call = channel.call
    call.hold.end(channel.id, event.at)
    if channel.offer is not None and channel.offer.left_at is None:
        # The PBX may keep the channel for seconds more, while a blonde transfer rings (ami.md §D.7).
        channel.offer.left_at = event.at
    if call.hangup_by is None and _concerns_customer(world, call, channel):
        call.hangup_by = call.side(channel)


def _concerns_customer(world: World, call: Call, channel: Channel) -> bool:
    """Hanging up a consultation, or leaving the customer with a colleague, does not end the customer's call."""
    customer = call.customer
    if customer is None or customer.bridge_id is None or channel is customer:
        return True
    talking = world.conversation(customer)
    if len(talking) < 2:
        return True
    return channel in talking and not any(p is not channel and p is not customer for p in talking)


def on_hangup_forced(world: World, event: HangupForced) -> None:
    """The PBX was told to hang up: by a hang-up button (whose leg it is), by its clock, by going down."""
    channel = world.known(event.channel, event.at)
    if channel is None or not channel.is_party or channel.call.forced_end is not None:
        return
    if event.reason & (SHUTDOWN | TIMEOUT):
        channel.call.forced_end = HangupBy.SYSTEM
    elif event.reason & EXPLICIT:
        channel.call.forced_end = channel.call.side(channel)


def on_hung_up(world: World, event: ChannelHungUp) -> None:
    """The channel is gone; with the last party, the call is."""
    channel = world.known(event.channel, event.at)
    if channel is not None:
        channel.hangup_cause = event.cause or channel.hangup_cause
        remove(world, channel, event.at)


def remove(world: World, channel: Channel, at: float) -> None:
    """Take a channel away at `at`."""
    call = channel.call
    call.hold.end(channel.id, at)
    resolve_offer(world, channel, at)
    if channel is call.customer:
        call.customer_left_at = at
        call.out_cause = call.out_cause or channel.hangup_cause
    world.leave(channel, at)
    world.forget(channel)
    if channel.is_party and not call.parties:
        end(world, call, at)
    elif not call.channels and call.root is None:
        world.close(call)


def end(world: World, call: Call, at: float) -> None:
    """No party is left. The call is over; it is final when it has settled."""
    if not call.is_reported and not parties.decide_by_dialled_digits(world, call, at):
        world.close(call)
        return
    # An agent may linger: after the customer's hang-up in the conversation, but before it with a busy tone.
    customers = call.direction is Direction.INBOUND or (call.has_customer and call.answered_at is not None)
    left = call.customer_left_at if customers else None
    call.ended_at = left if left is not None else at
    call.settle_at = world.now + world.config.settle_seconds
    world.ending[call] = None
    world.settle_at = min(world.settle_at, call.settle_at)


def settle(world: World, now: float) -> None:
    """Say the end of the calls from which nothing more is expected by `now` (arrival time)."""
    while world.ending:
        call = next(iter(world.ending))
        if call.settle_at > now:
            world.settle_at = call.settle_at
            return
        world.emit(call, CallEnded, call.ended_at if call.ended_at is not None else now)
        world.close(call)
    world.settle_at = float("inf")
