import pytest

from callcenter.core.events import CallOffered, CallStarted
from callcenter.core.flags import Flag
from callcenter.core.transcript import Partial, Speaker
from callcenter.services.call_log import CallLog
from callcenter.services.live_transcript import LiveTranscript
from callcenter.store import calls, transcripts
from callcenter.store.database import Database
from tests.conftest import RememberingHub
from tests.events import Story, agent
from tests.store.test_transcripts import flag, said

KEY = "1795294077.1"


@pytest.fixture
def sink(database: Database, remembering_hub: RememberingHub) -> LiveTranscript:
    told, log = Story(KEY), CallLog()
    with database.transaction() as session:
        log.record(session, told.tell(CallStarted))
        log.record(session, told.tell(CallOffered, record={"agents": (agent("1001"),)}, extension="1001", leg_id="2"))
    return LiveTranscript(database, remembering_hub)


def early(sink: LiveTranscript, raised: Flag) -> None:
    sink.early(KEY, "1", 1, raised, 1.5)


def test_words_and_alerts_reach_the_desk_and_the_supervisors(
    sink: LiveTranscript, remembering_hub: RememberingHub
) -> None:
    sink.partial(KEY, "1", Partial(seq=1, speaker=Speaker.CUSTOMER, start=1, text="我要"))
    sink.utterance(KEY, "1", said("我要投诉"), (flag("explicit.complain"),))
    assert [kind for kind, _ in remembering_hub.of("extension:1001")] == ["partial", "utterance", "flag"]
    assert [kind for kind, _ in remembering_hub.of("supervisors")] == ["flag"]
    assert [kind for kind, _ in remembering_hub.of("call:1")] == ["partial", "utterance", "flag"]


def test_an_early_alert_is_confirmed_by_the_words_that_follow(
    sink: LiveTranscript, database: Database, remembering_hub: RememberingHub
) -> None:
    early(sink, flag("safety.brakes", 5))
    early(sink, flag("safety.brakes", 5))
    sink.utterance(KEY, "1", said("刹车失灵"), (flag("safety.brakes", 5),))
    with database.session() as session:
        (row,) = transcripts.flags_of(session, 1)
        assert row.utterance_id is not None
    assert [kind for kind, _ in remembering_hub.of("supervisors")] == ["flag"]


def test_an_early_alert_is_retracted_by_the_words_that_follow(
    sink: LiveTranscript, database: Database, remembering_hub: RememberingHub
) -> None:
    early(sink, flag("safety.brakes", 5))
    sink.utterance(KEY, "1", said("刹车没问题"), ())
    sink.retract(KEY, "1", 1, "safety.brakes")
    with database.session() as session:
        assert transcripts.flags_of(session, 1) == []
        call = calls.by_id(session, 1)
        assert call is not None
        assert call.top_severity == 0
    assert [kind for kind, _ in remembering_hub.of("supervisors")] == ["flag", "flag_retracted"]


def test_retracting_without_final_words(sink: LiveTranscript, remembering_hub: RememberingHub) -> None:
    early(sink, flag("safety.brakes", 5))
    sink.retract(KEY, "1", 1, "safety.brakes")
    assert [kind for kind, _ in remembering_hub.of("supervisors")] == ["flag", "flag_retracted"]


def test_a_restarted_listener_counts_on(sink: LiveTranscript) -> None:
    assert sink.first_seq(KEY, "1") == 1
    sink.utterance(KEY, "1", said("一", seq=4), ())
    assert sink.first_seq(KEY, "1") == 5


def test_a_call_the_log_does_not_know_is_no_error(sink: LiveTranscript, remembering_hub: RememberingHub) -> None:
    sink.partial("0.0", "1", Partial(seq=1, speaker=Speaker.AGENT, start=0, text="x"))
    sink.utterance("0.0", "1", said("x"), ())
    sink.listening("0.0", {"mode": "full"})
    assert remembering_hub.notices == []


def test_after_a_transfer_partials_go_to_the_new_agent(
    sink: LiveTranscript, database: Database, remembering_hub: RememberingHub
) -> None:
    heard = Partial(seq=1, speaker=Speaker.CUSTOMER, start=1, text="我要")
    sink.partial(KEY, "1", heard)
    with database.transaction() as session:
        call = calls.by_id(session, 1)
        assert call is not None
        call.agents, call.final_agent = [], "1002"
    sink.moved(KEY)
    sink.partial(KEY, "1", heard)
    assert [kind for kind, _ in remembering_hub.of("extension:1001")] == ["partial"]
    assert [kind for kind, _ in remembering_hub.of("extension:1002")] == ["partial"]
