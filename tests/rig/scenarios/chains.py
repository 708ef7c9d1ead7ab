"""Several things in one call: transfers after transfers, of outbound calls, out of the house; calls beside calls."""

from asyncio import gather, sleep

from tests.rig.legs import Leg
from tests.rig.scenarios.outbound import CUSTOMER, click
from tests.rig.scenarios.registry import Stage, scenario
from tests.rig.scenarios.transfers import consult, finish, press_atxfer, talking
from tests.rig.truth import Truth, inbound, internal, outbound, queue, transfer


def referred(leg: Leg, to: str, kind: str = "blind") -> Truth:
    """The transfer that `leg` made by REFER."""
    method = "SIP REFER+Replaces" if kind == "attended" else "SIP REFER"
    return transfer(kind, method, leg, to, leg.transferred_at or 0.0)


@scenario()
async def blind_xfer_twice(stage: Stage) -> list[Truth]:
    """1001 sends the customer to 1002 by REFER, 1002 on to 1003"""
    rig = stage.rig
    customer, first = await talking(stage, seconds=2)
    await rig.refer(first, "1002")
    second = await rig.phone("1002").answer(after=1)
    await sleep(2)
    await rig.refer(second, "1003")
    third = await rig.phone("1003").answer(after=1)
    await finish(customer, first, second, third, seconds=2)
    moved = [referred(first, "1002"), referred(second, "1003")]
    return [inbound(customer, [first, second, third], transfers=moved)]


@scenario()
async def att_then_blind_xfer(stage: Stage) -> list[Truth]:
    """Attended transfer by REFER from 1001 to 1002, then blind by REFER to 1003, who hangs up first"""
    rig = stage.rig
    customer, first = await talking(stage, seconds=2)
    second_line, second = await consult(stage, first, "1002")
    await rig.refer_to_call(first, second_line)
    await sleep(2)
    await rig.refer(second, "1003")
    third = await rig.phone("1003").answer(after=1)
    await sleep(2)
    await third.hangup()
    await gather(customer.wait_ended(), first.wait_ended(), second_line.wait_ended(), second.wait_ended())
    moved = [referred(first, "1002", "attended"), referred(second, "1003")]
    return [inbound(customer, [first, second, third], transfers=moved)]


@scenario()
async def blind_xfer_to_mobile(stage: Stage) -> list[Truth]:
    """1001 sends the customer to a mobile by REFER to 913700137000, which answers after 2 s"""
    rig = stage.rig
    customer, first = await talking(stage)
    await rig.refer(first, "913700137000")
    mobile = await rig.phone("13700137000").answer(after=2)
    await finish(customer, first, mobile, seconds=3)
    moved = [referred(first, "913700137000")]
    return [inbound(customer, [first, mobile], transfers=moved)]


@scenario()
async def blind_xfer_busy(stage: Stage) -> list[Truth]:
    """1001 sends the customer to 1002 by REFER, who is busy: the pbx hangs up on the customer"""
    rig = stage.rig
    customer, first = await talking(stage)
    await rig.refer(first, "1002")
    second = await rig.phone("1002").busy(after=0.5)
    await gather(customer.wait_ended(), first.wait_ended())
    return [inbound(customer, [first, second], transfers=[referred(first, "1002")])]


@scenario()
async def att_xfer_dtmf_from_queue(stage: Stage) -> list[Truth]:
    """A queue call; 1001 presses *2 1003, consultation of 2 s, then hangs up, which completes it"""
    rig = stage.rig
    customer, first = await talking(stage, "4020", seconds=2)
    await press_atxfer(first, "1003")
    asked = await rig.phone("1003").answer(after=2)
    await sleep(2)
    await first.hangup()
    at = first.hung_up_at or 0.0
    await finish(customer, asked, seconds=3)
    moved = transfer("attended", "DTMF *2", first, "1003", at, consult=True)
    waited = queue("support", customer, first.answered_at)
    return [inbound(customer, [first, asked], transfers=[moved], **waited)]


@scenario()
async def out_blind_xfer(stage: Stage) -> list[Truth]:
    """1001 dials out and sends the customer to 1002 by REFER; the customer hangs up"""
    rig = stage.rig
    first = await rig.phone("1001").dial(f"9{CUSTOMER}")
    customer = await rig.phone(CUSTOMER).answer(after=1)
    await sleep(2)
    await rig.refer(first, "1002")
    second = await rig.phone("1002").answer(after=1)
    await finish(customer, first, second, seconds=2)
    return [handed_on(first, second, customer, "blind")]


@scenario()
async def out_att_xfer(stage: Stage) -> list[Truth]:
    """1001 dials out, consults 1002 and hands the customer over by REFER with Replaces; the customer hangs up"""
    rig = stage.rig
    first = await rig.phone("1001").dial(f"9{CUSTOMER}")
    customer = await rig.phone(CUSTOMER).answer(after=1)
    await sleep(2)
    second_line, second = await consult(stage, first, "1002")
    await rig.refer_to_call(first, second_line)
    await finish(customer, first, second_line, second, seconds=2)
    return [handed_on(first, second, customer, "attended")]


def handed_on(first: Leg, second: Leg, customer: Leg, kind: str) -> Truth:
    """An outbound call that another agent ended up with: it lasts until the customer is gone."""
    talk = (customer.ended_at or 0.0) - (customer.answered_at or 0.0)
    total = (customer.ended_at or 0.0) - (first.created_at or 0.0)
    moved = [referred(first, second.party, kind)]
    facts = {"talk_s": round(talk, 2), "total_s": round(total, 2), "first_hangup": "customer"}
    truth = outbound(first, customer, to=CUSTOMER, transfers=moved, final_agent=second.party, **facts)
    truth.pop("holds", None)  # a consultation's hold is not one that the customer would count
    truth.pop("hold_s", None)
    return truth


@scenario()
async def pickup_ringgroup(stage: Stage) -> list[Truth]:
    """A ring group of three; 1004, who is not in it, picks the call up with *8 after 2 s"""
    rig = stage.rig
    customer = await rig.customer_calls("4010")
    rung = await gather(*(rig.phone(ext).rings() for ext in ("1001", "1002", "1003")))
    await sleep(2)
    picker = await rig.phone("1004").dial("*8")
    await picker.wait_up()
    await finish(customer, picker, *rung, seconds=3)
    return [inbound(customer, [*rung, picker])]


@scenario()
async def call_waiting(stage: Stage) -> list[Truth]:
    """1001 talks with A; B calls the same phone, waits 3 s and is answered when A has gone"""
    rig = stage.rig
    first = await rig.customer_calls("4001", number="13811111111")
    first_agent = await rig.phone("1001").answer(after=1)
    await sleep(1)
    second = await rig.customer_calls("4001", number="13822222222")
    second_agent = await rig.phone("1001").rings()
    await sleep(2)
    await first.hangup()
    await first_agent.wait_ended()
    await second_agent.answer(after=1)
    await sleep(2)
    await second_agent.hangup()
    await second.wait_ended()
    return [inbound(first, [first_agent]), inbound(second, [second_agent])]


@scenario()
async def queue_same_agent_again(stage: Stage) -> list[Truth]:
    """A queue with one agent, who lets it ring out (3 s), is rung again and answers"""
    rig = stage.rig
    customer = await rig.customer_calls("4027")
    missed = await rig.phone("1001").rings()
    again = await rig.phone("1001").answer(after=1)
    await finish(customer, missed, again, seconds=2)
    return [inbound(customer, [missed, again], **queue("single", customer, again.answered_at))]


@scenario()
async def queue_to_voicemail(stage: Stage) -> list[Truth]:
    """The queue gives up after 4 s; voicemail-like Playback and Record; the customer hangs up"""
    customer = await stage.rig.customer_calls("4026")
    agent = await stage.rig.phone("1001").rings()
    await agent.wait_ended()
    await customer.hangup(after=5)
    return [
        inbound(
            customer,
            [agent],
            disposition="NO ANSWER",
            voicemail=True,
            **queue("short", customer, agent.ended_at),
        )
    ]


@scenario()
async def agent_hangs_up_on_hold(stage: Stage) -> list[Truth]:
    """The agent hangs up while the customer is on hold"""
    customer, agent = await talking(stage, seconds=2)
    await agent.hold()
    await sleep(2)
    await agent.hangup()
    await customer.wait_ended()
    return [inbound(customer, [agent])]


@scenario()
async def c2c_customer_no_answer(stage: Stage) -> list[Truth]:
    """AMI Originate PJSIP/1001: the agent answers after 1 s and gives up when the customer has rung 3 s"""
    await click(stage, "PJSIP/1001")
    agent = await stage.rig.phone("1001").answer(after=1)
    customer = await stage.rig.phone(CUSTOMER).rings()
    await sleep(3)
    await agent.hangup()
    await customer.wait_ended()
    return [outbound(agent, customer, to=CUSTOMER)]


@scenario()
async def in_international(stage: Stage) -> list[Truth]:
    """A number with + and country code"""
    customer = await stage.rig.customer_calls("4001", number="+886912345678", name="陳小姐")
    agent = await stage.rig.phone("1001").answer(after=1)
    await finish(customer, agent, seconds=2)
    return [inbound(customer, [agent], from_name="陳小姐")]


@scenario()
async def internal_then_customer(stage: Stage) -> list[Truth]:
    """1001 and 1002 talk; a customer rings both meanwhile; 1002 answers when free"""
    rig = stage.rig
    caller = await rig.phone("1001").dial("1002")
    called = await rig.phone("1002").answer(after=1)
    customer = await rig.customer_calls("4012")  # a ring group of these two, both of them busy talking
    offered = await gather(rig.phone("1001").rings(), rig.phone("1002").rings())
    await sleep(2)
    await caller.hangup()
    await called.wait_ended()
    await offered[1].answer(after=1)
    await finish(customer, *offered, seconds=2)
    asked = internal(caller, called, first_hangup_ext="1001")
    return [asked, inbound(customer, offered)]


@scenario()
async def ami_drop_on_hold(stage: Stage) -> list[Truth]:
    """The link drops while the customer is on hold and is back before the agent takes the call again"""
    customer, agent = await talking(stage, seconds=1)
    await agent.hold()
    await sleep(1)
    await stage.recorder.drop()
    await sleep(1)
    await stage.recorder.reconnect()
    await sleep(1)
    await agent.unhold()
    await finish(customer, agent, seconds=2)
    stage.facts["gap"] = [round(at or 0.0, 2) for at in (stage.recorder.lost_at, stage.recorder.restored_at)]
    return [inbound(customer, [agent], spans_gap=True)]
