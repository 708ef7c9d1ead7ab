"""The manager link or the PBX fails."""

import time
from asyncio import gather, sleep

from tests.rig.legs import Leg
from tests.rig.scenarios.registry import Stage, scenario
from tests.rig.scenarios.transfers import finish, talking
from tests.rig.truth import Truth, inbound


def gap(stage: Stage) -> list[float]:
    return [round(at or 0.0, 2) for at in (stage.recorder.lost_at, stage.recorder.restored_at)]


@scenario()
async def ami_drop_missed_end(stage: Stage) -> list[Truth]:
    """The link is down for 6 s: one call ends in the gap, one lies in it wholly, one starts in it and one spans it"""
    rig = stage.rig
    spanning = await rig.customer_calls("4002", number="13811111111")
    spanning_agent = await rig.phone("1002").answer(after=1)
    ending, ending_agent = await talking(stage)
    await stage.recorder.drop()
    await sleep(1)
    await ending.hangup()
    await ending_agent.wait_ended()
    inside = await rig.customer_calls("4001", number="13822222222")
    inside_agent = await rig.phone("1001").answer(after=1)
    await sleep(1)
    await inside.hangup()
    await inside_agent.wait_ended()
    starting = await rig.customer_calls("4001", number="13833333333")
    starting_agent = await rig.phone("1001").answer(after=1)
    await sleep(2)
    await stage.recorder.reconnect()
    await sleep(2)
    await starting_agent.hangup()
    await starting.wait_ended()
    await finish(spanning, spanning_agent, seconds=1)
    stage.facts["gap"] = gap(stage)
    return [
        inbound(spanning, [spanning_agent], spans_gap=True),
        inbound(ending, [ending_agent], ended_in_gap=True),
        inbound(inside, [inside_agent], inside_gap=True),
        inbound(starting, [starting_agent], started_in_gap=True),
    ]


@scenario()
async def ami_drop_ringing(stage: Stage) -> list[Truth]:
    """The link drops while the phone rings and is back 2 s after the answer"""
    rig = stage.rig
    customer = await rig.customer_calls("4001")
    agent = await rig.phone("1001").rings()
    await sleep(1)
    await stage.recorder.drop()
    await agent.answer(after=1)
    await sleep(2)
    await stage.recorder.reconnect()
    await finish(customer, agent, seconds=2)
    stage.facts["gap"] = gap(stage)
    return [inbound(customer, [agent], answered_in_gap=True)]


@scenario()
async def ami_drop_queue_waiting(stage: Stage) -> list[Truth]:
    """The link drops while a caller waits in Queue(sales) and is back while he still waits; then 1001 answers"""
    rig = stage.rig
    customer = await rig.customer_calls("4021")
    legs = await gather(*(rig.phone(ext).rings() for ext in ("1001", "1002", "1003")))
    await sleep(1)
    await stage.recorder.drop()
    await sleep(2)
    await stage.recorder.reconnect()
    await legs[0].answer(after=1)
    await finish(customer, *legs, seconds=2)
    stage.facts["gap"] = gap(stage)
    wait = round((legs[0].answered_at or 0.0) - (customer.created_at or 0.0), 2)
    return [inbound(customer, legs, queue={"name": "sales", "wait_s": wait})]


async def after_outage(stage: Stage) -> tuple[Leg, Leg]:
    """The PBX is back, and so is the link: one more call, to show that the feed goes on."""
    await stage.rig.start_pbx()
    await stage.recorder.reconnect()
    await sleep(1)
    customer = await stage.rig.customer_calls("4001", number="13822222222")
    agent = await stage.rig.phone("1001").answer(after=1)
    await finish(customer, agent, seconds=2)
    return customer, agent


@scenario()
async def pbx_restart_midcall(stage: Stage) -> list[Truth]:
    """The PBX is shut down in good order 3 s into a call and started again; then another call"""
    rig = stage.rig
    customer, agent = await talking(stage)
    at = time.time()
    await rig.stop_pbx()
    await stage.recorder.lost()
    await gather(customer.wait_ended(), agent.wait_ended())
    second, second_agent = await after_outage(stage)
    stage.facts |= {"gap": gap(stage), "stopped_at": round(at, 2)}
    ended = inbound(customer, [agent], first_hangup="system", ended_by="pbx shutdown")
    return [ended, inbound(second, [second_agent])]


@scenario()
async def pbx_crash_midcall(stage: Stage) -> list[Truth]:
    """The PBX is killed 3 s into a call and started again; then another call. The phones never hear of the end"""
    rig = stage.rig
    customer, agent = await talking(stage)
    at = time.time()
    await rig.kill_pbx()
    await stage.recorder.lost()
    await sleep(1)
    second, second_agent = await after_outage(stage)
    stage.facts |= {"gap": gap(stage), "killed_at": round(at, 2)}
    # For the parties the conversation was over when the sound stopped.
    for leg in (customer, agent):
        leg.ended_at = at
    ended = inbound(customer, [agent], first_hangup="system", ended_by="pbx crash", ended_in_gap=True)
    return [ended, inbound(second, [second_agent])]
