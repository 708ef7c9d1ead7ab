"""Reads that only pages make: the call log by keyset, names by extension, what one agent has still to do."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import String, and_, cast, func, or_
from sqlmodel import Session, col, select

from callcenter.store import calls
from callcenter.store.tables import Call, Customer, LinkGap, Recording, User, UtteranceRow


@dataclass(frozen=True, slots=True, kw_only=True)
class CallFilter:
    """What the call log is narrowed to; empty means all."""

    text: str = ""
    direction: str = ""
    disposition: str = ""
    """A disposition, or `flagged`, or `unwrapped`."""
    extension: str = ""
    since: datetime | None = None
    until: datetime | None = None
    only_extension: str | None = None
    """Whose own calls only; an agent without a telephone has none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Cursor:
    """The last row shown: start and id, because several calls may start together."""

    started_at: datetime
    id: int


def call_log(session: Session, want: CallFilter, *, after: Cursor | None, limit: int) -> list[Call]:
    """The newest first; `after` goes on where a page ended."""
    statement = select(Call).where(*_conditions(want))
    if after is not None:
        older = col(Call.started_at) < after.started_at
        same = and_(col(Call.started_at) == after.started_at, col(Call.id) < after.id)
        statement = statement.where(or_(older, same))
    order = (col(Call.started_at).desc(), col(Call.id).desc())
    return list(session.exec(statement.order_by(*order).limit(limit)))


def count_calls(session: Session, want: CallFilter, cap: int) -> int:
    """How many there are, counted no further than `cap`."""
    inner = select(Call.id).where(*_conditions(want)).limit(cap).subquery()
    return session.exec(select(func.count()).select_from(inner)).one()


def _conditions(want: CallFilter) -> list[Any]:
    found: list[Any] = []
    if want.text:
        named = select(Customer.id).where(col(Customer.name).contains(want.text, autoescape=True))
        found.append(or_(calls.matching(want.text), col(Call.customer_id).in_(named)))
    if want.direction:
        found.append(Call.direction == want.direction)
    if want.disposition == "flagged":
        found.append(Call.top_severity >= 3)
    elif want.disposition == "unwrapped":
        found.append(col(Call.wrapped_up_at).is_(None) & (Call.disposition == "answered"))
    elif want.disposition:
        found.append(Call.disposition == want.disposition)
    if want.extension:
        found.append(took_part(want.extension))
    if want.only_extension is not None:
        found.append(took_part(want.only_extension))
    if want.since is not None:
        found.append(Call.started_at >= want.since)
    if want.until is not None:
        found.append(Call.started_at < want.until)
    return found


def took_part(extension: str) -> Any:
    """The agent was offered the call, or had it last. Offers are JSON, whose text both databases can search."""
    offered = cast(col(Call.agents), String).contains(f'"extension": "{extension}"', autoescape=True)
    return or_(col(Call.final_agent) == extension, offered)


def own_calls(session: Session, extension: str, since: datetime, limit: int = 12) -> list[Call]:
    """An agent's calls since then that are over, the newest first."""
    statement = select(Call).where(took_part(extension), Call.started_at >= since, col(Call.ended_at).is_not(None))
    return list(session.exec(statement.order_by(col(Call.started_at).desc()).limit(limit)))


def to_wrap_up(session: Session, extension: str, since: datetime) -> list[Call]:
    """Calls this agent talked in and has not wrapped up, the oldest first."""
    statement = select(Call).where(
        Call.final_agent == extension,
        col(Call.ended_at).is_not(None),
        col(Call.wrapped_up_at).is_(None),
        Call.disposition == "answered",
        Call.started_at >= since,
    )
    return list(session.exec(statement.order_by(col(Call.started_at))))


def names_by_extension(session: Session, extensions: Iterable[str]) -> dict[str, str]:
    """Who sits at which telephone."""
    statement = select(User).where(col(User.extension).in_(set(extensions)), col(User.is_active))
    return {user.extension: user.full_name for user in session.exec(statement) if user.extension}


def customers_by_id(session: Session, ids: Iterable[int | None]) -> dict[int, Customer]:
    """Several customers at once."""
    wanted = {i for i in ids if i is not None}
    if not wanted:
        return {}
    return {c.id: c for c in session.exec(select(Customer).where(col(Customer.id).in_(wanted))) if c.id}


def utterance_by_id(session: Session, utterance_id: int) -> UtteranceRow | None:
    """One utterance."""
    return session.get(UtteranceRow, utterance_id)


def count_recordings(session: Session) -> dict[str, int]:
    """How many recordings are in which status."""
    statement = select(Recording.status, func.count()).group_by(Recording.status)
    return dict(session.exec(statement).all())


def open_gaps(session: Session) -> list[LinkGap]:
    """Links that are down now."""
    return list(session.exec(select(LinkGap).where(col(LinkGap.restored_at).is_(None))))
