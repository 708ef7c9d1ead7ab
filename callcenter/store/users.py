"""Users and their sessions."""

from datetime import datetime

from sqlalchemy import func
from sqlmodel import Session, col, delete, select

from callcenter.store.tables import SessionRow, User


def by_name(session: Session, name: str) -> User | None:
    """The active user who signs in as `name` (case does not matter)."""
    wanted = func.lower(col(User.name)) == name.strip().lower()
    return session.exec(select(User).where(wanted, col(User.is_active))).first()


def is_taken(session: Session, name: str) -> bool:
    """Whether somebody signs in, or once did, as `name` (case does not matter)."""
    wanted = func.lower(col(User.name)) == name.strip().lower()
    return session.exec(select(User).where(wanted)).first() is not None


def by_id(session: Session, user_id: int) -> User | None:
    """One user."""
    return session.get(User, user_id)


def all_users(session: Session) -> list[User]:
    """Everybody, by name."""
    return list(session.exec(select(User).order_by(User.name)))


def count(session: Session) -> int:
    """How many users there are; none means first run."""
    return session.exec(select(func.count()).select_from(User)).one()


def session_by_hash(session: Session, token_hash: str) -> tuple[SessionRow, User] | None:
    """A signed-in browser and its user, if still active."""
    statement = (
        select(SessionRow, User)
        .join(User, col(User.id) == SessionRow.user_id)
        .where(SessionRow.token_hash == token_hash, col(User.is_active))
    )
    return session.exec(statement).first()


def end_session(session: Session, token_hash: str) -> None:
    """Sign one browser out."""
    session.exec(delete(SessionRow).where(col(SessionRow.token_hash) == token_hash))


def end_sessions_of(session: Session, user_id: int, *, but: str = "") -> None:
    """Sign a user's browsers out, all but the one with token hash `but`."""
    session.exec(delete(SessionRow).where(col(SessionRow.user_id) == user_id, col(SessionRow.token_hash) != but))


def end_sessions_before(session: Session, seen_before: datetime) -> None:
    """Forget the browsers not seen since."""
    session.exec(delete(SessionRow).where(col(SessionRow.seen_at) < seen_before))
