import pytest

from callcenter.core.flags import Flag
from callcenter.core.transcript import Speaker, Utterance, Word
from callcenter.store import transcripts
from callcenter.store.database import Database
from callcenter.store.tables import Call
from tests.store.test_database import make_call


@pytest.fixture
def call(database: Database) -> Call:
    made = make_call()
    with database.transaction() as session:
        session.add(made)
    return made


def said(text: str, *, seq: int = 1, revision: int = 1, start: float = 1.0) -> Utterance:
    words = (Word(text=text, start=start, end=start + 1, confidence=0.9),)
    return Utterance(
        seq=seq, revision=revision, speaker=Speaker.CUSTOMER, start=start, end=start + 1, text=text, words=words
    )


def flag(rule: str, severity: int = 3) -> Flag:
    return Flag(
        rule=rule,
        category=rule.split(".")[0],
        severity=severity,
        actions=("alert_agent",),
        matched="投诉",
        start=0,
        end=2,
        speaker=Speaker.CUSTOMER,
        why="as written",
    )


def test_a_revision_replaces_and_an_older_one_does_not(database: Database, call: Call) -> None:
    for utterance in (said("我要头诉"), said("我要投诉", revision=2), said("我要头诉")):
        with database.transaction() as session:
            transcripts.save_utterance(session, 1, utterance, source="live", leg_key="a")
    with database.session() as session:
        (row,) = transcripts.utterances_of(session, 1, "live")
        assert (row.text, row.revision) == ("我要投诉", 2)
        assert transcripts.next_seq(session, 1, "live", "a") == 2
        assert transcripts.next_seq(session, 1, "live", "b") == 1


def test_flags_are_confirmed_added_and_retracted_by_the_correction(database: Database, call: Call) -> None:
    with database.transaction() as session:
        row = transcripts.save_utterance(session, 1, said("一"), source="live", leg_key="a")
        fresh, gone = transcripts.replace_flags(session, row, (flag("a.x"), flag("b.y", 5)), at_seconds=1)
        assert ([f.rule for f in fresh], gone) == (["a.x", "b.y"], [])
        fresh[0].verdict = "confirmed"
    with database.transaction() as session:
        row = transcripts.save_utterance(session, 1, said("二", revision=2), source="live", leg_key="a")
        fresh, gone = transcripts.replace_flags(session, row, (flag("a.x"), flag("c.z")), at_seconds=1)
        assert ([f.rule for f in fresh], [f.rule for f in gone]) == (["c.z"], ["b.y"])
    with database.session() as session:
        standing = {f.rule: f.verdict for f in transcripts.flags_of(session, 1)}
        assert standing == {"a.x": "confirmed", "c.z": ""}
        assert transcripts.top_severity(session, 1) == 3


def test_both_legs_come_in_time_order(database: Database, call: Call) -> None:
    with database.transaction() as session:
        for leg, utterance in (
            ("a", said("三", start=3)),
            ("b", said("一", start=1)),
            ("a", said("四", seq=2, start=4)),
        ):
            transcripts.save_utterance(session, 1, utterance, source="live", leg_key=leg)
    with database.session() as session:
        assert [row.text for row in transcripts.utterances_of(session, 1, "live")] == ["一", "三", "四"]


def test_forgetting_one_files_transcript_leaves_the_rest(database: Database, call: Call) -> None:
    with database.transaction() as session:
        for source, leg in (("live", "a"), ("recording", "r1"), ("recording", "r2")):
            row = transcripts.save_utterance(session, 1, said("一"), source=source, leg_key=leg)
            transcripts.replace_flags(session, row, (flag("a.x"),), at_seconds=1)
        transcripts.forget_leg(session, 1, "recording", "r1")
    with database.session() as session:
        assert len(transcripts.flags_of(session, 1)) == 2
        assert len(transcripts.utterances_of(session, 1, "recording")) == 1
