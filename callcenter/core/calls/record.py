"""The live call frozen as a call record."""

from callcenter.core.call_record import CallRecord, GapRecord, HangupBy
from callcenter.core.calls.call import Call
from callcenter.core.calls.outcome import disposition, hung_up_by


def freeze(call: Call, now: float) -> CallRecord:
    """The record as it stands at `now` (Unix seconds); of an ended call, at its end."""
    ended = call.ended_at is not None
    end = call.ended_at if call.ended_at is not None else now
    return CallRecord(
        call_id=call.id,
        direction=call.direction,
        customer_number="" if call.number_hidden and not _is_word(call.customer_number) else call.customer_number,
        customer_name="" if call.number_hidden and not _is_word(call.customer_number) else call.customer_name,
        dialled_number=call.dialled_number,
        queue=call.queue,
        wait_seconds=_wait_seconds(call, end),
        started_at=call.started_at,
        answered_at=call.answered_at,
        ended_at=call.ended_at,
        ring_seconds=_ring_seconds(call, end),
        talk_seconds=max(end - call.answered_at, 0.0) if call.answered_at is not None else 0.0,
        hold_seconds=call.hold.seconds(end),
        agents=tuple([offer.record(_talk_since(call, offer.is_consultation), end) for offer in call.offers]),
        final_agent=call.agent,
        transfers=tuple([transfer.record() for transfer in call.transfers]),
        disposition=disposition(call) if ended else None,
        voicemail=call.voicemail or (call.may_be_voicemail and call.answered_at is None),
        hangup_by=hung_up_by(call) if ended else HangupBy.UNKNOWN,
        gap=_gap(call),
        recordings=tuple(call.recordings),
        number_hidden=call.number_hidden,
        queued_at=call.queued_at,
    )


def _is_word(number: str) -> bool:
    """`anonymous` and its like identify nobody and may be shown."""
    return not any(character.isdigit() for character in number)


def _ring_seconds(call: Call, end: float) -> float:
    until = call.answered_at if call.answered_at is not None else end
    return max(until - call.rang_at, 0.0) if call.rang_at is not None else 0.0


def _wait_seconds(call: Call, end: float) -> float | None:
    if call.queue is None or call.queued_at is None:
        return None
    if call.queue_left_at is not None:
        end = min(end, call.queue_left_at)
    since = call.queued_at if call.used_menu else call.started_at
    if call.answered_at is not None and call.answered_at >= call.queued_at:
        end = min(end, call.answered_at)
    elif call.answered_at is not None:
        # Sent to the queue by an agent: the wait that counts began there.
        since = call.queued_at
    return max(end - since, 0.0)


def _talk_since(call: Call, consultation: bool) -> float | None:
    return call.started_at if consultation else call.answered_at


def _gap(call: Call) -> GapRecord | None:
    if call.gap is None:
        return None
    return GapRecord(
        lost_at=call.gap.lost_at, restored_at=call.gap.restored_at, estimated=tuple(sorted(call.gap.estimated))
    )
