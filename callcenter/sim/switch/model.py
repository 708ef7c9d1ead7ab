"""What the switch holds: channels and bridges, with the fields that events show."""

from dataclasses import dataclass, field
from enum import IntEnum

UNKNOWN = "<unknown>"
"""How events write a name or number nobody gave (Asterisk 22.10.1)."""


class ChannelState(IntEnum):
    """Asterisk's states of a channel, as far as they are used here."""

    DOWN = 0
    RING = 4
    RINGING = 5
    UP = 6
    BUSY = 7

    @property
    def label(self) -> str:
        """As in ChannelStateDesc."""
        return self.name.capitalize()


@dataclass(frozen=True, slots=True)
class Party:
    """A telephone number and a name; empty when unknown."""

    number: str = ""
    name: str = ""


NOBODY = Party()


@dataclass(slots=True, kw_only=True, eq=False)
class Channel:
    """One party's connection to the switch."""

    name: str
    uniqueid: str
    linkedid: str
    created_at: float
    """Unix seconds."""
    caller: Party
    context: str
    exten: str
    connected: Party = NOBODY
    priority: int = 1
    state: ChannelState = ChannelState.DOWN
    application: str = ""
    application_data: str = ""
    dialled_number: str = ""
    """What the caller dialled (DNID)."""
    hidden: bool = False
    """The caller asked that the number be withheld."""
    answered_at: float | None = None
    bridge: "Bridge | None" = None

    @property
    def technology(self) -> str:
        """The part before the slash."""
        return self.name.partition("/")[0]

    @property
    def device(self) -> str:
        """The name without its serial number."""
        return self.name.rpartition("-")[0]


@dataclass(slots=True, kw_only=True, eq=False)
class Bridge:
    """Where channels hear each other."""

    uniqueid: str
    channels: list[Channel] = field(default_factory=list)
