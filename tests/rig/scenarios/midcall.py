"""What happens during a call: holds, keys, pick-up, parking, conference, taps."""

import time
import uuid
from asyncio import gather, sleep

from tests.rig.scenarios.registry import Stage, scenario
from tests.rig.scenarios.transfers import finish, talking
from tests.rig.truth import Truth, inbound, transfer


@scenario()
async def hold_then_hangup(stage: Stage) -> list[Truth]:
    """The customer hangs up after 3 s on hold"""
    customer, agent = await talking(stage)
    await agent.hold()
    await finish(customer, agent, seconds=3)
    return [inbound(customer, [agent])]


@scenario()
async def dtmf_in_call(stage: Stage) -> list[Truth]:
    """The customer presses 1234# during the conversation, the agent 5"""
    customer, agent = await talking(stage, seconds=1)
    await customer.dtmf("1234#")
    await sleep(2)
    await agent.dtmf("5")
    await finish(customer, agent, seconds=2)
    return [inbound(customer, [agent], dtmf=agent.digits)]


@scenario()
async def pickup_group(stage: Stage) -> list[Truth]:
    """1001 rings; 1002 picks the call up with *8 after 3 s"""
    rig = stage.rig
    customer = await rig.customer_calls("4001")
    rung = await rig.phone("1001").rings()
    await sleep(3)
    picker = await rig.phone("1002").dial("*8")
    await picker.wait_up()
    await finish(customer, rung, picker)
    return [inbound(customer, [rung, picker], answered_by="1002")]


@scenario()
async def ami_hangup_button(stage: Stage) -> list[Truth]:
    """The agent hangs up by the product's button: AMI Hangup of his channel"""
    customer, agent = await talking(stage)
    await stage.rig.ami.action("Hangup", Channel=await stage.rig.pbx_channel("1001"), Cause="16")
    await gather(customer.wait_ended(), agent.wait_ended())
    return [inbound(customer, [agent], first_hangup="agent", first_hangup_ext="1001", hangup_method="AMI Hangup")]


@scenario()
async def conference(stage: Stage) -> list[Truth]:
    """The customer is in a conference; 1001 joins after 2 s, 1002 after 4 s; 1001 leaves, then the customer"""
    rig = stage.rig
    customer = await rig.customer_calls("4040")
    await customer.wait_up()
    await sleep(2)
    first = await rig.phone("1001").dial("8000")
    await sleep(2)
    second = await rig.phone("1002").dial("8000")
    await sleep(3)
    await first.hangup()
    await sleep(2)
    await customer.hangup()
    await sleep(1)
    await second.hangup()
    return [inbound(customer, [first, second], ring_s=None, conference="8000", first_hangup="customer")]


@scenario()
async def conference_by_transfer(stage: Stage) -> list[Truth]:
    """1001 answers, transfers the customer to the conference 8000 by REFER and dials in himself 1 s later"""
    rig = stage.rig
    customer, first = await talking(stage)
    await rig.refer(first, "8000")
    await sleep(1)
    again = await rig.phone("1001").dial("8000")
    await finish(customer, first, seconds=3)
    await again.hangup()
    moved = transfer("blind", "SIP REFER", first, "8000", first.transferred_at or 0.0)
    return [inbound(customer, [first, again], transfers=[moved], conference="8000")]


@scenario()
async def park_retrieve(stage: Stage) -> list[Truth]:
    """1001 parks the customer (REFER to 700); 1002 takes the call from 701 after 4 s"""
    rig = stage.rig
    customer, first = await talking(stage)
    await rig.refer(first, "700")
    await sleep(4)
    second = await rig.phone("1002").dial("701")
    await second.wait_up()
    await finish(customer, first, second)
    moved = transfer("park", "SIP REFER to 700", first, "1002", first.transferred_at or 0.0, slot="701")
    return [inbound(customer, [first, second], transfers=[moved])]


@scenario()
async def park_by_code(stage: Stage) -> list[Truth]:
    """1001 parks the customer with ##700 and hears the slot; he takes the call back himself after 5 s"""
    rig = stage.rig
    customer, first = await talking(stage)
    await first.dtmf("##")
    await sleep(1.5)
    await first.dtmf("700")
    await first.wait_ended()
    at = first.ended_at or 0.0
    await sleep(3)
    again = await rig.phone("1001").dial("701")
    await again.wait_up()
    await finish(customer, again)
    moved = transfer("park", "DTMF ##700", first, "1001", at, slot="701")
    return [inbound(customer, [first, again], transfers=[moved])]


@scenario(parking_seconds=6)
async def park_comes_back(stage: Stage) -> list[Truth]:
    """1001 parks the customer (REFER to 700), nobody takes the call: after 6 s it comes back to 1001, who answers"""
    rig = stage.rig
    customer, first = await talking(stage)
    await rig.refer(first, "700")
    again = await rig.phone("1001").answer(after=2)
    await finish(customer, first, again)
    moved = transfer("park", "SIP REFER to 700", first, "1001", first.transferred_at or 0.0, slot="701", returned=True)
    return [inbound(customer, [first, again], transfers=[moved])]


@scenario(channelvars="MIXMONITOR_FILENAME,CALLERID(num),DIALSTATUS")
async def channelvars_timestamps(stage: Stage) -> list[Truth]:
    """A recorded call with channelvars on: repeated ChanVariable and DestChanVariable keys in every event"""
    customer, agent = await talking(stage, "4070")
    await finish(customer, agent, seconds=2)
    return [inbound(customer, [agent], recorded=True)]


@scenario()
async def recorded_by_product(stage: Stage) -> list[Truth]:
    """AMI MixMonitor on both legs, one file each, as the product asks for it"""
    rig = stage.rig
    customer, agent = await talking(stage, seconds=1)
    for party in ("trunk", "1001"):
        channel = await rig.pbx_channel(party)
        await rig.ami.action("MixMonitor", Channel=channel, File=f"{rig.recordings_dir}/{party}.wav", Options="b")
    await finish(customer, agent, seconds=3)
    return [inbound(customer, [agent], recorded=True)]


@scenario()
async def chanspy_taps(stage: Stage) -> list[Truth]:
    """Two ChanSpy taps by Local channels during a call, ended by it: no calls of their own"""
    rig = stage.rig
    customer, agent = await talking(stage, seconds=1)
    for party in ("trunk", "1001"):
        await rig.ami.action(
            "Originate",
            Channel=f"Local/{uuid.uuid4().int}@taps",
            Application="ChanSpy",
            Data=f"{await rig.pbx_channel(party)},qoES",
            Async="true",
        )
    at = time.time()
    await finish(customer, agent, seconds=3)
    return [inbound(customer, [agent], tapped=True, tapped_at=round(at, 2))]
