"""How to listen, and how listening is doing."""

from dataclasses import dataclass, field

from callcenter.audio.gate import GateConfig
from callcenter.core.call_record import CallRecord, Direction
from callcenter.services.listening.state import Mode
from callcenter.services.listening.taps import TapConfig


def is_customer_call(record: CallRecord) -> bool:
    """What is listened to and recorded unless the settings say otherwise: calls with somebody outside."""
    return record.direction is not Direction.INTERNAL


@dataclass(frozen=True, slots=True, kw_only=True)
class ListenConfig:
    """How to listen."""

    taps: TapConfig
    mode: Mode = Mode.TWO_PASS
    """What the pool was set up for; `Mode.OFF` listens to nothing."""
    languages: frozenset[str] | None = None
    """What the pool has models for; None = not known."""
    gate: GateConfig = field(default_factory=GateConfig)
    most_ringing: int = 4
    """More telephones of one call ringing at once than this are not tapped before one answers."""
    no_audio_seconds: float = 5.0
    """A leg that talks this long without a tap is an alarm."""
    tick_seconds: float = 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class ListenerStatus:
    """For the system page."""

    load: str
    """`full`, `no_second_pass`, `customer_only`, `after_call`, `off`."""
    legs: int
    recognised: int
    taps: int
    waiting_deliveries: int
    failed_deliveries: int
    unavailable: str
    """Why nothing is listened to; a sentence that says what to do."""
