"""One offer of a call to one agent: what became of the ringing, as a table of dial results and causes."""

from dataclasses import dataclass

from callcenter.core.call_record import AgentOutcome, AgentRecord

CAUSE_BUSY, CAUSE_DECLINED, CAUSE_ANSWERED_ELSEWHERE = 17, 21, 26
"""Q.850, as Asterisk 22.10.1 sends them."""

OUTCOME_BY_CAUSE = {
    CAUSE_BUSY: AgentOutcome.BUSY,
    CAUSE_DECLINED: AgentOutcome.DECLINED,
    CAUSE_ANSWERED_ELSEWHERE: AgentOutcome.ANSWERED_ELSEWHERE,
}

OUTCOME_BY_STATUS = {
    "ANSWER": AgentOutcome.ANSWERED,
    "BUSY": AgentOutcome.BUSY,
    "NOANSWER": AgentOutcome.NO_ANSWER,
    "CONGESTION": AgentOutcome.NO_ANSWER,
    "CHANUNAVAIL": AgentOutcome.NO_ANSWER,
    "DONTCALL": AgentOutcome.DECLINED,
    "TORTURE": AgentOutcome.DECLINED,
}
"""DialStatus to outcome. A decline is NOANSWER with cause 21 (Asterisk 22.10.1); CANCEL depends on the others."""


@dataclass(slots=True, eq=False)
class Offer:
    """Mutable while the phone rings and the agent talks."""

    extension: str
    leg_id: str
    offered_at: float
    is_consultation: bool = False
    """An agent asked a colleague while the customer waits."""
    is_originated: bool = False
    """The PBX rang the agent for a call that the agent asked for (click-to-call)."""
    rang_at: float | None = None
    ended_at: float | None = None
    """When the ringing stopped."""
    outcome: AgentOutcome | None = None
    answered_at: float | None = None
    left_at: float | None = None
    is_said: bool = False
    """CallAnswered was said for this agent."""
    _final: AgentRecord | None = None
    """The record, once nothing in it can change: most offers of a ring group are asked for many times after."""

    @property
    def is_open(self) -> bool:
        """The phone still rings."""
        return self.ended_at is None

    def ring_seconds(self, now: float) -> float:
        """From the first ring; from the dial when it was answered without one."""
        end = self.ended_at if self.ended_at is not None else now
        if self.rang_at is not None:
            return max(end - self.rang_at, 0.0)
        return max(end - self.offered_at, 0.0) if self.answered_at is not None else 0.0

    def talk_seconds(self, since: float | None, now: float) -> float:
        """From the answer (not before `since`, when there was somebody to talk to) until the agent left."""
        if self.answered_at is None or since is None:
            return 0.0
        end = self.left_at if self.left_at is not None else now
        return max(end - max(self.answered_at, since), 0.0)

    def record(self, since: float | None, now: float) -> AgentRecord:
        """As the call record keeps it at `now`."""
        if self._final is not None and self._final.outcome is self.outcome:
            return self._final
        record = AgentRecord(
            extension=self.extension,
            outcome=self.outcome,
            ring_seconds=self.ring_seconds(now),
            talk_seconds=self.talk_seconds(since, now),
        )
        if self.outcome is not None and self.answered_at is None:
            self._final = record
        return record
