"""A whole call from the scenario: arrives or is dialled, rings, is talked, perhaps transferred, and ends."""

from collections.abc import Awaitable, Callable

from callcenter.core.call_record import Direction
from callcenter.sim.calls.dialling import CallerGone, cancel_ringing, nobody_answered, ring
from callcenter.sim.calls.line import HangUp, Line, SendTo
from callcenter.sim.calls.queueing import wait_in_queue
from callcenter.sim.calls.scenario import Outcome, Ring, Scenario, Side
from callcenter.sim.calls.talking import Pair, end_by, end_talk, talk
from callcenter.sim.calls.transferring import send_on
from callcenter.sim.switch.model import Channel, ChannelState, Party


async def play_call(line: Line, scenario: Scenario) -> None:
    """Plays it to its end. When cancelled, the channels that are left are hung up."""
    begin: Callable[[Line, Scenario], Awaitable[Pair | None]]
    begin = _outbound if scenario.direction is Direction.OUTBOUND else _inbound
    if scenario.hangs_up_after is not None:
        line.gives_up_at = line.stage.switch.clock.now() + scenario.hangs_up_after
    try:
        pair = await begin(line, scenario)
        line.gives_up_at = None
        if pair is not None:
            await talk_to_the_end(line, scenario, pair)
    finally:
        for channel in line.channels:
            line.stage.switch.hang_up(channel)


async def _inbound(line: Line, scenario: Scenario) -> Pair | None:
    caller = line.stage.switch.new_channel(
        line.stage.trunk,
        caller=Party(scenario.number, scenario.name),
        context="from-trunk",
        exten=scenario.to,
        state=ChannelState.RING,
    )
    caller.dialled_number, caller.hidden = scenario.to, scenario.hidden
    line.channels.append(caller)
    if scenario.queue is not None:
        visit = await wait_in_queue(line, caller, scenario.queue, scenario.rings)
        return Pair(customer=caller, agent=visit.agent, caller=caller, visit=visit) if visit else None
    caller.priority = 3
    for offer in scenario.rings:
        extension = offer.agent or next(iter(line.stage.agents))
        agent = await _ring_agent(line, caller, extension, offer)
        if agent is not None:
            return Pair(customer=caller, agent=agent, caller=caller)
        if caller.name not in line.stage.switch.channels:
            return None
    nobody_answered(line, caller, scenario.rings[-1].outcome)
    return None


async def _ring_agent(line: Line, caller: Channel, extension: str, offer: Ring) -> Channel | None:
    device = f"PJSIP/{extension}"
    caller.application, caller.application_data = "Dial", f"{device},20,tT"
    party = line.stage.agents.get(extension, Party(extension))
    outcome = Outcome.BUSY if line.stage.switch.is_busy(device) else offer.outcome
    try:
        return await ring(line, caller, device, party, dial_string=extension, seconds=offer.seconds, outcome=outcome)
    except CallerGone:
        cancel_ringing(line, caller)
        return None


async def _outbound(line: Line, scenario: Scenario) -> Pair | None:
    """The agent dials; the dialplan overwrites the caller id with the trunk's number before it dials out."""
    extension = scenario.rings[0].agent or next(iter(line.stage.agents))
    device = f"PJSIP/{extension}"
    while line.stage.switch.is_busy(device):
        await line.pause(1.0)
    caller = line.stage.switch.new_channel(
        device,
        caller=line.stage.agents.get(extension, Party(extension)),
        context="internal",
        exten=scenario.to,
        state=ChannelState.RING,
    )
    caller.dialled_number = scenario.to
    line.channels.append(caller)
    return await dial_out(line, caller, scenario.number, scenario.rings[0])


async def dial_out(line: Line, agent: Channel, number: str, offer: Ring) -> Pair | None:
    """From an agent's channel to the outside; the pair when the customer answered."""
    stage = line.stage
    stage.switch.set_caller(agent, Party(stage.trunk_party.number, agent.caller.name))
    agent.priority = 2
    stage.switch.set_caller(agent, stage.trunk_party)
    agent.priority = 3
    trunk_name = stage.trunk.partition("/")[2]
    agent.application, agent.application_data = "Dial", f"PJSIP/{number}@{trunk_name},40,tT"
    try:
        customer = await ring(
            line,
            agent,
            stage.trunk,
            Party(agent.exten),
            dial_string=f"{number}@{trunk_name}",
            seconds=offer.seconds,
            outcome=offer.outcome,
        )
    except CallerGone:
        cancel_ringing(line, agent)
        return None
    if customer is None:
        nobody_answered(line, agent, offer.outcome)
        return None
    return Pair(customer=customer, agent=agent, caller=agent)


async def talk_to_the_end(line: Line, scenario: Scenario, pair: Pair) -> None:
    """Everything after a human answered: the talk, transfers, the hang-up."""
    dialogue, silence, hold = scenario.dialogue, scenario.talk_seconds, scenario.hold
    planned = scenario.transfer
    while True:
        command = await talk(line, pair, dialogue, scenario.language, silence=silence, hold=hold)
        if isinstance(command, HangUp):
            end_by(line, pair, command)
            return
        if isinstance(command, SendTo):
            following = await send_on(line, pair, command, ring_seconds=4.0, answered=True)
            dialogue, planned = (planned.dialogue, None) if planned else ("", None)
        elif planned is not None:
            order = SendTo(exten=planned.to, context=line.stage.transfer_context, announced=True)
            following = await send_on(
                line, pair, order, ring_seconds=planned.ring_seconds, answered=planned.answered, by_phone=True
            )
            dialogue, planned = planned.dialogue, None
        else:
            end_talk(line, pair, pair.customer if scenario.hangup_by is Side.CUSTOMER else pair.agent)
            return
        if following is None:
            return
        pair, hold, silence = following, None, 0.0 if dialogue else 10.0
