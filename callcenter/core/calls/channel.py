"""One live channel as the tracker remembers it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from callcenter.core.calls.names import ChannelKind
from callcenter.core.channel_events import UP, ChannelFacts

if TYPE_CHECKING:
    from callcenter.core.calls.call import Call
    from callcenter.core.calls.offer import Offer


@dataclass(slots=True, eq=False)
class Channel:
    """Mutable: the last facts of the PBX, and what the tracker concluded."""

    id: str
    name: str
    linked_id: str
    state: int
    kind: ChannelKind
    extension: str | None
    call: Call
    created_at: float
    seen_on_link: int
    """Which manager link last told of it."""
    caller_number: str
    caller_name: str
    connected_number: str
    exten: str
    was_dialled: bool = False
    dialler_id: str | None = None
    """The channel that dialled it; None for one that called in, and for an Originate."""
    other_half_id: str | None = None
    """Of a Local channel."""
    bridge_id: str | None = None
    in_waiting_room: bool = False
    answered_at: float | None = None
    hangup_cause: int = 0
    has_hung_up: bool = False
    """Its far end asked for the end."""
    is_spy: bool = False
    is_announced: bool = False
    """A LegRinging or LegJoined was said for it."""
    is_joined: bool = False
    offer: Offer | None = None

    @property
    def is_party(self) -> bool:
        """A telephone or the outside; not glue, not a listener."""
        return (self.kind is ChannelKind.PHONE or self.kind is ChannelKind.TRUNK) and not self.is_spy

    @property
    def is_up(self) -> bool:
        """Answered, if only by the PBX."""
        return self.state == UP

    @property
    def never_answered(self) -> bool:
        """It was dialled and nobody took it."""
        return self.was_dialled and self.answered_at is None

    @property
    def label(self) -> str:
        """How people call it: the extension, else the number."""
        return self.extension or (self.offer.extension if self.offer else "") or self.caller_number

    def take(self, facts: ChannelFacts, link: int) -> None:
        """Remember what an event said (the group is the tracker's affair). A channel keeps its id when the PBX swaps
        bodies (pickup, redirect); only the name of what is thrown away changes (Asterisk 22.10.1)."""
        self.name = facts.name
        self.state = facts.state
        self.connected_number = facts.connected_number
        self.exten = facts.exten
        self.seen_on_link = link
