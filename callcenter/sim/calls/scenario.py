"""What a simulated call does, as a scenario file says it."""

from dataclasses import dataclass
from enum import StrEnum

from callcenter.core.call_record import Direction


class Outcome(StrEnum):
    """What comes of ringing a phone."""

    ANSWERED = "answered"
    NO_ANSWER = "no_answer"
    BUSY = "busy"
    DECLINED = "declined"


class Side(StrEnum):
    """Who hangs up."""

    CUSTOMER = "customer"
    AGENT = "agent"


@dataclass(frozen=True, slots=True, kw_only=True)
class Ring:
    """One phone is rung. `agent` is an extension; None lets the queue choose the next free member."""

    seconds: float = 6.0
    outcome: Outcome = Outcome.ANSWERED
    agent: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Hold:
    """The agent holds the call after a turn of the dialogue."""

    after_turn: int
    seconds: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Transfer:
    """The agent transfers blindly at the end of the dialogue; `dialogue` is what is said then."""

    to: str
    ring_seconds: float = 4.0
    answered: bool = True
    dialogue: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Scenario:
    """One call."""

    id: str
    direction: Direction = Direction.INBOUND
    number: str
    """The customer's, as the PBX shows it; `anonymous` or empty when withheld."""
    name: str = ""
    hidden: bool = False
    """The carrier shows the number to the PBX but the caller asked to withhold it (SIP PAI with Privacy)."""
    to: str
    """The number dialled: ours for inbound calls, with outside prefix for outbound ones."""
    queue: str | None = None
    """None rings the first agent directly."""
    rings: tuple[Ring, ...] = (Ring(),)
    language: str = "zh"
    dialogue: str = ""
    talk_seconds: float = 0.0
    """Silent talk, before the dialogue if there is one."""
    hold: Hold | None = None
    transfer: Transfer | None = None
    hangup_by: Side = Side.CUSTOMER
    hangs_up_after: float | None = None
    """Seconds of ringing after which the caller gives up; None waits for the rings to end."""
    pause_before: float = 5.0
    """Seconds after the previous call of a loop began to arrive, or ended if all lines are in use."""
