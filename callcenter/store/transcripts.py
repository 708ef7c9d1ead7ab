"""Utterances and flags."""

from datetime import datetime
from typing import Any

from sqlmodel import Session, col, delete, select

from callcenter.core.flags import Flag
from callcenter.core.transcript import Utterance
from callcenter.store.tables import FlagRow, UtteranceRow
from callcenter.store.types import now


def save_utterance(
    session: Session, call_id: int, utterance: Utterance, *, source: str, leg_key: str = ""
) -> UtteranceRow:
    """Insert it, or replace the text of an earlier revision. An older revision never replaces a newer one."""
    statement = select(UtteranceRow).where(
        UtteranceRow.call_id == call_id,
        UtteranceRow.source == source,
        UtteranceRow.leg_key == leg_key,
        UtteranceRow.seq == utterance.seq,
    )
    row = session.exec(statement).first()
    if row is not None and row.revision > utterance.revision:
        return row
    values = _values(utterance)
    if row is None:
        row = UtteranceRow(
            call_id=call_id, source=source, leg_key=leg_key, seq=utterance.seq, created_at=now(), **values
        )
        session.add(row)
    else:
        row.sqlmodel_update(values)
    session.flush()
    return row


def _values(utterance: Utterance) -> dict[str, Any]:
    words = [{"t": w.start, "d": w.end - w.start, "w": w.text, "conf": w.confidence} for w in utterance.words]
    return {
        "revision": utterance.revision,
        "speaker": str(utterance.speaker),
        "start_seconds": utterance.start,
        "end_seconds": utterance.end,
        "text": utterance.text,
        "words": words,
        "confidence": utterance.confidence,
        "language": utterance.language,
        "engine": utterance.engine,
        "model": utterance.model,
    }


def utterances_of(session: Session, call_id: int, source: str) -> list[UtteranceRow]:
    """A call's transcript from one source, in time order."""
    statement = select(UtteranceRow).where(UtteranceRow.call_id == call_id, UtteranceRow.source == source)
    return list(session.exec(statement.order_by(col(UtteranceRow.start_seconds), col(UtteranceRow.id))))


def next_seq(session: Session, call_id: int, source: str, leg_key: str) -> int:
    """The first number not used on this leg yet: a restarted listener goes on counting from here."""
    statement = select(UtteranceRow.seq).where(
        UtteranceRow.call_id == call_id, UtteranceRow.source == source, UtteranceRow.leg_key == leg_key
    )
    return (session.exec(statement.order_by(col(UtteranceRow.seq).desc())).first() or 0) + 1


def replace_flags(
    session: Session, row: UtteranceRow, flags: tuple[Flag, ...], *, at_seconds: float
) -> tuple[list[FlagRow], list[FlagRow]]:
    """Make the utterance's flags these. A flag that is still true keeps its row and what people said of it;
    one that is no longer true is retracted, not deleted. Returns (new, retracted)."""
    standing = {old.rule: old for old in _standing(session, row)}
    wanted = {flag.rule: flag for flag in flags}
    retracted = [old for rule, old in standing.items() if rule not in wanted]
    for old in retracted:
        old.retracted_at = now()
    fresh = [_flag_row(row, flag, at_seconds) for rule, flag in wanted.items() if rule not in standing]
    for rule, flag in wanted.items():
        if rule in standing:
            standing[rule].sqlmodel_update(
                {
                    "utterance_id": row.id,
                    "matched": flag.matched[:200],
                    "start": flag.start,
                    "end": flag.end,
                    "why": flag.why[:400],
                }
            )
    session.add_all(fresh)
    session.flush()
    return fresh, retracted


def _standing(session: Session, row: UtteranceRow) -> list[FlagRow]:
    """The utterance's flags, those raised from its partials included."""
    statement = select(FlagRow).where(
        FlagRow.call_id == row.call_id,
        FlagRow.source == row.source,
        FlagRow.leg_key == row.leg_key,
        FlagRow.seq == row.seq,
        col(FlagRow.retracted_at).is_(None),
    )
    return list(session.exec(statement))


def _flag_row(row: UtteranceRow, flag: Flag, at_seconds: float) -> FlagRow:
    made = flag_row(row.call_id, flag, source=row.source, leg_key=row.leg_key, seq=row.seq, at_seconds=at_seconds)
    made.utterance_id = row.id
    return made


def flag_row(call_id: int, flag: Flag, *, source: str, leg_key: str, seq: int, at_seconds: float) -> FlagRow:
    """A flag as a row, of an utterance that need not be stored yet."""
    return FlagRow(
        call_id=call_id,
        source=source,
        leg_key=leg_key,
        seq=seq,
        rule=flag.rule,
        category=flag.category,
        severity=flag.severity,
        actions=list(flag.actions),
        matched=flag.matched[:200],
        start=flag.start,
        end=flag.end,
        speaker=str(flag.speaker),
        why=flag.why[:400],
        at_seconds=at_seconds,
        created_at=now(),
    )


def early_flag(session: Session, call_id: int, leg_key: str, seq: int, rule: str) -> FlagRow | None:
    """The standing flag of this rule on an utterance that may still be unfinished."""
    statement = select(FlagRow).where(
        FlagRow.call_id == call_id,
        FlagRow.source == "live",
        FlagRow.leg_key == leg_key,
        FlagRow.seq == seq,
        FlagRow.rule == rule,
        col(FlagRow.retracted_at).is_(None),
    )
    return session.exec(statement).first()


def flags_of(session: Session, call_id: int, source: str | None = None) -> list[FlagRow]:
    """A call's standing flags, in time order."""
    statement = select(FlagRow).where(FlagRow.call_id == call_id, col(FlagRow.retracted_at).is_(None))
    if source is not None:
        statement = statement.where(FlagRow.source == source)
    return list(session.exec(statement.order_by(col(FlagRow.at_seconds), col(FlagRow.id))))


def flag_by_id(session: Session, flag_id: int) -> FlagRow | None:
    """One flag."""
    return session.get(FlagRow, flag_id)


def top_severity(session: Session, call_id: int) -> int:
    """The highest severity that stands."""
    return max((flag.severity for flag in flags_of(session, call_id)), default=0)


def move(session: Session, call_id: int, into: int, *, later_seconds: float) -> None:
    """What was said in one call belongs to another, which began `later_seconds` earlier."""
    for row in session.exec(select(UtteranceRow).where(UtteranceRow.call_id == call_id)):
        row.call_id = into
        row.start_seconds += later_seconds
        row.end_seconds += later_seconds
        row.words = [{**word, "t": word["t"] + later_seconds} for word in row.words]
    for flag in session.exec(select(FlagRow).where(FlagRow.call_id == call_id)):
        flag.call_id = into
        flag.at_seconds += later_seconds
    session.flush()


def forget_leg(session: Session, call_id: int, source: str, leg_key: str) -> None:
    """Drop a transcript that is about to be made again (its flags go with it)."""
    ours = select(UtteranceRow.id).where(
        UtteranceRow.call_id == call_id, UtteranceRow.source == source, UtteranceRow.leg_key == leg_key
    )
    session.exec(delete(FlagRow).where(col(FlagRow.utterance_id).in_(ours)))
    session.exec(delete(UtteranceRow).where(col(UtteranceRow.id).in_(ours)))


def recent_alerts(session: Session, since: datetime, minimum: int, limit: int = 50) -> list[FlagRow]:
    """The latest standing flags of at least this severity, newest first."""
    statement = select(FlagRow).where(
        FlagRow.created_at >= since, FlagRow.severity >= minimum, col(FlagRow.retracted_at).is_(None)
    )
    return list(session.exec(statement.order_by(col(FlagRow.created_at).desc()).limit(limit)))
