"""Calls from outside to one phone, a ring group, a menu."""

from asyncio import gather, sleep

from tests.rig.legs import Leg
from tests.rig.scenarios.registry import Stage, scenario
from tests.rig.truth import Truth, inbound


async def short_call(stage: Stage, customer: Leg) -> Leg:
    """1001 answers after 1 s, 2 s of talk, the customer hangs up."""
    agent = await stage.rig.phone("1001").answer(after=1)
    await sleep(2)
    await customer.hangup()
    await agent.wait_ended()
    return agent


def shown(agent: Leg) -> Truth:
    """What the agent saw on the telephone's display."""
    return {"phone_display": {"name": agent.caller[0], "number": agent.caller[1]}}


@scenario()
async def in_no_answer(stage: Stage) -> list[Truth]:
    """The phone rings 6 s, nobody answers, the pbx gives up"""
    customer = await stage.rig.customer_calls("4003")
    agent = await stage.rig.phone("1001").rings()
    await gather(agent.wait_ended(), customer.wait_ended())
    return [inbound(customer, [agent])]


@scenario()
async def in_restricted(stage: Stage) -> list[Truth]:
    """The customer withholds the number: anonymous From"""
    customer = await stage.rig.customer_calls("4001", hidden=True)
    agent = await short_call(stage, customer)
    return [inbound(customer, [agent], number="anonymous", from_name="Anonymous", **shown(agent))]


@scenario()
async def in_privacy_pai(stage: Stage) -> list[Truth]:
    """The customer withholds the number, but the carrier passes it on in P-Asserted-Identity with Privacy: id"""
    customer = await stage.rig.customer_calls("4001", name="Zhang San", hidden=True, asserted=True)
    agent = await short_call(stage, customer)
    return [inbound(customer, [agent], privacy=True, from_name="Zhang San", **shown(agent))]


@scenario()
async def in_odd_name(stage: Stage) -> list[Truth]:
    """A caller's name full of characters that parsers trip over"""
    name = "O'Neil: A, B; <c> = 100%"
    customer = await stage.rig.customer_calls("4001", name=name)
    agent = await short_call(stage, customer)
    return [inbound(customer, [agent], from_name=agent.caller[0], **shown(agent))]


@scenario()
async def in_gbk_name(stage: Stage) -> list[Truth]:
    """The carrier sends the name in GBK: Asterisk replaces what is not UTF-8 before AMI"""
    customer = await stage.rig.customer_calls("4001", raw_name="张伟".encode("gbk"))
    agent = await short_call(stage, customer)
    return [inbound(customer, [agent], **shown(agent))]


@scenario()
async def in_no_callerid(stage: Stage) -> list[Truth]:
    """A From without user part or name"""
    caller = await stage.rig.sip_call("4001", "<sip:127.0.0.2>")
    agent = await stage.rig.phone("1001").answer(after=1)
    await caller.wait_up()
    await sleep(2)
    await caller.hangup()
    await agent.wait_ended()
    return [inbound(caller.leg, [agent], **shown(agent))]


@scenario()
async def ringgroup_local_optimised(stage: Stage) -> list[Truth]:
    """A ring group over Local channels (optimised away on answer): 1002 answers after 2 s"""
    rig = stage.rig
    customer = await rig.customer_calls("4012")
    first, second = await gather(rig.phone("1001").rings(), rig.phone("1002").answer(after=2))
    await sleep(4)
    await customer.hangup()
    await gather(first.wait_ended(), second.wait_ended())
    return [inbound(customer, [first, second])]


@scenario()
async def ringgroup_no_answer(stage: Stage) -> list[Truth]:
    """A ring group of three; 1001 declines, the customer gives up after 5 s"""
    rig = stage.rig
    customer = await rig.customer_calls("4010")
    first, second, third = await gather(
        rig.phone("1001").decline(after=2), rig.phone("1002").rings(), rig.phone("1003").rings()
    )
    await sleep(3)
    await customer.hangup()
    await gather(second.wait_ended(), third.wait_ended())
    return [inbound(customer, [first, second, third])]


@scenario()
async def forward_302(stage: Stage) -> list[Truth]:
    """1001's phone answers 302 Moved to 1002, who answers after 2 s"""
    rig = stage.rig
    customer = await rig.customer_calls("4001")
    first = await rig.phone("1001").rings()
    await first.forward(rig.sip_uri("1002"), after=0.3)
    second = await rig.phone("1002").answer(after=2)
    await sleep(3)
    await customer.hangup()
    await gather(first.wait_ended(), second.wait_ended())
    return [inbound(customer, [first, second])]


@scenario()
async def forward_to_mobile(stage: Stage) -> list[Truth]:
    """The DID leads to a mobile: trunk to trunk, answered after 3 s, hung up there"""
    rig = stage.rig
    customer = await rig.customer_calls("4013")
    mobile = await rig.phone("13700137000").answer(after=3)
    await sleep(4)
    await mobile.hangup()
    await customer.wait_ended()
    return [inbound(customer, [mobile])]


@scenario()
async def hunt_to_mobile(stage: Stage) -> list[Truth]:
    """1001 rings 4 s without answer, then his mobile is called and answers after 2 s"""
    rig = stage.rig
    customer = await rig.customer_calls("4014")
    desk = await rig.phone("1001").rings()
    mobile = await rig.phone("13700137000").answer(after=2)
    await sleep(3)
    await customer.hangup()
    await gather(desk.wait_ended(), mobile.wait_ended())
    return [inbound(customer, [desk, mobile])]


@scenario()
async def ivr_to_extension(stage: Stage) -> list[Truth]:
    """A menu: the customer dials 1002 in it, who answers after 2 s"""
    rig = stage.rig
    customer = await rig.customer_calls("4030")
    await customer.wait_up()
    await sleep(2)
    await customer.dtmf("1002")
    agent = await rig.phone("1002").answer(after=2)
    await sleep(4)
    await customer.hangup()
    await agent.wait_ended()
    return [inbound(customer, [agent], dtmf="1002")]


@scenario()
async def ivr_to_queue(stage: Stage) -> list[Truth]:
    """A menu: the customer presses 1 for the queue support; the first agent answers after 2 s and hangs up first"""
    rig = stage.rig
    customer = await rig.customer_calls("4030")
    await customer.wait_up()
    await sleep(2)
    await customer.dtmf("1")
    agent = await rig.phone("1001").answer(after=2)
    await sleep(3)
    await agent.hangup()
    await customer.wait_ended()
    waited = round((agent.answered_at or 0.0) - (agent.created_at or 0.0), 2)
    return [inbound(customer, [agent], dtmf="1", queue={"name": "support", "wait_s": waited})]


@scenario()
async def ivr_hangup(stage: Stage) -> list[Truth]:
    """The customer hangs up in the menu, nobody was rung"""
    customer = await stage.rig.customer_calls("4030")
    await customer.wait_up()
    await customer.hangup(after=4)
    return [inbound(customer, [])]


@scenario()
async def same_caller_twice(stage: Stage) -> list[Truth]:
    """The same customer calls twice, 1 s apart; two calls"""
    calls = []
    for _ in range(2):
        customer = await stage.rig.customer_calls("4001")
        agent = await short_call(stage, customer)
        calls.append(inbound(customer, [agent]))
        await sleep(1)
    return calls
