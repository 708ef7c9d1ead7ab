"""One customer call while it lives: the facts gathered, channel by channel. `record.py` freezes them."""

from __future__ import annotations

from dataclasses import dataclass, field

from callcenter.core.call_record import CallRecord, Direction, HangupBy, TransferKind, TransferRecord
from callcenter.core.calls.channel import Channel
from callcenter.core.calls.offer import Offer


@dataclass(slots=True)
class Transfer:
    """A hand-over; `to` of a parked call is known when somebody fetches it."""

    kind: TransferKind
    from_: str
    to: str
    at: float

    def record(self) -> TransferRecord:
        """Frozen."""
        return TransferRecord(kind=self.kind, from_=self.from_, to=self.to)


@dataclass(slots=True)
class Gap:
    """The manager link was down during the call."""

    lost_at: float
    restored_at: float | None
    estimated: set[str] = field(default_factory=set)


@dataclass(slots=True)
class Hold:
    """Who holds the conversation, and for how long it was held in all."""

    holders: set[str] = field(default_factory=set)
    since: float | None = None
    total: float = 0.0

    def start(self, channel_id: str, at: float) -> bool:
        """Whether the conversation is held only now."""
        self.holders.add(channel_id)
        if self.since is not None:
            return False
        self.since = at
        return True

    def end(self, channel_id: str, at: float) -> bool:
        """Whether the conversation goes on only now. An end without a beginning changes nothing."""
        self.holders.discard(channel_id)
        if self.since is None or self.holders:
            return False
        self.total += max(at - self.since, 0.0)
        self.since = None
        return True

    def seconds(self, now: float) -> float:
        """In all, up to `now`."""
        return self.total + (max(now - self.since, 0.0) if self.since is not None else 0.0)


@dataclass(slots=True, eq=False)
class Call:
    """Mutable. Times are Unix seconds."""

    id: str
    started_at: float
    direction: Direction = Direction.INTERNAL
    is_decided: bool = False
    """The direction is known."""
    is_reported: bool = False
    """CallStarted was said. Before, it may be a feature code, a pickup or a spy, and nothing is said."""
    seq: int = 0
    channels: dict[str, Channel] = field(default_factory=dict)
    """The live ones."""
    linked_ids: list[str] = field(default_factory=list)
    """The PBX's groups that are this call."""
    root: Channel | None = None
    """The first party."""
    customer: Channel | None = None
    """The customer's channel; in an internal call, the caller's."""
    customer_number: str = ""
    customer_name: str = ""
    dialled_number: str = ""
    number_hidden: bool = False
    queue: str | None = None
    queued_at: float | None = None
    queue_left_at: float | None = None
    used_menu: bool = False
    """The caller pressed keys before anybody answered."""
    rang_at: float | None = None
    answered_at: float | None = None
    customer_left_at: float | None = None
    ended_at: float | None = None
    settle_at: float = 0.0
    """When, by arrival, nothing more is expected."""
    offers: list[Offer] = field(default_factory=list)
    transfers: list[Transfer] = field(default_factory=list)
    hold: Hold = field(default_factory=Hold)
    final_agent: str | None = None
    voicemail: bool = False
    may_be_voicemail: bool = False
    """The PBX itself answered after the phones rang in vain."""
    recordings: list[str] = field(default_factory=list)
    hangup_by: HangupBy | None = None
    """Who asked for the end since the parties last changed."""
    left_first: HangupBy | None = None
    """Who left the last conversation first."""
    forced_end: HangupBy | None = None
    """The PBX was told to end it: by whom."""
    out_status: str = ""
    """How dialling the customer ended, outbound."""
    out_cause: int = 0
    handed_on: bool = False
    """The customer was sent on (transfer, park, redirect) and nobody took the call since."""
    gap: Gap | None = None
    said: CallRecord | None = None
    """The record as last said, and when."""
    said_at: float = 0.0

    @property
    def parties(self) -> list[Channel]:
        """Live channels of people."""
        return [channel for channel in self.channels.values() if channel.is_party]

    @property
    def has_customer(self) -> bool:
        """Somebody from outside takes part (or was called)."""
        return self.direction is not Direction.INTERNAL

    def is_agent(self, channel: Channel) -> bool:
        """Whether a party is on the dealership's side."""
        if self.customer is not None and channel is self.customer:
            return channel.extension is not None
        return channel.extension is not None or channel.offer is not None

    def side(self, channel: Channel) -> HangupBy:
        """Whose act an act of this channel is."""
        return HangupBy.AGENT if self.is_agent(channel) else HangupBy.CUSTOMER

    def open_offer(self, channel_id: str) -> Offer | None:
        """The offer still ringing at this channel."""
        return next((o for o in self.offers if o.leg_id == channel_id and o.is_open), None)

    @property
    def agent(self) -> str | None:
        """Who speaks for the dealership, as far as is known."""
        if self.final_agent is not None or self.direction is Direction.INBOUND:
            return self.final_agent
        return self.root.extension if self.root is not None and self.has_customer else None

    def estimate(self, *names: str) -> None:
        """These facts are guesses because of the gap."""
        if self.gap is not None:
            self.gap.estimated.update(names)
