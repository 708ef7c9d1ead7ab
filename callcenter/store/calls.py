"""The call log: recording what the tracker says, and reading it back."""

from datetime import datetime
from typing import Any

from sqlalchemy import or_
from sqlmodel import Session, col, select

from callcenter.store.tables import Call, CallEventRow, LegRow, LinkGap


def by_key(session: Session, pbx: str, call_key: str) -> Call | None:
    """The row of a tracker's call."""
    return session.exec(select(Call).where(Call.pbx == pbx, Call.call_key == call_key)).first()


def by_id(session: Session, call_id: int) -> Call | None:
    """One call."""
    return session.get(Call, call_id)


def has_event(session: Session, call: Call, seq: int) -> bool:
    """Whether this event was recorded already (a replayed journal)."""
    statement = select(CallEventRow.id).where(CallEventRow.call_id == call.id, CallEventRow.seq == seq)
    return session.exec(statement).first() is not None


def add_event(session: Session, call: Call, *, seq: int, kind: str, at: datetime, facts: dict[str, Any]) -> None:
    """Append to a call's history."""
    assert call.id is not None
    session.add(CallEventRow(call_id=call.id, seq=seq, kind=kind, at=at, facts=facts))


def events_of(session: Session, call_id: int) -> list[CallEventRow]:
    """What happened, in order."""
    statement = select(CallEventRow).where(CallEventRow.call_id == call_id)
    return list(session.exec(statement.order_by(col(CallEventRow.at), col(CallEventRow.seq))))


def leg(session: Session, call_id: int, leg_key: str) -> LegRow | None:
    """One party's leg."""
    return session.exec(select(LegRow).where(LegRow.call_id == call_id, LegRow.leg_key == leg_key)).first()


def legs_of(session: Session, call_id: int) -> list[LegRow]:
    """Every party's leg."""
    return list(session.exec(select(LegRow).where(LegRow.call_id == call_id).order_by(col(LegRow.id))))


def live(session: Session) -> list[Call]:
    """Calls that are up, the oldest first."""
    return list(session.exec(select(Call).where(col(Call.ended_at).is_(None)).order_by(col(Call.started_at))))


def oldest_live_start(session: Session, pbx: str) -> datetime | None:
    """When the oldest call still open in the log began: how far back a restart must replay the journal."""
    statement = select(Call.started_at).where(col(Call.ended_at).is_(None), Call.pbx == pbx)
    return session.exec(statement.order_by(col(Call.started_at))).first()


def of_customer(session: Session, customer_id: int, *, but: int | None = None, limit: int = 8) -> list[Call]:
    """A customer's latest calls."""
    statement = select(Call).where(Call.customer_id == customer_id)
    if but is not None:
        statement = statement.where(Call.id != but)
    return list(session.exec(statement.order_by(col(Call.started_at).desc()).limit(limit)))


def last_customers_of_number(session: Session, e164: str, limit: int = 3) -> list[int]:
    """Who was spoken to on the last calls from this number."""
    statement = (
        select(Call.customer_id)
        .where(Call.customer_e164 == e164, col(Call.customer_id).is_not(None))
        .order_by(col(Call.started_at).desc())
        .limit(limit)
    )
    return list(dict.fromkeys(i for i in session.exec(statement) if i is not None))


def not_wrapped_up(session: Session, extension: str, since: datetime) -> Call | None:
    """The newest call this agent talked in and has not wrapped up."""
    statement = select(Call).where(
        Call.final_agent == extension,
        col(Call.ended_at).is_not(None),
        col(Call.wrapped_up_at).is_(None),
        Call.disposition == "answered",
        Call.started_at >= since,
    )
    return session.exec(statement.order_by(col(Call.started_at).desc())).first()


def open_gap(session: Session, pbx: str) -> LinkGap | None:
    """The gap that has not ended."""
    statement = select(LinkGap).where(LinkGap.pbx == pbx, col(LinkGap.restored_at).is_(None))
    return session.exec(statement.order_by(col(LinkGap.lost_at).desc())).first()


def gaps(session: Session, limit: int = 20) -> list[LinkGap]:
    """The latest gaps."""
    return list(session.exec(select(LinkGap).order_by(col(LinkGap.lost_at).desc()).limit(limit)))


def matching(text: str) -> Any:
    """A condition for the search box of the call log: number, name, agent or call id."""
    like = f"%{text.replace('%', '').replace('_', '')}%"
    return or_(
        col(Call.customer_number).like(like),
        col(Call.customer_e164).like(like),
        col(Call.customer_name).ilike(like),
        col(Call.final_agent) == text,
        col(Call.dialled_number) == text,
        col(Call.call_key) == text,
    )
