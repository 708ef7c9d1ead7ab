"""A blind transfer: the agent leaves, the customer's channel runs the dialplan again and rings the next phone."""

from callcenter.sim.calls.dialling import CallerGone, cancel_ringing, nobody_answered, ring
from callcenter.sim.calls.line import Line, SendTo
from callcenter.sim.calls.scenario import Outcome
from callcenter.sim.calls.talking import Pair
from callcenter.sim.switch import events
from callcenter.sim.switch.model import Party


async def send_on(
    line: Line, pair: Pair, order: SendTo, *, ring_seconds: float, answered: bool, by_phone: bool = False
) -> Pair | None:
    """The pair after the transfer, or None when nobody took it and the call is over. `by_phone` = the agent's phone
    sent a REFER, which raises Unhold first; a Redirect raises no transfer event at all (22.10.1)."""
    switch, customer, bridge = line.stage.switch, pair.customer, pair.agent.bridge
    if by_phone:
        switch.emit(events.of_channel("Unhold", pair.agent))
    if order.announced and bridge is not None:
        switch.emit(events.blind_transfer(pair.agent, customer, bridge, order.context, order.exten))
    if pair.visit is not None:
        pair.visit.complete(line, "transfer")
    switch.leave(pair.agent)
    customer.context, customer.exten, customer.priority = order.context, order.exten, 1
    switch.leave(customer)
    switch.hang_up(pair.agent)
    party = line.stage.agents.get(order.exten, Party(order.exten))
    customer.application, customer.application_data = "Dial", f"PJSIP/{order.exten},20,tT"
    outcome = Outcome.ANSWERED if answered and order.exten in line.stage.agents else Outcome.NO_ANSWER
    if switch.is_busy(f"PJSIP/{order.exten}"):
        outcome = Outcome.BUSY
    try:
        agent = await ring(
            line,
            customer,
            f"PJSIP/{order.exten}",
            party,
            dial_string=order.exten,
            seconds=ring_seconds,
            outcome=outcome,
        )
    except CallerGone:
        cancel_ringing(line, customer)
        return None
    if agent is None:
        nobody_answered(line, customer, Outcome.NO_ANSWER)
        return None
    return Pair(customer=customer, agent=agent, caller=customer)
