from datetime import UTC, datetime

from callcenter.core.call_record import AgentOutcome
from callcenter.core.events import (
    CallAnswered,
    CallEnded,
    CallHeld,
    CallMerged,
    CallOffered,
    CallStarted,
    LegJoined,
    LegLeft,
    OfferEnded,
)
from callcenter.core.numbers import parse_number
from callcenter.core.transcript import Speaker, Utterance
from callcenter.services.call_log import CallLog
from callcenter.store import calls, customers, transcripts
from callcenter.store.database import Database
from callcenter.store.tables import Call, Customer
from tests.events import START, Story, agent, ended


def story() -> list[object]:
    told = Story()
    return [
        told.tell(CallStarted, after=0),
        told.tell(CallOffered, record={"agents": (agent("1001"),)}, extension="1001", leg_id="2"),
        told.tell(
            OfferEnded,
            after=2,
            record={"agents": (agent("1001", AgentOutcome.ANSWERED),)},
            extension="1001",
            outcome=AgentOutcome.ANSWERED,
        ),
        told.tell(CallAnswered, after=2, record={"answered_at": START + 2, "final_agent": "1001"}, extension="1001"),
        told.tell(LegJoined, after=2, leg_id="1", channel="PJSIP/trunk-1", speaker=Speaker.CUSTOMER, extension=None),
        told.tell(CallHeld, after=5, extension="1001"),
        told.tell(LegLeft, after=10, leg_id="1"),
        told.tell(CallEnded, after=10, record=ended()),
    ]


def record_all(database: Database, events: list[object]) -> list[Call | None]:
    log, rows = CallLog(), []
    for event in events:
        with database.transaction() as session:
            rows.append(log.record(session, event))  # type: ignore[arg-type]
    return rows


def test_a_call_from_ring_to_end(database: Database) -> None:
    record_all(database, story())
    with database.session() as session:
        call = calls.by_id(session, 1)
        assert call is not None
        assert (call.state, call.disposition, call.hangup_by) == ("ended", "answered", "customer")
        assert call.customer_e164 == "+8613800138000"
        assert call.started_at == datetime.fromtimestamp(START, UTC)
        assert call.agents == [{"extension": "1001", "outcome": "answered", "ring_seconds": 2.0, "talk_seconds": 0.0}]
        kinds = [event.kind for event in calls.events_of(session, 1)]
        assert kinds[0] == "CallStarted"
        assert kinds[-1] == "CallEnded"
        (leg,) = calls.legs_of(session, 1)
        assert leg.joined_at is not None
        assert leg.left_at is not None
        assert calls.live(session) == []


def test_recording_again_changes_nothing(database: Database) -> None:
    record_all(database, story())
    assert record_all(database, story()) == [None] * len(story())
    with database.session() as session:
        assert len(calls.events_of(session, 1)) == len(story())


def test_a_journal_replayed_over_half_a_log_completes_it(database: Database) -> None:
    record_all(database, story()[:3])
    record_all(database, story())
    with database.session() as session:
        assert [event.seq for event in calls.events_of(session, 1)] == list(range(1, len(story()) + 1))


def test_the_caller_is_recognised_when_one_customer_has_the_number(database: Database) -> None:
    with database.transaction() as session:
        customers.add(session, Customer(name="王建国"), parse_number("138 0013 8000"))
    (first, *_) = record_all(database, story()[:1])
    assert first is not None
    assert first.customer_id == 1


def test_nobody_is_chosen_when_two_share_the_number(database: Database) -> None:
    with database.transaction() as session:
        for name in ("王建国", "王太太"):
            customers.add(session, Customer(name=name), parse_number("13800138000"))
    (first, *_) = record_all(database, story()[:1])
    assert first is not None
    assert first.customer_id is None


def test_a_hidden_number_matches_nobody(database: Database) -> None:
    with database.transaction() as session:
        customers.add(session, Customer(name="王建国"), parse_number("13800138000"))
    told = Story(number_hidden=True)
    (first,) = record_all(database, [told.tell(CallStarted)])
    assert first is not None
    assert (first.customer_id, first.customer_e164, first.number_hidden) == (None, "", True)


def test_a_consultation_becomes_part_of_the_customers_call(database: Database) -> None:
    record_all(database, story()[:5])
    consult = Story("1795294080.7", started_at=START + 3)
    record_all(
        database,
        [
            consult.tell(CallStarted),
            consult.tell(LegJoined, leg_id="9", channel="PJSIP/1002-9", speaker=Speaker.AGENT, extension="1002"),
        ],
    )
    with database.transaction() as session:
        spoken = Utterance(seq=1, speaker=Speaker.AGENT, start=1, end=2, text="好的")
        transcripts.save_utterance(session, 2, spoken, source="live", leg_key="9")
    record_all(database, [consult.tell(CallMerged, into="1795294077.1")])
    with database.session() as session:
        assert calls.by_id(session, 2) is None
        assert {leg.leg_key for leg in calls.legs_of(session, 1)} == {"1", "9"}
        (said,) = transcripts.utterances_of(session, 1, "live")
        assert (said.text, said.start_seconds) == ("好的", 4.0)
