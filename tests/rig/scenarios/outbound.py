"""Calls by agents: dialled and by click."""

from asyncio import sleep

from tests.rig.scenarios.registry import Stage, scenario
from tests.rig.truth import Truth, outbound

CUSTOMER = "13900139000"
SHOWN = {"customer_sees": {"name": "Acme", "number": "02188880000"}}


@scenario()
async def out_answered_agent_hangs(stage: Stage) -> list[Truth]:
    """1001 dials 913900139000, the customer answers after 3 s, the agent hangs up first"""
    rig = stage.rig
    agent = await rig.phone("1001").dial(f"9{CUSTOMER}")
    customer = await rig.phone(CUSTOMER).answer(after=3)
    await sleep(4)
    await agent.hangup()
    await customer.wait_ended()
    return [outbound(agent, customer, to=CUSTOMER)]


@scenario()
async def out_cancelled(stage: Stage) -> list[Truth]:
    """1001 dials out and gives up after 4 s of ringing"""
    rig = stage.rig
    agent = await rig.phone("1001").dial(f"9{CUSTOMER}")
    customer = await rig.phone(CUSTOMER).rings()
    await sleep(4)
    await agent.hangup()
    await customer.wait_ended()
    return [outbound(agent, customer, to=CUSTOMER)]


@scenario()
async def out_rejected(stage: Stage) -> list[Truth]:
    """1001 dials out, the customer rejects the call after 1.5 s"""
    rig = stage.rig
    agent = await rig.phone("1001").dial(f"9{CUSTOMER}")
    customer = await rig.phone(CUSTOMER).decline(after=1.5)
    await agent.wait_ended()
    return [outbound(agent, customer, to=CUSTOMER)]


@scenario()
async def out_held(stage: Stage) -> list[Truth]:
    """1001 dials out, is answered after 2 s, holds 2 s, the customer hangs up"""
    rig = stage.rig
    agent = await rig.phone("1001").dial(f"9{CUSTOMER}")
    customer = await rig.phone(CUSTOMER).answer(after=2)
    await sleep(1)
    await agent.hold()
    await sleep(2)
    await agent.unhold()
    await sleep(1)
    await customer.hangup()
    await agent.wait_ended()
    return [outbound(agent, customer, to=CUSTOMER)]


async def click(stage: Stage, channel: str) -> None:
    """What the product's click-to-call sends."""
    await stage.rig.ami.action(
        "Originate",
        Channel=channel,
        Context="c2c",
        Exten=f"9{CUSTOMER}",
        Priority="1",
        CallerID=f"{CUSTOMER} <{CUSTOMER}>",
        Timeout="6000",
        Async="true",
    )


@scenario()
async def c2c_agent_no_answer(stage: Stage) -> list[Truth]:
    """AMI Originate PJSIP/1001: the agent's phone rings 6 s and is not answered; the customer is never called"""
    await click(stage, "PJSIP/1001")
    agent = await stage.rig.phone("1001").rings()
    await agent.wait_ended()
    return [outbound(agent, None, to=CUSTOMER)]


@scenario()
async def c2c_customer_busy(stage: Stage) -> list[Truth]:
    """AMI Originate PJSIP/1001: the agent answers after 1 s, the customer is busy"""
    await click(stage, "PJSIP/1001")
    agent = await stage.rig.phone("1001").answer(after=1)
    customer = await stage.rig.phone(CUSTOMER).busy(after=0.5)
    await agent.wait_ended()
    return [outbound(agent, customer, to=CUSTOMER, first_hangup="system")]


@scenario()
async def c2c_local_agent_no_answer(stage: Stage) -> list[Truth]:
    """AMI Originate Local/1001@internal: the agent's phone rings out"""
    await click(stage, "Local/1001@internal")
    agent = await stage.rig.phone("1001").rings()
    await agent.wait_ended()
    return [outbound(agent, None, to=CUSTOMER)]
