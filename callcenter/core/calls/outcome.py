"""How a call ended and who ended it: two small decisions over the facts gathered."""

from collections.abc import Iterable

from callcenter.core.call_record import AgentOutcome, Direction, Disposition, HangupBy
from callcenter.core.calls.call import Call
from callcenter.core.calls.offer import CAUSE_BUSY, CAUSE_DECLINED

DISPOSITION_BY_STATUS = {
    "BUSY": Disposition.BUSY,
    "CONGESTION": Disposition.FAILED,
    "CHANUNAVAIL": Disposition.FAILED,
    "NOANSWER": Disposition.NO_ANSWER,
    "CANCEL": Disposition.NO_ANSWER,
}
"""Outbound: DialStatus towards the customer."""

DISPOSITION_BY_CAUSE = {CAUSE_BUSY: Disposition.BUSY, CAUSE_DECLINED: Disposition.DECLINED}

DISPOSITION_BY_OUTCOMES = (
    (frozenset({AgentOutcome.DECLINED}), Disposition.DECLINED),
    (frozenset({AgentOutcome.BUSY}), Disposition.BUSY),
    (frozenset({AgentOutcome.DECLINED, AgentOutcome.BUSY}), Disposition.BUSY),
)
"""Nobody answered and nobody gave up: what all the agents offered have in common."""


def disposition(call: Call) -> Disposition:
    """How the call ended as the telephone saw it."""
    if call.answered_at is not None:
        return Disposition.ANSWERED
    if call.gap is not None and "ended_at" in call.gap.estimated:
        return Disposition.LOST
    if call.voicemail or call.may_be_voicemail:
        return Disposition.NO_ANSWER
    if gave_up(call):
        return Disposition.ABANDONED
    if call.direction is Direction.OUTBOUND:
        return _outbound(call)
    return _by_outcomes(offer.outcome for offer in call.offers)


def gave_up(call: Call) -> bool:
    """Whether the customer who called hung up before anybody answered."""
    unanswered = call.answered_at is None and call.direction is Direction.INBOUND
    return unanswered and call.hangup_by is HangupBy.CUSTOMER


def _outbound(call: Call) -> Disposition:
    if call.out_cause in DISPOSITION_BY_CAUSE:
        return DISPOSITION_BY_CAUSE[call.out_cause]
    if call.out_status:
        return DISPOSITION_BY_STATUS.get(call.out_status, Disposition.FAILED)
    if call.offers:
        return _by_outcomes(offer.outcome for offer in call.offers)
    return Disposition.FAILED


def _by_outcomes(outcomes: Iterable[AgentOutcome | None]) -> Disposition:
    found = frozenset(outcome for outcome in outcomes if outcome is not None)
    return next((result for outcomes_, result in DISPOSITION_BY_OUTCOMES if found == outcomes_), Disposition.NO_ANSWER)


def hung_up_by(call: Call) -> HangupBy:
    """Who ended it: ami.md §D.6's rule, right in 63 of 63 scored calls. The first party that asked for the end after
    the parties last changed; else whom the PBX was told to hang up; else who left the last conversation first."""
    if call.gap is not None and "hangup_by" in call.gap.estimated:
        return HangupBy.UNKNOWN
    if call.hangup_by is not None:
        return call.hangup_by
    if call.forced_end is not None:
        return call.forced_end
    if call.answered_at is not None and call.left_first is not None and not call.handed_on:
        return call.left_first
    return _who_refused(call)


def _who_refused(call: Call) -> HangupBy:
    if disposition(call) is not Disposition.DECLINED:
        return HangupBy.SYSTEM
    return HangupBy.CUSTOMER if call.direction is Direction.OUTBOUND and call.out_status else HangupBy.AGENT
