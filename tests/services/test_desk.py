import pytest

from callcenter.core.call_record import AgentOutcome
from callcenter.core.errors import BadInput, NotAllowed, NotFound
from callcenter.core.events import CallAnswered, CallEnded, CallOffered, CallStarted
from callcenter.core.numbers import parse_number
from callcenter.core.roles import Role
from callcenter.services.call_log import CallLog
from callcenter.services.desk import DeskService, NewCustomer
from callcenter.store import calls, customers, transcripts
from callcenter.store.database import Database
from callcenter.store.tables import AuditEntry, ComplaintCase, Customer, User
from callcenter.store.types import from_unix, now
from tests.conftest import RememberingHub
from tests.events import START, Story, agent, ended
from tests.store.test_transcripts import flag, said

AGENT = User(id=None, name="lina", full_name="李娜", password_hash="", role=Role.AGENT, extension="1001")
OTHER = User(id=None, name="lin", full_name="林岚", password_hash="", role=Role.AGENT, extension="1002")
BOSS = User(id=None, name="boss", full_name="何敏", password_hash="", role=Role.SUPERVISOR)


@pytest.fixture
def desk(database: Database, remembering_hub: RememberingHub) -> DeskService:
    return DeskService(database, remembering_hub, region="CN", area_code="028", clock=lambda: from_unix(START + 60))


def ringing(database: Database, told: Story | None = None) -> Story:
    told = told or Story()
    record(database, told.tell(CallStarted))
    record(database, told.tell(CallOffered, record={"agents": (agent("1001"),)}, extension="1001", leg_id="2"))
    return told


def finished(database: Database) -> Story:
    told = ringing(database)
    answered = {
        "agents": (agent("1001", AgentOutcome.ANSWERED),),
        "answered_at": START + 2,
        "final_agent": "1001",
    }
    record(database, told.tell(CallAnswered, record=answered, extension="1001"))
    record(database, told.tell(CallEnded, record=ended()))
    return told


def record(database: Database, event: object) -> None:
    with database.transaction() as session:
        CallLog().record(session, event)  # type: ignore[arg-type]


def add_customer(database: Database, name: str, number: str = "13800138000") -> int:
    with database.transaction() as session:
        customer = customers.add(session, Customer(name=name), parse_number(number))
        assert customer.id is not None
        session.add(ComplaintCase(number=f"C{customer.id}", customer_id=customer.id, summary="异响", opened_at=now()))
        return customer.id


def test_a_known_caller_is_chosen_with_all_that_matters(database: Database, desk: DeskService) -> None:
    add_customer(database, "王建国")
    ringing(database)
    pop = desk.pop(1)
    assert pop.chosen == 0
    assert pop.matches[0].customer.name == "王建国"
    assert [case.summary for case in pop.matches[0].open_cases] == ["异响"]
    assert pop.matches[0].numbers[0].e164 == "+8613800138000"


def test_a_shared_number_is_for_the_agent_to_decide(database: Database, desk: DeskService) -> None:
    first, second = add_customer(database, "王建国"), add_customer(database, "王太太")
    ringing(database)
    assert desk.pop(1).chosen is None
    desk.choose_customer(1, second, AGENT)
    pop = desk.pop(1)
    assert pop.matches[pop.chosen or 0].customer.id == second
    assert {match.customer.id for match in pop.matches} == {first, second}


def test_an_unknown_caller_is_created_in_place_with_the_number(
    database: Database, desk: DeskService, remembering_hub: RememberingHub
) -> None:
    ringing(database)
    assert desk.pop(1).matches == []
    desk.create_customer(1, NewCustomer(name=" 张伟 ", gender="m"), AGENT)
    pop = desk.pop(1)
    assert (pop.matches[0].customer.name, pop.matches[0].numbers[0].e164) == ("张伟", "+8613800138000")
    assert ("call", {"id": 1, "change": "customer"}) in remembering_hub.of("extension:1001")


@pytest.mark.parametrize("form", [NewCustomer(name="  "), NewCustomer(name="张伟", phone="12ab")])
def test_a_bad_new_customer_is_refused(database: Database, desk: DeskService, form: NewCustomer) -> None:
    ringing(database)
    with pytest.raises(BadInput):
        desk.create_customer(1, form, AGENT)


def test_a_hidden_number_is_neither_matched_nor_kept(database: Database, desk: DeskService) -> None:
    add_customer(database, "王建国")
    ringing(database, Story(number_hidden=True))
    pop = desk.pop(1)
    assert (pop.number_hidden, pop.matches) == (True, [])
    created = desk.create_customer(1, NewCustomer(name="不具名"), AGENT)
    with database.session() as session:
        assert customers.numbers_of(session, created.id or 0) == []


def test_who_was_spoken_to_before_is_proposed(database: Database, desk: DeskService) -> None:
    ringing(database)
    person = add_customer(database, "张伟", "13911112222")
    desk.choose_customer(1, person, AGENT)
    ringing(database, Story("1795294999.9"))
    assert [match.customer.id for match in desk.pop(2).matches] == [person]


def test_the_draft_is_kept_until_the_wrap_up(database: Database, desk: DeskService) -> None:
    finished(database)
    desk.save_draft(1, {"code": "CALLBACK", "note": "明天上午"}, AGENT)
    with database.session() as session:
        call = calls.by_id(session, 1)
        assert call is not None
        assert call.wrap_up_draft is not None
        assert call.wrap_up_draft["note"] == "明天上午"
    desk.wrap_up(1, "CALLBACK", "明天上午回电", AGENT)
    desk.wrap_up(1, "CALLBACK", "明天上午回电", AGENT)
    with database.session() as session:
        call = calls.by_id(session, 1)
        assert call is not None
        assert (call.wrap_up_code, call.wrap_up_note, call.wrap_up_draft) == ("CALLBACK", "明天上午回电", None)
        assert session.get(AuditEntry, 1) is not None


def test_the_desk_shows_the_call_that_matters(database: Database, desk: DeskService) -> None:
    assert desk.current_call("1001") is None
    finished(database)
    waiting = desk.current_call("1001")
    assert waiting is not None
    assert waiting.id == 1
    desk.wrap_up(1, "INFORMATION", "", AGENT)
    assert desk.current_call("1001") is None


def test_a_ringing_call_goes_before_one_to_wrap_up(database: Database, desk: DeskService) -> None:
    finished(database)
    old = Story("1795294001.1")
    ringing(database, old)
    current = desk.current_call("1001")
    assert current is not None
    assert current.call_key == "1795294001.1"


def test_only_who_took_part_may_act(database: Database, desk: DeskService) -> None:
    finished(database)
    with pytest.raises(NotAllowed):
        desk.wrap_up(1, "INFORMATION", "", OTHER)
    desk.wrap_up(1, "INFORMATION", "", BOSS)
    with pytest.raises(NotFound):
        desk.wrap_up(99, "INFORMATION", "", AGENT)
    with pytest.raises(BadInput):
        desk.wrap_up(1, "SATISFIED", "", AGENT)  # a code of outbound calls
    with pytest.raises(BadInput):
        desk.wrap_up(1, "INFORMATION", "x" * 5000, AGENT)


def test_a_verdict_on_an_alert_stands(database: Database, desk: DeskService) -> None:
    finished(database)
    with database.transaction() as session:
        row = transcripts.save_utterance(session, 1, said("我要投诉"), source="live", leg_key="1")
        transcripts.replace_flags(session, row, (flag("explicit.complain"),), at_seconds=1)
    desk.acknowledge_flag(1, "rejected", AGENT)
    desk.acknowledge_flag(1, "", AGENT)
    with database.session() as session:
        stored = transcripts.flag_by_id(session, 1)
        assert stored is not None
        assert stored.verdict == "rejected"
        assert stored.acknowledged_at is not None
    with pytest.raises(BadInput):
        desk.acknowledge_flag(1, "maybe", AGENT)
