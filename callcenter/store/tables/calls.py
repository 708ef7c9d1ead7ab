"""The call log: calls, their legs and events, recordings, and when we were blind."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON
from sqlmodel import Field, Index, SQLModel, UniqueConstraint

from callcenter.store.tables.base import Row, moment


class Call(Row, table=True):
    """通话: one customer call, the row that `core.call_record.CallRecord` becomes."""

    __tablename__ = "call"
    __table_args__ = (
        UniqueConstraint("pbx", "call_key"),
        Index("ix_call_started", "started_at", "id"),
    )

    pbx: str = Field(default="pbx", max_length=40)
    call_key: str = Field(index=True, max_length=80)
    """The tracker's call_id."""
    direction: str = Field(max_length=10)
    customer_number: str = Field(default="", index=True, max_length=40)
    """As the PBX gave it; empty when hidden."""
    customer_e164: str = Field(default="", index=True, max_length=20)
    number_hidden: bool = False
    customer_name: str = Field(default="", max_length=120)
    """What the caller's telephone said; not a customer's record."""
    customer_id: int | None = Field(default=None, foreign_key="customer.id", index=True, ondelete="SET NULL")
    vehicle_id: int | None = Field(default=None, foreign_key="vehicle.id", ondelete="SET NULL")
    dialled_number: str = Field(default="", max_length=40)
    queue: str | None = Field(default=None, index=True, max_length=60)
    wait_seconds: float | None = None
    started_at: datetime = moment(nullable=False)
    answered_at: datetime | None = moment()
    ended_at: datetime | None = moment(index=True)
    """None while the call is up."""
    ring_seconds: float = 0
    talk_seconds: float = 0
    hold_seconds: float = 0
    agents: list[dict[str, Any]] = Field(default_factory=list, sa_type=JSON)
    """Every offer in order: extension, outcome, ring_seconds, talk_seconds."""
    final_agent: str | None = Field(default=None, index=True, max_length=20)
    transfers: list[dict[str, Any]] = Field(default_factory=list, sa_type=JSON)
    """kind, from, to."""
    disposition: str | None = Field(default=None, index=True, max_length=20)
    voicemail: bool = False
    hangup_by: str = Field(default="unknown", max_length=10)
    gap: dict[str, Any] | None = Field(default=None, sa_type=JSON)
    """lost_at, restored_at, estimated: the manager link was down during this call."""
    state: str = Field(default="ringing", index=True, max_length=20)
    """`ringing`, `queued`, `talking`, `held` or `ended`: what live pages show."""
    last_seq: int = 0
    """The newest event recorded."""
    language: str = Field(default="", max_length=10)
    listening: dict[str, Any] | None = Field(default=None, sa_type=JSON)
    """What the live listener said last: mode, lag_seconds, coverage, degraded."""
    top_severity: int = 0
    """The highest severity flagged so far, 0 = none."""
    wrap_up_code: str | None = Field(default=None, index=True, max_length=40)
    wrap_up_note: str = Field(default="", max_length=4000)
    wrap_up_draft: dict[str, Any] | None = Field(default=None, sa_type=JSON)
    wrapped_up_at: datetime | None = moment()
    wrapped_up_by: int | None = Field(default=None, foreign_key="user_account.id", ondelete="SET NULL")


class LegRow(SQLModel, table=True):
    """One party's channel within a call."""

    __tablename__ = "leg"
    __table_args__ = (UniqueConstraint("call_id", "leg_key"),)

    id: int | None = Field(default=None, primary_key=True)
    call_id: int = Field(foreign_key="call.id", index=True, ondelete="CASCADE")
    leg_key: str = Field(max_length=80)
    """Asterisk's unique id."""
    channel: str = Field(default="", max_length=120)
    speaker: str = Field(max_length=10)
    extension: str | None = Field(default=None, max_length=20)
    joined_at: datetime | None = moment()
    left_at: datetime | None = moment()


class CallEventRow(SQLModel, table=True):
    """One thing that happened to a call; (call, seq) is unique, so a replayed journal records nothing twice."""

    __tablename__ = "call_event"
    __table_args__ = (UniqueConstraint("call_id", "seq"),)

    id: int | None = Field(default=None, primary_key=True)
    call_id: int = Field(foreign_key="call.id", index=True, ondelete="CASCADE")
    seq: int
    kind: str = Field(max_length=30)
    """The event class: `CallOffered`, `CallHeld`, …"""
    at: datetime = moment(nullable=False)
    facts: dict[str, Any] = Field(default_factory=dict, sa_type=JSON)
    """The event's own fields."""


class LinkGap(SQLModel, table=True):
    """From when to when the manager link was down: what was said of calls in it is an estimate."""

    __tablename__ = "link_gap"

    id: int | None = Field(default=None, primary_key=True)
    pbx: str = Field(default="pbx", max_length=40)
    lost_at: datetime = moment(nullable=False, index=True)
    restored_at: datetime | None = moment()
    reason: str = Field(default="", max_length=200)


class Recording(Row, table=True):
    """录音: one file of one call. `stereo` files hold the agent left and the customer right."""

    __tablename__ = "recording"
    __table_args__ = (UniqueConstraint("call_id", "path"),)

    call_id: int = Field(foreign_key="call.id", index=True, ondelete="CASCADE")
    path: str = Field(max_length=200)
    """Relative to the recordings folder."""
    layout: str = Field(default="stereo", max_length=10)
    """`stereo` (agent, customer), `agent`, `customer` or `mixed`."""
    starts_at_seconds: float = 0
    """Call seconds of the file's first sample."""
    duration_seconds: float | None = None
    size_bytes: int | None = None
    sha256: str = Field(default="", max_length=64)
    status: str = Field(default="recording", index=True, max_length=20)
    """`recording`, `pending`, `transcribing`, `transcribed`, `failed` or `missing`."""
    progress: float = 0
    """0 to 1 while transcribing."""
    attempts: int = 0
    error: str = Field(default="", max_length=400)
    peaks: dict[str, Any] | None = Field(default=None, sa_type=JSON)
    """Two rows of numbers for the player's waveform."""
