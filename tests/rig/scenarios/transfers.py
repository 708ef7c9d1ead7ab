"""The customer is handed on: blind and attended, by phone, by feature code and over AMI."""

import time
from asyncio import gather, sleep

from tests.rig.legs import Leg
from tests.rig.scenarios.registry import Stage, scenario
from tests.rig.truth import Truth, inbound, internal, queue, transfer


async def talking(stage: Stage, did: str = "4001", seconds: float = 3.0) -> tuple[Leg, Leg]:
    """A customer and 1001 in conversation: 2 s of ringing, `seconds` of talk."""
    customer = await stage.rig.customer_calls(did)
    agent = await stage.rig.phone("1001").answer(after=2)
    await sleep(seconds)
    return customer, agent


async def finish(customer: Leg, *agents: Leg, seconds: float = 4.0) -> None:
    """`seconds` more of talk, then the customer hangs up."""
    await sleep(seconds)
    await customer.hangup()
    await gather(*(agent.wait_ended() for agent in agents))


@scenario()
async def blind_xfer_ami(stage: Stage) -> list[Truth]:
    """AMI BlindTransfer of 1001's call to 1002, who answers after 2 s"""
    rig = stage.rig
    customer, first = await talking(stage)
    at = time.time()
    await rig.ami.action("BlindTransfer", Channel=await rig.pbx_channel("1001"), Context="internal", Exten="1002")
    second = await rig.phone("1002").answer(after=2)
    await finish(customer, first, second)
    return [inbound(customer, [first, second], transfers=[transfer("blind", "AMI BlindTransfer", first, "1002", at)])]


@scenario()
async def blind_xfer_dtmf(stage: Stage) -> list[Truth]:
    """1001 presses ##1002; 1002 answers after 2 s"""
    rig = stage.rig
    customer, first = await talking(stage)
    await first.dtmf("##")
    await sleep(1.5)
    await first.dtmf("1002")
    second = await rig.phone("1002").rings()
    at = second.created_at or 0.0
    await second.answer(after=2)
    await finish(customer, first, second)
    return [inbound(customer, [first, second], transfers=[transfer("blind", "DTMF ##", first, "1002", at)])]


@scenario()
async def redirect_ami(stage: Stage) -> list[Truth]:
    """AMI Redirect of the customer's channel to 1002, who answers after 2 s"""
    rig = stage.rig
    customer, first = await talking(stage)
    at = time.time()
    trunk = await rig.pbx_channel("trunk")
    await rig.ami.action("Redirect", Channel=trunk, Context="internal", Exten="1002", Priority="1")
    second = await rig.phone("1002").answer(after=2)
    await finish(customer, first, second)
    return [inbound(customer, [first, second], transfers=[transfer("blind", "AMI Redirect", first, "1002", at)])]


@scenario()
async def blind_xfer_never_answered(stage: Stage) -> list[Truth]:
    """Blind transfer by REFER to 1002, who does not answer; the customer gives up after 5 s"""
    rig = stage.rig
    customer, first = await talking(stage)
    await rig.refer(first, "1002")
    second = await rig.phone("1002").rings()
    await finish(customer, first, second, seconds=5)
    moved = transfer("blind", "SIP REFER", first, "1002", first.transferred_at or 0.0)
    return [inbound(customer, [first, second], transfers=[moved])]


@scenario()
async def blind_xfer_from_queue(stage: Stage) -> list[Truth]:
    """A queue call, blind transfer by REFER to 1003, who answers after 2 s and hangs up first"""
    rig = stage.rig
    customer, first = await talking(stage, "4020")
    await rig.refer(first, "1003")
    third = await rig.phone("1003").answer(after=2)
    await sleep(3)
    await third.hangup()
    await gather(customer.wait_ended(), first.wait_ended())
    moved = transfer("blind", "SIP REFER", first, "1003", first.transferred_at or 0.0)
    waited = queue("support", customer, first.answered_at)
    return [inbound(customer, [first, third], transfers=[moved], **waited)]


@scenario()
async def blind_xfer_to_queue(stage: Stage) -> list[Truth]:
    """Blind transfer by REFER from 1003 into Queue(support), where 1001 answers after 2 s"""
    rig = stage.rig
    customer = await rig.customer_calls("4012")
    other, first = await gather(rig.phone("1001").rings(), rig.phone("1002").answer(after=1))
    await sleep(2)
    await rig.refer(first, "4020")
    third = await rig.phone("1001").answer(after=2)
    await finish(customer, other, first, third, seconds=3)
    moved = transfer("blind", "SIP REFER", first, "4020", first.transferred_at or 0.0)
    wait = (third.answered_at or 0.0) - (first.transferred_at or 0.0)
    return [
        inbound(customer, [other, first, third], transfers=[moved], queue={"name": "support", "wait_s": round(wait, 2)})
    ]


async def consult(stage: Stage, first: Leg, to: str) -> tuple[Leg, Leg]:
    """1001 holds the customer and talks 2 s with `to`, who answers after 2 s: (1001's second leg, `to`'s leg)."""
    await first.hold()
    second_line = await stage.rig.phone(first.party).dial(to)
    asked = await stage.rig.phone(to).answer(after=2)
    await sleep(2)
    return second_line, asked


@scenario()
async def att_xfer_from_queue(stage: Stage) -> list[Truth]:
    """A queue call; attended transfer by the phone to 1003: hold, consultation of 2 s, REFER with Replaces"""
    rig = stage.rig
    customer, first = await talking(stage, "4020")
    second_line, asked = await consult(stage, first, "1003")
    await rig.refer_to_call(first, second_line)
    await finish(customer, first, second_line, asked)
    at = first.transferred_at or 0.0
    moved = transfer("attended", "SIP REFER+Replaces", first, "1003", at, consult=True)
    waited = queue("support", customer, first.answered_at)
    return [inbound(customer, [first, asked], transfers=[moved], **waited)]


@scenario()
async def att_xfer_ami(stage: Stage) -> list[Truth]:
    """AMI Atxfer to 1002; consultation of 2 s, then 1001 hangs up, which completes it"""
    rig = stage.rig
    customer, first = await talking(stage)
    await rig.ami.action("Atxfer", Channel=await rig.pbx_channel("1001"), Context="internal", Exten="1002")
    asked = await rig.phone("1002").answer(after=2)
    await sleep(2)
    await first.hangup()
    at = first.hung_up_at or 0.0
    await finish(customer, asked)
    moved = transfer("attended", "AMI Atxfer", first, "1002", at, consult=True)
    return [inbound(customer, [first, asked], transfers=[moved])]


@scenario()
async def att_xfer_dtmf(stage: Stage) -> list[Truth]:
    """1001 presses *2 1002; consultation of 2 s, then 1001 hangs up, which completes it"""
    rig = stage.rig
    customer, first = await talking(stage)
    await press_atxfer(first, "1002")
    asked = await rig.phone("1002").answer(after=2)
    await sleep(2)
    await first.hangup()
    at = first.hung_up_at or 0.0
    await finish(customer, asked)
    moved = transfer("attended", "DTMF *2", first, "1002", at, consult=True)
    return [inbound(customer, [first, asked], transfers=[moved])]


@scenario()
async def att_xfer_blonde(stage: Stage) -> list[Truth]:
    """1001 presses *2 1002 and hangs up while 1002 still rings (blonde); 1002 answers 2 s later"""
    rig = stage.rig
    customer, first = await talking(stage)
    await press_atxfer(first, "1002")
    asked = await rig.phone("1002").rings()
    await first.hangup(after=1)
    await asked.answer(after=2)
    await finish(customer, asked)
    moved = transfer("blonde", "DTMF *2", first, "1002", first.hung_up_at or 0.0)
    return [inbound(customer, [first, asked], transfers=[moved])]


@scenario()
async def att_xfer_returned(stage: Stage) -> list[Truth]:
    """1001 presses *2 1002 and hangs up while it rings; 1002 never answers, so 1001 is rung back and answers"""
    rig = stage.rig
    customer, first = await talking(stage)
    await press_atxfer(first, "1002")
    asked = await rig.phone("1002").rings()
    await first.hangup(after=1)
    again = await rig.phone("1001").answer(after=1)
    await finish(customer, asked, again)
    moved = transfer("blonde", "DTMF *2", first, "1002", first.hung_up_at or 0.0, returned=True)
    return [inbound(customer, [first, asked, again], transfers=[moved])]


@scenario()
async def att_xfer_cancelled(stage: Stage) -> list[Truth]:
    """1001 holds, consults 1002 for 2 s, ends that and goes back to the customer: an internal call, no transfer"""
    customer, first = await talking(stage)
    second_line, asked = await consult(stage, first, "1002")
    await second_line.hangup()
    await first.unhold()
    await finish(customer, first, asked, seconds=2)
    asking = internal(second_line, asked, first_hangup_ext=first.party, consultation=True)
    return [inbound(customer, [first]), asking]


async def press_atxfer(leg: Leg, to: str) -> None:
    """The feature code, then the number when the PBX has said "transfer"."""
    await leg.dtmf("*2")
    await sleep(1.5)
    await leg.dtmf(to)
