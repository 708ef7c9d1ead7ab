"""Recordings and how far their transcription is."""

from sqlmodel import Session, col, select

from callcenter.store.tables import Recording

WAITING = ("pending", "transcribing")
"""States a restart must queue again: the job's memory of them may be gone."""


def by_id(session: Session, recording_id: int) -> Recording | None:
    """One recording."""
    return session.get(Recording, recording_id)


def of_call(session: Session, call_id: int) -> list[Recording]:
    """A call's recordings, in order of start."""
    statement = select(Recording).where(Recording.call_id == call_id)
    return list(session.exec(statement.order_by(col(Recording.starts_at_seconds), col(Recording.id))))


def by_path(session: Session, path: str) -> Recording | None:
    """The recording in this file (relative to the recordings folder)."""
    return session.exec(select(Recording).where(Recording.path == path)).first()


def in_status(session: Session, *statuses: str) -> list[Recording]:
    """Recordings in one of these states, the oldest first."""
    statement = select(Recording).where(col(Recording.status).in_(statuses))
    return list(session.exec(statement.order_by(col(Recording.id))))


def move(session: Session, call_id: int, into: int, *, later_seconds: float) -> None:
    """A call's recordings belong to another, which began `later_seconds` earlier."""
    for row in session.exec(select(Recording).where(Recording.call_id == call_id)):
        row.call_id = into
        row.starts_at_seconds += later_seconds
    session.flush()
