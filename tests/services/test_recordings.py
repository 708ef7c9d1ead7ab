"""The shelf and the job: nothing stays "transcribing" for ever, nothing is transcribed twice."""

from collections.abc import Callable, Iterable
from pathlib import Path

import pytest
from sqlalchemy.exc import OperationalError

from callcenter.core.transcript import Speaker, Utterance
from callcenter.services.recordings import MOST_ATTEMPTS, Shelf
from callcenter.services.transcribe_recording import TranscribeRecording
from callcenter.store import recordings, transcripts
from callcenter.store.database import Database
from callcenter.store.tables import Recording
from tests.builders import make_call
from tests.conftest import RememberingHub

SAID = Utterance(seq=1, start=1.0, end=2.0, text="刹车失灵", speaker=Speaker.CUSTOMER, language="zh")


@pytest.fixture
def shelf(sqlite_database: Database, remembering_hub: RememberingHub) -> Shelf:
    return Shelf(sqlite_database, remembering_hub)


@pytest.fixture
def recording(sqlite_database: Database) -> int:
    with sqlite_database.transaction() as session:
        row = Recording(call_id=make_call(session).id or 0, path="a.wav", layout="stereo", status="pending")
        session.add(row)
        session.flush()
        return row.id or 0


class NoRules:
    def spot(self, text: str, *, language: str, speaker: Speaker) -> tuple[()]:
        return ()


def job(database: Database, shelf: Shelf, root: Path) -> TranscribeRecording:
    (root / "a.wav").write_bytes(b"sound")

    def transcribe(path: Path, layout: str, spoken: str, report: Callable[[float], None]) -> Iterable[Utterance]:
        report(0.5)
        return [SAID]

    return TranscribeRecording(
        database=database, shelf=shelf, root=root, transcriber=transcribe, spotter=NoRules(), language="zh"
    )


def look(database: Database, number: int) -> Recording:
    with database.session() as session:
        row = recordings.by_id(session, number)
        assert row is not None
        return row


def test_a_killed_worker_s_recording_waits_again(sqlite_database: Database, shelf: Shelf, recording: int) -> None:
    assert shelf.claim(recording) is not None
    assert shelf.claim(recording) is None, "one worker at a time"
    assert shelf.interrupted() == [recording]
    assert look(sqlite_database, recording).status == "pending"


def test_what_kills_the_worker_every_time_is_given_up_and_kept(
    sqlite_database: Database, shelf: Shelf, recording: int
) -> None:
    for _ in range(MOST_ATTEMPTS):
        assert shelf.claim(recording) is not None
        waiting = shelf.interrupted()
    row = look(sqlite_database, recording)
    assert (waiting, row.status) == ([], "failed")
    assert "the recording is kept" in row.error
    shelf.again(recording)
    assert look(sqlite_database, recording).attempts == 0


def test_done_twice_is_one_transcript(sqlite_database: Database, shelf: Shelf, recording: int, tmp_path: Path) -> None:
    transcribe = job(sqlite_database, shelf, tmp_path)
    transcribe(recording)
    transcribe(recording)
    row = look(sqlite_database, recording)
    with sqlite_database.session() as session:
        said = transcripts.utterances_of(session, row.call_id, "recording")
    assert (row.status, row.attempts, [u.text for u in said]) == ("transcribed", 1, ["刹车失灵"])


def test_a_database_away_at_the_end_is_tried_again(
    sqlite_database: Database, shelf: Shelf, recording: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    transcribe = job(sqlite_database, shelf, tmp_path)

    def away(*_: object, **__: object) -> None:
        raise OperationalError("update", {}, Exception("database is locked"))

    with monkeypatch.context() as locked:
        locked.setattr(shelf, "transcribed", away)
        locked.setattr(shelf, "failed", away)
        with pytest.raises(OperationalError):
            transcribe(recording)
    assert look(sqlite_database, recording).status == "transcribing"
    transcribe(recording)
    assert look(sqlite_database, recording).status == "transcribed"


def test_an_unmounted_folder_fails_the_job_and_a_person_may_try_again(
    sqlite_database: Database, shelf: Shelf, recording: int, tmp_path: Path
) -> None:
    transcribe = job(sqlite_database, shelf, tmp_path)
    (tmp_path / "a.wav").rename(tmp_path / "elsewhere")
    with pytest.raises(Exception, match="not in the recordings folder"):
        transcribe(recording)
    assert look(sqlite_database, recording).status == "failed"
    (tmp_path / "elsewhere").rename(tmp_path / "a.wav")
    transcribe(recording)
    assert look(sqlite_database, recording).status == "transcribed"
