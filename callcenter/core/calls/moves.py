"""The customer is handed on: transfers of every kind, redirect, parking, pickup; and listeners, who take no part."""

from callcenter.core.call_record import AgentOutcome, TransferKind
from callcenter.core.calls.call import Call, Transfer
from callcenter.core.calls.channel import Channel
from callcenter.core.calls.names import ChannelKind
from callcenter.core.calls.offer import Offer
from callcenter.core.calls.world import World
from callcenter.core.channel_events import (
    AttendedTransferred,
    BlindTransferred,
    CallPickedUp,
    ChannelFacts,
    Parked,
    ParkingEnded,
    SpyStarted,
)
from callcenter.core.events import CallTransferred, OfferEnded

_SAME_MOVE_SECONDS = 0.5
"""Both tellings of one parking were at most 1 ms apart in our recordings (Asterisk 22.10.1)."""


def transfer(world: World, call: Call, kind: TransferKind, from_: str, to: str, at: float) -> Transfer:
    """Note a hand-over and say it."""
    made = Transfer(kind, from_, to, at)
    call.transfers.append(made)
    call.handed_on = kind is not TransferKind.ATTENDED
    call.hangup_by = None
    world.emit(call, CallTransferred, at, kind=kind, from_=from_, to=to)
    return made


def on_blind_transferred(world: World, event: BlindTransferred) -> None:
    """Phone, feature code and manager alike."""
    transferer = world.see(event.transferer, event.at)
    _see_together(world, transferer, event.transferee, event.at)
    if transferer is None or (transferer is transferer.call.customer and transferer.extension is None):
        return
    if event.by_phone and transferer.offer is not None and transferer.offer.left_at is None:
        transferer.offer.left_at = event.at
    call = transferer.call
    if not _just_now(call, TransferKind.PARK, event.at):
        transfer(world, call, TransferKind.BLIND, transferer.label, event.extension, event.at)


def on_attended_transferred(world: World, event: AttendedTransferred) -> None:
    """After a talk, or (blonde) while the colleague's phone still rang."""
    transferer = world.see(event.transferer, event.at)
    if transferer is None:
        return
    for other in (event.consulting, event.transferee, event.target):
        _see_together(world, transferer, other, event.at)
    call = transferer.call
    made = _target_offer(world, call, event.target)
    kind = TransferKind.BLONDE if made is not None and made.is_open else TransferKind.ATTENDED
    to = made.extension if made is not None else _target_name(world, event)
    if made is not None:
        # From now on it is the customer whom the colleague's phone rings for.
        made.is_consultation = made.is_consultation and not made.is_open
    transfer(world, call, kind, transferer.label, to, event.at)


def _see_together(world: World, channel: Channel | None, facts: ChannelFacts | None, at: float) -> None:
    other = world.see(facts, at) if facts is not None else None
    if channel is not None and other is not None:
        world.merge(channel.call, other.call, at)


def _target_offer(world: World, call: Call, facts: ChannelFacts | None) -> Offer | None:
    """The offer to whom the customer goes: the target's own, else the latest consultation."""
    target = world.channels.get(facts.id) if facts is not None else None
    if target is not None and target.offer is not None:
        return target.offer
    return next((o for o in reversed(call.offers) if o.is_consultation and o.left_at is None), None)


def _target_name(world: World, event: AttendedTransferred) -> str:
    if event.target is not None:
        identity = world.identify(event.target.name)
        if identity.kind is ChannelKind.LOCAL:
            return event.target.name.removeprefix("Local/").partition("@")[0]
        return identity.extension or event.target.caller_number
    return event.consulting.exten


def note_redirect(world: World, call: Call, origin: Channel, to: str, at: float) -> None:
    """The manager's Redirect raises no transfer event: the answered customer is sent somewhere else although
    nobody hung up (ami.md §D.7)."""
    sent_on = origin is call.customer and call.answered_at is not None and origin.bridge_id is None
    if sent_on and not call.handed_on and call.hangup_by is None and call.final_agent is not None:
        transfer(world, call, TransferKind.BLIND, call.final_agent, origin.exten or to, at)


def on_parked(world: World, event: Parked) -> None:
    """The customer waits in a parking space until somebody fetches him."""
    channel = world.see(event.channel, event.at)
    if channel is None:
        return
    call = channel.call
    parker = world.identify(event.parker).extension or call.final_agent or ""
    if _just_now(call, TransferKind.BLIND, event.at):
        call.transfers.pop()
    transfer(world, call, TransferKind.PARK, parker, event.space, event.at)


def _just_now(call: Call, kind: TransferKind, at: float) -> bool:
    """Whether the last hand-over was of this kind and the same one: a transfer to the parking extension is told twice,
    in either order."""
    last = call.transfers[-1] if call.transfers else None
    return last is not None and last.kind is kind and abs(at - last.at) <= _SAME_MOVE_SECONDS


def on_parking_ended(world: World, event: ParkingEnded) -> None:
    """Fetched, or timed out; the one who fetches joins the conversation next."""
    channel = world.known(event.channel, event.at)
    retriever = world.see(event.retriever, event.at) if event.retriever is not None else None
    if channel is None or retriever is None:
        return
    call = world.merge(channel.call, retriever.call, event.at)
    parked = [made for made in call.transfers if made.kind is TransferKind.PARK]
    if parked:
        parked[-1].to = retriever.label


def on_picked_up(world: World, event: CallPickedUp) -> None:
    """A colleague took the ringing call: the rung phone stops, the colleague's offer is this moment."""
    picker, target = world.see(event.picker, event.at), world.see(event.target, event.at)
    if picker is None or target is None:
        return
    call = world.merge(target.call, picker.call, event.at)
    rung = target.offer
    if rung is not None and rung.is_open:
        rung.ended_at, rung.outcome = event.at, AgentOutcome.ANSWERED_ELSEWHERE
        world.emit(call, OfferEnded, event.at, extension=rung.extension, outcome=AgentOutcome.ANSWERED_ELSEWHERE)


def on_spy_started(world: World, event: SpyStarted) -> None:
    """A supervisor listens. That is no call of its own."""
    spyer, spied = world.see(event.spyer, event.at), world.see(event.spied, event.at)
    if spyer is None or spied is None or not spyer.is_party:
        return
    alone = spyer.call is not spied.call and spyer.call.parties == [spyer]
    if alone:
        spyer.is_spy = True
        world.merge(spied.call, spyer.call, event.at)
