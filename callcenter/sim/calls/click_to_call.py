"""Click-to-call: Originate rings the agent's phone first and then dials the customer from it."""

from dataclasses import dataclass

from callcenter.sim.calls.dialling import CallerGone, ringing
from callcenter.sim.calls.line import Line
from callcenter.sim.calls.scenario import Outcome, Ring, Scenario
from callcenter.sim.calls.script import dial_out, talk_to_the_end
from callcenter.sim.switch import events
from callcenter.sim.switch.model import Channel, ChannelState, Party

OUTSIDE_PREFIX = "9"
"""Agents dial 9 before a number outside."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CallOrder:
    """What the Originate says."""

    extension: str
    exten: str
    context: str
    caller: Party
    action_id: str
    agent_ring_seconds: float = 2.0


async def click_to_call(line: Line, order: CallOrder, scenario: Scenario) -> None:
    """`scenario` says how the customer takes it and what is spoken."""
    switch = line.stage.switch
    try:
        agent = await _ring_agent(line, order)
        if agent is None:
            return
        agent.context, agent.exten, agent.dialled_number = order.context, order.exten, order.exten
        number = order.exten.removeprefix(OUTSIDE_PREFIX) if len(order.exten) > 6 else order.exten
        pair = await dial_out(line, agent, number, Ring(seconds=4.0))
        if pair is not None:
            await talk_to_the_end(line, scenario, pair)
    finally:
        for channel in line.channels:
            switch.hang_up(channel)


async def _ring_agent(line: Line, order: CallOrder) -> Channel | None:
    switch, device = line.stage.switch, f"PJSIP/{order.extension}"
    party = line.stage.agents.get(order.extension, Party(order.extension))
    agent = switch.new_channel(device, caller=party, context="internal", exten="s")
    line.channels.append(agent)
    agent.application, agent.application_data = "AppDial2", "(Outgoing Line)"
    switch.set_caller(agent, order.caller)
    switch.connect_line(agent, order.caller)
    switch.emit(events.dial("DialBegin", None, agent, ("DialString", order.extension)))
    switch.set_state(agent, ChannelState.RINGING)
    switch.emit(events.dial("DialState", None, agent, ("DialStatus", "RINGING")))
    try:
        outcome = await ringing(line, agent, agent, order.agent_ring_seconds, Outcome.ANSWERED)
    except CallerGone:
        outcome = Outcome.NO_ANSWER
    where = [("Channel", agent.name), ("Context", order.context), ("Exten", order.exten)]
    if outcome is not Outcome.ANSWERED:
        switch.emit(events.dial("DialEnd", None, agent, ("DialStatus", "NOANSWER")))
        switch.hang_up(agent, 0)
        switch.emit(events.originate_response(agent, order.action_id, where, reason=3))
        return None
    switch.set_state(agent, ChannelState.UP)
    switch.emit(events.dial("DialEnd", None, agent, ("DialStatus", "ANSWER")))
    switch.emit(events.originate_response(agent, order.action_id, where, reason=4))
    return agent
