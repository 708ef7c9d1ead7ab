"""What was said and what was flagged, live (`source` live) and from the recording (`source` recording)."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON
from sqlmodel import Field, SQLModel, UniqueConstraint

from callcenter.store.tables.base import moment


class UtteranceRow(SQLModel, table=True):
    """One finished stretch of speech. A revision replaces its text in place."""

    __tablename__ = "utterance"
    __table_args__ = (UniqueConstraint("call_id", "source", "leg_key", "seq"),)

    id: int | None = Field(default=None, primary_key=True)
    call_id: int = Field(foreign_key="call.id", index=True, ondelete="CASCADE")
    source: str = Field(default="live", max_length=10)
    """`live` or `recording`."""
    leg_key: str = Field(default="", max_length=80)
    seq: int
    revision: int = 1
    speaker: str = Field(max_length=10)
    start_seconds: float
    """From the start of the call."""
    end_seconds: float
    text: str
    words: list[dict[str, Any]] = Field(default_factory=list, sa_type=JSON)
    confidence: float | None = None
    language: str = Field(default="", max_length=10)
    engine: str = Field(default="", max_length=20)
    model: str = Field(default="", max_length=60)
    created_at: datetime = moment(nullable=False)


class FlagRow(SQLModel, table=True):
    """A keyword rule's hit in an utterance."""

    __tablename__ = "flag"

    id: int | None = Field(default=None, primary_key=True)
    call_id: int = Field(foreign_key="call.id", index=True, ondelete="CASCADE")
    utterance_id: int | None = Field(default=None, foreign_key="utterance.id", index=True, ondelete="CASCADE")
    source: str = Field(default="live", max_length=10)
    leg_key: str = Field(default="", max_length=80)
    seq: int = 0
    """The utterance's number on its leg: an alert raised from partials has no utterance row yet."""
    rule: str = Field(index=True, max_length=60)
    category: str = Field(max_length=40)
    severity: int
    actions: list[str] = Field(default_factory=list, sa_type=JSON)
    matched: str = Field(max_length=200)
    start: int
    """Offset in the utterance's text."""
    end: int
    speaker: str = Field(max_length=10)
    why: str = Field(default="", max_length=400)
    at_seconds: float
    """From the start of the call."""
    created_at: datetime = moment(nullable=False)
    retracted_at: datetime | None = moment()
    acknowledged_at: datetime | None = moment()
    acknowledged_by: int | None = Field(default=None, foreign_key="user_account.id", ondelete="SET NULL")
    verdict: str = Field(default="", max_length=10)
    """`confirmed`, `rejected` or empty: the agent's word, which measures the rule."""
