"""The product's own tracker makes of simulated calls the records that the scenarios describe."""

import pytest

from callcenter.ami.messages import Received
from callcenter.ami.parser import AmiParser
from callcenter.ami.translate import Translator
from callcenter.core.call_record import AgentOutcome, CallRecord, Direction, Disposition, HangupBy, TransferKind
from callcenter.core.calls.tracker import CallTracker
from callcenter.core.events import CallEnded
from callcenter.sim.calls.line import HangUp, SendTo
from callcenter.sim.calls.scenario import Hold, Outcome, Ring, Scenario, Side, Transfer
from callcenter.sim.scenario_files import load_scenarios
from callcenter.sim.switch.model import Channel, Party
from tests.sim.studio import Studio


def records(studio: Studio) -> list[CallRecord]:
    translator, tracker = Translator(), CallTracker()
    events = []
    for message in AmiParser().feed(b"Asterisk Call Manager/11.0.0\r\n" + studio.raw()):
        received = Received(message, float(message.get("Timestamp")), 1)
        for event in translator.translate(received):
            events += tracker.handle(event)
    events += tracker.tick(studio.clock.now() + 10)
    assert not tracker.open_calls()
    return [event.record for event in events if isinstance(event, CallEnded)]


def rings(*seconds: float, last: Outcome = Outcome.ANSWERED) -> tuple[Ring, ...]:
    outcomes = [*[Outcome.NO_ANSWER] * (len(seconds) - 1), last]
    offers = zip(("1001", "1002", "1003"), seconds, outcomes, strict=False)
    return tuple(Ring(agent=agent, seconds=s, outcome=outcome) for agent, s, outcome in offers)


async def only(scenario: Scenario, studio: Studio | None = None) -> CallRecord:
    studio = studio or Studio()
    await studio.play(scenario)
    (record,) = records(studio)
    return record


async def test_queue_call_answered_by_the_second() -> None:
    record = await only(Scenario(id="", number="199", to="4020", queue="support", talk_seconds=20, rings=rings(5, 3)))
    assert record.direction is Direction.INBOUND
    assert (record.customer_number, record.dialled_number, record.queue) == ("199", "4020", "support")
    assert record.disposition is Disposition.ANSWERED
    assert [a.outcome for a in record.agents] == [AgentOutcome.NO_ANSWER, AgentOutcome.ANSWERED]
    assert record.final_agent == "1002"
    assert record.hangup_by is HangupBy.CUSTOMER
    assert record.talk_seconds == pytest.approx(20, abs=0.1)
    assert record.wait_seconds == pytest.approx(9.5, abs=0.1)


async def test_queue_call_given_up() -> None:
    call = Scenario(id="", number="199", to="4020", queue="support", hangs_up_after=7, rings=rings(20))
    record = await only(call)
    assert (record.disposition, record.answered_at) == (Disposition.ABANDONED, None)
    assert record.hangup_by is HangupBy.CUSTOMER


async def test_hold_and_agent_hangs_up() -> None:
    call = Scenario(
        id="",
        number="199",
        to="4001",
        talk_seconds=5,
        hold=Hold(after_turn=0, seconds=4),
        hangup_by=Side.AGENT,
        rings=rings(2),
    )
    record = await only(call)
    assert record.hold_seconds == pytest.approx(4, abs=0.1)
    assert (record.hangup_by, record.final_agent) == (HangupBy.AGENT, "1001")


@pytest.mark.parametrize(
    ("outcome", "disposition"), [(Outcome.BUSY, Disposition.BUSY), (Outcome.DECLINED, Disposition.DECLINED)]
)
async def test_refused(outcome: Outcome, disposition: Disposition) -> None:
    assert (
        await only(Scenario(id="", number="199", to="4001", rings=rings(2, last=outcome)))
    ).disposition is disposition


async def test_outbound() -> None:
    call = Scenario(
        id="", direction=Direction.OUTBOUND, number="13900139000", to="913900139000", talk_seconds=4, rings=rings(3)
    )
    record = await only(call)
    assert (record.direction, record.customer_number) == (Direction.OUTBOUND, "13900139000")
    assert (record.final_agent, record.disposition) == ("1001", Disposition.ANSWERED)


async def test_transfer_from_a_queue_call() -> None:
    call = Scenario(
        id="",
        number="199",
        to="4020",
        queue="support",
        talk_seconds=5,
        rings=rings(2),
        transfer=Transfer(to="1003", ring_seconds=3),
    )
    record = await only(call)
    (transfer,) = record.transfers
    assert (transfer.kind, transfer.from_, transfer.to) == (TransferKind.BLIND, "1001", "1003")
    assert record.final_agent == "1003"
    assert record.customer_number == "199"


async def test_a_manager_redirects_and_hangs_up() -> None:
    studio = Studio()
    call = Scenario(id="", number="199", to="4020", queue="support", talk_seconds=60, rings=rings(2))
    started = studio.clock.now()
    studio.clock.orders = [(started + 10, SendTo("1002", "internal", announced=False))]
    record = await only(call, studio)
    assert record.final_agent == "1002"
    assert record.disposition is Disposition.ANSWERED
    assert [a.extension for a in record.agents] == ["1001", "1002"]


async def test_a_manager_hangs_up() -> None:
    studio = Studio()
    call = Scenario(id="", number="199", to="4001", talk_seconds=60, rings=rings(2))
    somebody = Channel(
        name="", uniqueid="", linkedid="", created_at=0.0, caller=Party(), context="", exten=""
    )  # of whom the call knows nothing: it ends as if its customer's channel had been named
    studio.clock.orders = [(studio.clock.now() + 10, HangUp(somebody))]
    record = await only(call, studio)
    assert record.talk_seconds == pytest.approx(8, abs=0.1)
    assert record.disposition is Disposition.ANSWERED


async def test_every_call_of_the_demo_is_tracked() -> None:
    for scenario in load_scenarios():
        studio = Studio()
        studio.queues["service"] = studio.queues["service-en"] = studio.queues["support"]
        record = await only(scenario, studio)
        expected = scenario.number
        assert record.customer_number == expected, scenario.id
        assert record.direction is scenario.direction, scenario.id
        assert (record.disposition is Disposition.ANSWERED) is bool(scenario.dialogue), scenario.id
