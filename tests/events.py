"""Call events for tests that need no tracker: one call's story, told step by step."""

from dataclasses import replace
from typing import Any

from callcenter.core.call_record import (
    AgentOutcome,
    AgentRecord,
    CallRecord,
    Direction,
    Disposition,
    HangupBy,
)
from callcenter.core.events import CallEvent

START = 1_795_294_077.0


def make_record(call_id: str = "1795294077.1", **values: Any) -> CallRecord:
    """An inbound call that has just begun."""
    record = CallRecord(
        call_id=call_id,
        direction=Direction.INBOUND,
        customer_number="13800138000",
        customer_name="",
        dialled_number="4001",
        queue=None,
        wait_seconds=None,
        started_at=START,
        answered_at=None,
        ended_at=None,
        ring_seconds=0,
        talk_seconds=0,
        hold_seconds=0,
        agents=(),
        final_agent=None,
        transfers=(),
        disposition=None,
        voicemail=False,
        hangup_by=HangupBy.UNKNOWN,
        gap=None,
        recordings=(),
    )
    return replace(record, **values)


def agent(extension: str, outcome: AgentOutcome | None = None, ring: float = 2.0, talk: float = 0.0) -> AgentRecord:
    return AgentRecord(extension=extension, outcome=outcome, ring_seconds=ring, talk_seconds=talk)


class Story:
    """Makes the events of one call; each keeps what the ones before it changed."""

    def __init__(self, call_id: str = "1795294077.1", **values: Any) -> None:
        self.record = make_record(call_id, **values)
        self.seq = 0

    def tell(
        self, kind: type[CallEvent], *, after: float = 1.0, record: dict[str, Any] | None = None, **facts: Any
    ) -> Any:
        """The next event, `after` seconds into the call, with the record changed by `record`."""
        self.seq += 1
        self.record = replace(self.record, **(record or {}))
        return kind(
            call_id=self.record.call_id, seq=self.seq, at=self.record.started_at + after, record=self.record, **facts
        )


def ended(record_seconds: float = 10.0) -> dict[str, Any]:
    """What an answered call's end changes in its record."""
    return {
        "ended_at": START + record_seconds,
        "talk_seconds": record_seconds - 2,
        "disposition": Disposition.ANSWERED,
        "hangup_by": HangupBy.CUSTOMER,
    }
