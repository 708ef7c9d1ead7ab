"""Calls through queues."""

from asyncio import gather, sleep

from tests.rig.scenarios.registry import Stage, scenario
from tests.rig.truth import Truth, inbound, queue


@scenario()
async def queue_answered_customer_hangs(stage: Stage) -> list[Truth]:
    """Queue(support): the first agent offered answers after 2 s, the customer hangs up first"""
    customer = await stage.rig.customer_calls("4020")
    agent = await stage.rig.phone("1001").answer(after=2)
    await sleep(4)
    await customer.hangup()
    await agent.wait_ended()
    return [inbound(customer, [agent], **queue("support", customer, agent.answered_at))]


@scenario()
async def queue_declined_then_answered(stage: Stage) -> list[Truth]:
    """Queue(support): 1001 presses Decline after 1.5 s, 1002 answers after 1 s"""
    rig = stage.rig
    customer = await rig.customer_calls("4020")
    first = await rig.phone("1001").decline(after=1.5)
    second = await rig.phone("1002").answer(after=1)
    await sleep(3)
    await customer.hangup()
    await second.wait_ended()
    return [inbound(customer, [first, second], **queue("support", customer, second.answered_at))]


@scenario()
async def queue_timeout_exit(stage: Stage) -> list[Truth]:
    """The queue gives up after 6 s while 1001 rings; the pbx says goodbye and hangs up"""
    customer = await stage.rig.customer_calls("4024")
    agent = await stage.rig.phone("1001").rings()
    await gather(agent.wait_ended(), customer.wait_ended())
    return [inbound(customer, [agent], **queue("short", customer, agent.ended_at))]


@scenario()
async def queue_ringall(stage: Stage) -> list[Truth]:
    """Queue(sales) ringall: three phones ring, 1003 answers after 3 s"""
    rig = stage.rig
    customer = await rig.customer_calls("4021")
    legs = await gather(rig.phone("1001").rings(), rig.phone("1002").rings(), rig.phone("1003").answer(after=3))
    await sleep(4)
    await legs[2].hangup()
    await gather(*(leg.wait_ended() for leg in (*legs, customer)))
    return [inbound(customer, legs, **queue("sales", customer, legs[2].answered_at))]


@scenario()
async def queue_local_members_n(stage: Stage) -> list[Truth]:
    """Queue(locals): members Local/…@fm/n (they stay in the path), ringall; 1004 answers after 2 s"""
    rig = stage.rig
    customer = await rig.customer_calls("4022")
    legs = await gather(rig.phone("1003").rings(), rig.phone("1004").answer(after=2))
    await sleep(4)
    await customer.hangup()
    await gather(*(leg.wait_ended() for leg in legs))
    return [inbound(customer, legs, **queue("locals", customer, legs[1].answered_at))]


@scenario()
async def queue_two_waiting(stage: Stage) -> list[Truth]:
    """Two customers wait in Queue(support): the first is answered by 1001, the second gives up after 5 s"""
    rig = stage.rig
    first = await rig.customer_calls("4020", number="13811111111")
    agent = await rig.phone("1001").rings()
    second = await rig.customer_calls("4020", number="13822222222")
    other = await rig.phone("1002").rings()
    await agent.answer(after=2)
    await sleep(2.5)
    await second.hangup()
    await other.wait_ended()
    await sleep(2)
    await first.hangup()
    await agent.wait_ended()
    return [
        inbound(first, [agent], **queue("support", first, agent.answered_at)),
        inbound(second, [other], **queue("support", second, None)),
    ]
