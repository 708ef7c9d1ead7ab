"""One call event becomes one change of the call log. Recording the same event again changes nothing, so a journal
may be replayed over a log that holds half of it."""

from dataclasses import asdict, fields
from typing import Any

from sqlmodel import Session, col, delete, update

from callcenter.core.call_record import CallRecord
from callcenter.core.events import (
    CallAnswered,
    CallEnded,
    CallEvent,
    CallHeld,
    CallMerged,
    CallQueued,
    CallResumed,
    CallStarted,
    LegJoined,
    LegLeft,
    LegRinging,
)
from callcenter.core.numbers import NumberKind, parse_number
from callcenter.store import calls, customers, recordings, transcripts
from callcenter.store.tables import Call, CallEventRow, LegRow
from callcenter.store.types import from_unix

STATES: dict[type[CallEvent], str] = {
    CallStarted: "ringing",
    CallQueued: "queued",
    CallAnswered: "talking",
    CallHeld: "held",
    CallResumed: "talking",
    CallEnded: "ended",
}
"""The state live pages show after an event; an event that is not here leaves it as it was."""

_COMMON = {f.name for f in fields(CallEvent)}
_MINUTE_EVENTS = (LegRinging,)
"""Too small for the history a person reads: armed taps, not happenings."""


class CallLog:
    """Writes call events of one PBX. The caller opens the transaction."""

    def __init__(self, *, pbx: str = "pbx", region: str = "CN", area_code: str = "") -> None:
        self._pbx, self._region, self._area_code = pbx, region, area_code

    def record(self, session: Session, event: CallEvent) -> Call | None:
        """Take the event in. Returns the call's row as it is now, or None when the event was known already."""
        call = calls.by_key(session, self._pbx, event.call_id)
        if call is not None and event.seq <= call.last_seq:
            return None
        if isinstance(event, CallMerged):
            return self._merge(session, call, event)
        if call is None:
            call = self._start(session, event)
        _take_record(call, event.record)
        call.state = STATES.get(type(event), call.state)
        call.last_seq = event.seq
        self._take_number(session, call, event.record)
        self._take_leg(session, call, event)
        if not isinstance(event, _MINUTE_EVENTS):
            calls.add_event(
                session, call, seq=event.seq, kind=type(event).__name__, at=from_unix(event.at), facts=_facts(event)
            )
        session.flush()
        return call

    def _start(self, session: Session, event: CallEvent) -> Call:
        call = Call(
            pbx=self._pbx,
            call_key=event.call_id,
            direction=event.record.direction,
            started_at=from_unix(event.record.started_at),
        )
        session.add(call)
        session.flush()
        return call

    def _take_number(self, session: Session, call: Call, record: CallRecord) -> None:
        known = call.customer_number == record.customer_number and call.number_hidden == record.number_hidden
        if known and call.last_seq > 1:
            return
        number = parse_number(record.customer_number, region=self._region, area_code=self._area_code)
        call.customer_number = record.customer_number[:40]
        call.number_hidden = record.number_hidden or number.kind is NumberKind.HIDDEN
        call.customer_e164 = "" if call.number_hidden else number.e164
        if call.number_hidden:
            call.customer_id = call.customer_id if call.wrapped_up_at else None
        elif call.customer_id is None and call.direction != "internal":
            owners = customers.by_number(session, number)
            call.customer_id = owners[0].id if len(owners) == 1 else None

    def _take_leg(self, session: Session, call: Call, event: CallEvent) -> None:
        assert call.id is not None
        if isinstance(event, LegLeft):
            leg = calls.leg(session, call.id, event.leg_id)
            if leg is not None:
                leg.left_at = from_unix(event.at)
        elif isinstance(event, LegJoined | LegRinging):
            leg = calls.leg(session, call.id, event.leg_id)
            if leg is None:
                leg = LegRow(call_id=call.id, leg_key=event.leg_id, speaker=event.speaker)
                session.add(leg)
            leg.channel, leg.extension, leg.speaker = event.channel[:120], event.extension, event.speaker
            if isinstance(event, LegJoined) and leg.joined_at is None:
                leg.joined_at = from_unix(event.at)

    def _merge(self, session: Session, absorbed: Call | None, event: CallMerged) -> Call | None:
        """What was said and recorded in the absorbed call belongs to the surviving one."""
        survivor = calls.by_key(session, self._pbx, event.into)
        if absorbed is None or survivor is None or absorbed.id == survivor.id:
            return survivor
        legs = {leg.leg_key for leg in calls.legs_of(session, survivor.id or 0)}
        for leg in calls.legs_of(session, absorbed.id or 0):
            if leg.leg_key in legs:
                session.delete(leg)
        session.flush()
        assert absorbed.id is not None
        assert survivor.id is not None
        later = (absorbed.started_at - survivor.started_at).total_seconds()
        transcripts.move(session, absorbed.id, survivor.id, later_seconds=later)
        recordings.move(session, absorbed.id, survivor.id, later_seconds=later)
        session.exec(update(LegRow).where(col(LegRow.call_id) == absorbed.id).values(call_id=survivor.id))
        survivor.top_severity = max(survivor.top_severity, absorbed.top_severity)
        session.exec(delete(CallEventRow).where(col(CallEventRow.call_id) == absorbed.id))
        session.delete(absorbed)
        session.flush()
        return survivor


def _take_record(call: Call, record: CallRecord) -> None:
    call.direction = record.direction
    call.customer_name = record.customer_name[:120]
    call.dialled_number = record.dialled_number[:40]
    call.queue = record.queue
    call.wait_seconds = record.wait_seconds
    call.started_at = from_unix(record.started_at)
    call.answered_at = from_unix(record.answered_at) if record.answered_at is not None else None
    call.ended_at = from_unix(record.ended_at) if record.ended_at is not None else None
    call.ring_seconds = record.ring_seconds
    call.talk_seconds = record.talk_seconds
    call.hold_seconds = record.hold_seconds
    call.agents = [asdict(agent) for agent in record.agents]
    call.final_agent = record.final_agent
    call.transfers = [{"kind": t.kind, "from": t.from_, "to": t.to} for t in record.transfers]
    call.disposition = record.disposition
    call.voicemail = record.voicemail
    call.hangup_by = record.hangup_by
    call.gap = asdict(record.gap) if record.gap is not None else None


def _facts(event: CallEvent) -> dict[str, Any]:
    return {f.name: getattr(event, f.name) for f in fields(event) if f.name not in _COMMON}
