"""One customer call as the log keeps it and `callcenter replay` prints it: what the customer would call one
call, with its transfers, ring groups and consultations inside."""

from dataclasses import dataclass
from enum import StrEnum


class Direction(StrEnum):
    INBOUND = "inbound"
    OUTBOUND = "outbound"
    INTERNAL = "internal"


class Disposition(StrEnum):
    """How the call ended as the telephone saw it; what it was about is the wrap-up code."""

    ANSWERED = "answered"
    ABANDONED = "abandoned"
    NO_ANSWER = "no_answer"
    BUSY = "busy"
    DECLINED = "declined"
    FAILED = "failed"
    LOST = "lost"


class AgentOutcome(StrEnum):
    """What came of ringing one agent."""

    ANSWERED = "answered"
    NO_ANSWER = "no_answer"
    DECLINED = "declined"
    BUSY = "busy"
    FORWARDED = "forwarded"
    ANSWERED_ELSEWHERE = "answered_elsewhere"
    CANCELLED = "cancelled"


class TransferKind(StrEnum):
    BLIND = "blind"
    ATTENDED = "attended"
    BLONDE = "blonde"
    PARK = "park"


class HangupBy(StrEnum):
    CUSTOMER = "customer"
    AGENT = "agent"
    SYSTEM = "system"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True, kw_only=True)
class AgentRecord:
    """One offer to one agent."""

    extension: str
    outcome: AgentOutcome | None
    """None while the phone still rings."""
    ring_seconds: float
    talk_seconds: float


@dataclass(frozen=True, slots=True, kw_only=True)
class TransferRecord:
    """`from_` and `to` are extensions or numbers."""

    kind: TransferKind
    from_: str
    to: str


@dataclass(frozen=True, slots=True, kw_only=True)
class GapRecord:
    """The manager link was down during the call: from when to when (Unix seconds), and what is therefore an
    estimate or unknown (`started_at`, `answered_at`, `ended_at`, `hold_seconds`, `hangup_by`, …)."""

    lost_at: float
    restored_at: float | None
    estimated: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class CallRecord:
    """Everything known about one call. Times are Unix seconds; None = has not happened."""

    call_id: str
    direction: Direction
    customer_number: str
    """As the PBX gave it (`anonymous` when it gave that); empty when unknown or when the caller asked for privacy.
    In an internal call, the extension that called."""
    customer_name: str
    dialled_number: str
    queue: str | None
    wait_seconds: float | None
    """Seconds from the call's start (after a menu or a transfer: from joining the queue) until a human answered or
    the caller left the queue: what the caller feels. None when there was no queue."""
    started_at: float
    answered_at: float | None
    """When a human answered."""
    ended_at: float | None
    ring_seconds: float
    """From the first ring of a telephone until a human answered, or until the end when nobody did; 0 when
    none rang. In an outbound call, the customer's telephone."""
    talk_seconds: float
    """From the human's answer to the end, holds and transfers included."""
    hold_seconds: float
    agents: tuple[AgentRecord, ...]
    final_agent: str | None
    transfers: tuple[TransferRecord, ...]
    disposition: Disposition | None
    """None while the call is up."""
    voicemail: bool
    hangup_by: HangupBy
    gap: GapRecord | None
    recordings: tuple[str, ...]
    number_hidden: bool = False
    """The caller asked not to be known: no pop by number, whatever the PBX let through."""
    queued_at: float | None = None
    """When the caller joined the queue."""
