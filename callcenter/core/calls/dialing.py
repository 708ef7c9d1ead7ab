"""Dialling: who rings whom, and what came of it."""

from callcenter.core.call_record import AgentOutcome, Direction, TransferKind
from callcenter.core.calls import parties
from callcenter.core.calls.call import Call
from callcenter.core.calls.channel import Channel
from callcenter.core.calls.moves import note_redirect
from callcenter.core.calls.names import ChannelKind, number_in_dial_string
from callcenter.core.calls.offer import OUTCOME_BY_CAUSE, OUTCOME_BY_STATUS, Offer
from callcenter.core.calls.world import World
from callcenter.core.channel_events import RINGING, DialEnded, DialRinging, DialStarted
from callcenter.core.events import CallAnswered, CallOffered, OfferEnded

_MAX_LOCALS = 10
"""Local channels in a row before we stop following them."""


def on_dial_started(world: World, event: DialStarted) -> None:
    """A telephone will ring. Local channels only pass the dial on."""
    source = world.see(event.channel, event.at) if event.channel is not None else None
    dest = world.see(event.dest, event.at)
    if dest is None:
        return
    if source is not None and source.call is not dest.call:
        world.merge(source.call, dest.call, event.at)
    dest.was_dialled, dest.dialler_id = True, source.id if source is not None else None
    if not dest.is_party or dest.offer is not None:
        return
    origin, originated = _origin(world, source)
    if originated:
        _dial_for_originate(world, dest, event, source)
    elif origin is not None:
        _dial_for_party(world, origin, dest, event)


def _origin(world: World, source: Channel | None) -> tuple[Channel | None, bool]:
    """The party on whose behalf `source` dials, and whether it is nobody's: an Originate's."""
    for _ in range(_MAX_LOCALS):
        if source is None:
            return None, True
        if source.kind is not ChannelKind.LOCAL:
            return source, False
        half = world.half(source)
        dialled = half if half is not None and half.was_dialled else source
        if not dialled.was_dialled:
            # Made by the PBX for a feature-code transfer: the agent who talks asks a colleague (ami.md §D.7).
            return _talking_agent(world, source.call) or source.call.customer, False
        source = world.channels.get(dialled.dialler_id) if dialled.dialler_id else None
    return None, True


def _talking_agent(world: World, call: Call) -> Channel | None:
    candidates = [c for c in call.parties if c is not call.customer and c.is_up and call.is_agent(c)]
    return candidates[-1] if candidates and call.answered_at is not None else None


def _dial_for_originate(world: World, dest: Channel, event: DialStarted, source: Channel | None) -> None:
    call = dest.call
    if dest.kind is ChannelKind.TRUNK:
        parties.customer_leg(world, dest, event.dial_string, source, event.at)
        return
    if not call.is_decided:
        number = parties.wished_number(world, dest)
        if not number or world.namer.is_extension(number):
            parties.decide_internal(world, dest, number, event.at)
        else:
            parties.decide_outbound(world, call, number, event.at)
    offer(world, dest, dest.extension or "", event.at, is_originated=call.customer is None or call.customer is dest)


def _dial_for_party(world: World, origin: Channel, dest: Channel, event: DialStarted) -> None:
    call = dest.call
    if not call.is_decided:
        call = _first_dial(world, origin, dest, event)
        if dest is call.customer:
            return
    if _is_customer_leg(call, origin, dest):
        parties.customer_leg(world, dest, event.dial_string, origin, event.at)
        return
    extension = dest.extension or number_in_dial_string(event.dial_string) or dest.caller_number
    consults = origin is not call.customer and call.is_agent(origin) and call.answered_at is not None
    if not consults:
        note_redirect(world, call, origin, extension, event.at)
    offer(world, dest, extension, event.at, is_consultation=consults)


def _first_dial(world: World, origin: Channel, dest: Channel, event: DialStarted) -> Call:
    if origin.kind is ChannelKind.TRUNK:
        parties.decide_inbound(world, origin, event.at)
    elif dest.kind is ChannelKind.TRUNK:
        parties.customer_leg(world, dest, event.dial_string, origin, event.at)
    else:
        conversation = _conversation_of(world, origin)
        if conversation is not None:
            return world.merge(conversation, dest.call, event.at)
        parties.decide_internal(world, origin, origin.exten or dest.extension or "", event.at)
    return dest.call


def _conversation_of(world: World, origin: Channel) -> Call | None:
    """The customer call that the caller of a colleague is in with another channel: then it is a consultation."""
    for channel in world.channels.values():
        if channel.extension == origin.extension and channel is not origin and channel.bridge_id is not None:
            call = channel.call
            if call is not origin.call and call.has_customer and call.answered_at is not None:
                return call
    return None


def _is_customer_leg(call: Call, origin: Channel, dest: Channel) -> bool:
    if call.direction is not Direction.OUTBOUND or dest.kind is not ChannelKind.TRUNK or origin is call.customer:
        return False
    return call.customer is None or call.customer.id not in call.channels or call.customer.never_answered


def offer(
    world: World, channel: Channel, extension: str, at: float, *,
    is_consultation: bool = False, is_originated: bool = False,
) -> Offer:  # fmt: skip
    """An agent's phone is being rung."""
    call = channel.call
    made = Offer(extension, channel.id, at, is_consultation=is_consultation, is_originated=is_originated)
    channel.offer = made
    call.offers.append(made)
    call.may_be_voicemail = False
    if call.customer is None or not call.customer.has_hung_up:
        call.hangup_by = None
    world.announce(channel, at)
    world.emit(call, CallOffered, at, extension=extension, leg_id=channel.id)
    if channel.state == RINGING:
        ringing(channel, at)
    return made


def on_dial_ringing(world: World, event: DialRinging) -> None:
    """The far telephone rings."""
    dest = world.see(event.dest, event.at)
    if dest is not None:
        ringing(dest, event.at)


def ringing(channel: Channel, at: float) -> None:
    """Remember the first ring: of this phone, and of the one the call waits for."""
    call, made = channel.call, channel.offer
    if made is not None and made.rang_at is None and made.is_open:
        made.rang_at = at
    waited_for = (made is not None and not made.is_originated) or (made is None and channel is call.customer)
    if waited_for and channel.was_dialled and call.rang_at is None and call.answered_at is None:
        call.rang_at = at


def on_dial_ended(world: World, event: DialEnded) -> None:
    """Answered, or not. The PBX may say it twice (ami.md §D.5)."""
    dest = world.known(event.dest, event.at)
    if dest is None:
        return
    if event.status == "ANSWER":
        dest.answered_at = dest.answered_at if dest.answered_at is not None else event.at
        if dest.is_party:
            answered(world, dest, event.at)
    elif dest.is_party:
        _not_answered(world, dest, event)


def answered(world: World, channel: Channel, at: float) -> None:
    """A party that was rung took the call."""
    call, made = channel.call, channel.offer
    if made is None:
        if channel is call.customer and call.answered_at is None:
            call.answered_at, call.out_status = at, "ANSWER"
            world.emit(call, CallAnswered, at, extension=call.agent or "")
        return
    if not made.is_open:
        return
    made.answered_at = at
    end_offer(world, call, made, AgentOutcome.ANSWERED, at)
    if not made.is_consultation and not made.is_originated:
        taken_by(world, call, made, at)


def taken_by(world: World, call: Call, made: Offer, at: float) -> None:
    """This agent has the customer now."""
    made.is_said = True
    if call.answered_at is None:
        call.answered_at = at
    call.final_agent = made.extension
    if call.handed_on and call.transfers and call.transfers[-1].kind is TransferKind.PARK:
        call.transfers[-1].to = made.extension
    call.handed_on = call.may_be_voicemail = False
    world.emit(call, CallAnswered, at, extension=made.extension)
    for other in call.offers:
        if other.ended_at is not None and other.outcome is None:
            end_offer(world, call, other, AgentOutcome.ANSWERED_ELSEWHERE, other.ended_at)


def _not_answered(world: World, dest: Channel, event: DialEnded) -> None:
    call, made = dest.call, dest.offer
    if made is None:
        if dest is call.customer:
            call.out_status, call.out_cause = event.status, dest.hangup_cause
        return
    if not made.is_open:
        return
    outcome = _outcome(call, made, dest, event)
    if outcome is None:
        made.ended_at = event.at
    else:
        end_offer(world, call, made, outcome, event.at)


def _outcome(call: Call, made: Offer, dest: Channel, event: DialEnded) -> AgentOutcome | None:
    if event.forwarded_to:
        return AgentOutcome.FORWARDED
    if event.status != "CANCEL":
        return OUTCOME_BY_CAUSE.get(dest.hangup_cause) or OUTCOME_BY_STATUS.get(event.status, AgentOutcome.NO_ANSWER)
    if _taken_elsewhere(call, made):
        return AgentOutcome.ANSWERED_ELSEWHERE
    if made.is_consultation or made.is_originated:
        return AgentOutcome.CANCELLED
    if call.customer is not None and call.customer.has_hung_up:
        return AgentOutcome.NO_ANSWER
    return None


def _taken_elsewhere(call: Call, made: Offer) -> bool:
    for channel in call.channels.values():
        if channel.offer is not None and channel.offer is not made and channel.is_up:
            return channel.answered_at is not None and channel.answered_at >= made.offered_at
    return False


def end_offer(world: World, call: Call, made: Offer, outcome: AgentOutcome, at: float) -> None:
    """The phone stopped ringing."""
    made.ended_at, made.outcome = at, outcome
    world.emit(call, OfferEnded, at, extension=made.extension, outcome=outcome)


def resolve_offer(world: World, channel: Channel, at: float) -> None:
    """The channel hung up: whatever its dial left undecided is decided by the cause."""
    call, made = channel.call, channel.offer
    if made is None:
        return
    if made.outcome is None:
        gone = AgentOutcome.CANCELLED if made.is_consultation or made.is_originated else AgentOutcome.NO_ANSWER
        end = made.ended_at if made.ended_at is not None else at
        end_offer(world, call, made, OUTCOME_BY_CAUSE.get(channel.hangup_cause, gone), end)
    elif made.outcome is AgentOutcome.NO_ANSWER and channel.hangup_cause in OUTCOME_BY_CAUSE:
        made.outcome = OUTCOME_BY_CAUSE[channel.hangup_cause]
    if made.answered_at is not None and made.left_at is None:
        made.left_at = at
