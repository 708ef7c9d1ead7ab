"""The shelf of recordings: rows from the first second, found and checked after hang-up, transcribed by a job, kept
whatever fails."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlmodel import Session

from callcenter.core.errors import NotFound
from callcenter.services.desk import Publisher
from callcenter.store import calls, recordings
from callcenter.store.database import Database
from callcenter.store.tables import Recording

TRANSCRIBE = "recording.transcribe"
"""The job's name."""
MOST_ATTEMPTS = 4
"""A recording that ended the worker so often is not tried again by itself."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordingFacts:
    """What checking a finished file found."""

    duration_seconds: float
    size_bytes: int
    sha256: str
    peaks: dict[str, Any]


class Shelf:
    """Recordings of one PBX. Every method blocks for a short transaction."""

    def __init__(self, database: Database, hub: Publisher, *, pbx: str = "pbx") -> None:
        self._database, self._hub, self._pbx = database, hub, pbx

    def begun(self, call_key: str, path: str, *, layout: str, starts_at_seconds: float) -> int | None:
        """The PBX records into `path` (relative). Saying so twice makes one row. None: no such call."""
        with self._database.transaction() as session:
            call = calls.by_key(session, self._pbx, call_key)
            if call is None or call.id is None:
                return None
            row = recordings.by_path(session, path)
            if row is None:
                row = Recording(call_id=call.id, path=path, layout=layout, starts_at_seconds=starts_at_seconds)
                session.add(row)
                session.flush()
            return row.id

    def finished(self, path: str, facts: RecordingFacts) -> int | None:
        """The file is whole and sound: it waits for transcription."""
        with self._database.transaction() as session:
            row = recordings.by_path(session, path)
            if row is None:
                return None
            row.duration_seconds, row.size_bytes, row.sha256 = facts.duration_seconds, facts.size_bytes, facts.sha256
            row.peaks, row.error = facts.peaks, ""
            if row.status in ("recording", "missing"):
                row.status = "pending"
        self._tell(row)
        return row.id

    def missing(self, path: str, reason: str) -> None:
        """The file is not there or not sound; the row stays and says why."""
        self._set(recordings.by_path, path, status="missing", error=reason[:400])

    def unfinished(self) -> list[Recording]:
        """Rows whose file nobody has looked at since the call ended (a restart asks)."""
        with self._database.session() as session:
            return recordings.in_status(session, "recording")

    def claim(self, recording_id: int) -> Recording | None:
        """Take a recording for transcription; None when another worker has it, or it is done."""
        with self._database.transaction() as session:
            row = recordings.by_id(session, recording_id)
            if row is None or row.status not in ("pending", "failed"):
                return None
            row.status, row.progress, row.attempts, row.error = "transcribing", 0, row.attempts + 1, ""
        self._tell(row)
        return row

    def progress(self, recording_id: int, done: float) -> None:
        """How far the transcription is, 0 to 1."""
        self._set(recordings.by_id, recording_id, progress=done)

    def transcribed(self, recording_id: int) -> None:
        """The transcript is stored."""
        self._set(recordings.by_id, recording_id, status="transcribed", progress=1.0, error="")

    def failed(self, recording_id: int, reason: str) -> None:
        """Transcription failed; the recording is kept and may be tried again."""
        self._set(recordings.by_id, recording_id, status="failed", error=reason[:400])

    def again(self, recording_id: int) -> None:
        """A person asks for another try. Raises `NotFound`."""
        with self._database.transaction() as session:
            row = recordings.by_id(session, recording_id)
            if row is None:
                raise NotFound(f"there is no recording {recording_id}")
            row.status, row.attempts, row.error = "pending", 0, ""
        self._tell(row)

    def interrupted(self) -> list[int]:
        """No worker runs: what a killed one left half done waits again. Returns everything that waits."""
        with self._database.transaction() as session:
            left = recordings.in_status(session, "transcribing")
            for row in left:
                _wait_again(row)
            session.flush()
            waiting = recordings.in_status(session, "pending")
        for row in left:
            self._tell(row)
        return [row.id for row in waiting if row.id is not None]

    def _set(self, find: Any, key: Any, **values: Any) -> None:
        with self._database.transaction() as session:
            row = find(session, key)
            if row is None:
                return
            row.sqlmodel_update(values)
        self._tell(row)

    def _tell(self, row: Recording) -> None:
        data = {"call_id": row.call_id, "recording_id": row.id, "status": row.status, "progress": row.progress}
        self._hub.publish(f"call:{row.call_id}", "recording", data)


def _wait_again(row: Recording) -> None:
    row.progress = 0
    if row.attempts < MOST_ATTEMPTS:
        row.status = "pending"
    else:
        row.status = "failed"
        row.error = f"the worker ended {row.attempts} times while it transcribed this; the recording is kept"


def file_of(root: Path, recording: Recording) -> Path:
    """Where a recording lies. Raises `NotFound` when the row's path leaves the folder or the file is gone."""
    path = (root / recording.path).resolve()
    if not path.is_relative_to(root.resolve()) or not path.is_file():
        raise NotFound("the recording's file is not in the recordings folder")
    return path


def call_language(session: Session, call_id: int, default: str) -> str:
    """What was spoken in this call, as far as the live listener found out."""
    call = calls.by_id(session, call_id)
    return call.language if call is not None and call.language else default
