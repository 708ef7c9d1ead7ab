"""Who is who: direction, customer, numbers. Decided once per call, at the first event that tells."""

from callcenter.core.call_record import Direction
from callcenter.core.calls.call import Call
from callcenter.core.calls.channel import Channel
from callcenter.core.calls.names import ChannelKind, is_hidden, number_in_dial_string, outside_number
from callcenter.core.calls.world import World

PRESENTATION = "CALLERID(num-pres)"
"""Whether the caller's number may be shown: no event says it (ami.md §D.14)."""
MIN_OUTSIDE_DIGITS = 7
"""A number this long that an agent dialled was meant for the outside, even when the PBX dialled nobody."""


def decide_inbound(world: World, channel: Channel, at: float) -> None:
    """`channel` called in from outside."""
    call = channel.call
    call.is_decided, call.direction, call.customer = True, Direction.INBOUND, channel
    call.customer_number, call.customer_name = channel.caller_number, channel.caller_name
    call.dialled_number = call.dialled_number or channel.exten
    call.number_hidden = is_hidden(channel.caller_number)
    world.wanted.append((channel.name, channel.id, PRESENTATION))
    world.start(call, at)


def decide_outbound(world: World, call: Call, number: str, at: float) -> None:
    """An agent calls `number` outside; the customer's channel may not exist yet."""
    call.is_decided, call.direction = True, Direction.OUTBOUND
    call.customer_number = call.dialled_number = number
    world.start(call, at)


def decide_internal(world: World, caller: Channel, dialled: str, at: float) -> None:
    """One telephone of ours calls another."""
    call = caller.call
    call.is_decided, call.direction, call.customer = True, Direction.INTERNAL, caller
    call.customer_number, call.customer_name = caller.extension or caller.caller_number, caller.caller_name
    call.dialled_number = dialled
    world.start(call, at)


def customer_leg(world: World, channel: Channel, dial_string: str, source: Channel | None, at: float) -> None:
    """The customer's telephone is being called."""
    call = channel.call
    number = number_in_dial_string(dial_string) or _dialled_by(world, source)
    call.customer, call.customer_left_at = channel, None
    call.out_status, call.out_cause, call.rang_at = "", 0, None
    if call.is_decided and call.direction is Direction.OUTBOUND:
        call.customer_number = call.dialled_number = number or call.customer_number
    else:
        decide_outbound(world, call, number, at)
    world.announce(channel, at)


def decide_by_dialled_digits(world: World, call: Call, at: float) -> bool:
    """An agent dialled an outside number and the PBX called nobody: a call that failed. Says whether it was so."""
    root = call.root
    if call.is_decided or root is None or root.kind is not ChannelKind.PHONE or root.was_dialled:
        return False
    number = _dialled_by(world, root)
    if not number.lstrip("+").isdigit() or len(number) < MIN_OUTSIDE_DIGITS:
        return False
    decide_outbound(world, call, number, at)
    return True


def wished_number(world: World, channel: Channel) -> str:
    """Whom the agent wants to reach who is rung first (click-to-call): the number shown on the agent's phone."""
    for number in (channel.connected_number, channel.caller_number):
        if number and number != channel.extension:
            return number
    return ""


def hide_number(call: Call) -> bool:
    """The caller asked for privacy. Says whether that is news."""
    news = not call.number_hidden
    call.number_hidden = True
    return news


def _dialled_by(world: World, source: Channel | None) -> str:
    return outside_number(source.exten, world.config.outside_prefixes) if source is not None else ""
