"""The calls and legs that are heard now."""

from collections.abc import Callable
from dataclasses import dataclass

from callcenter.core.call_record import CallRecord
from callcenter.core.events import CallEvent, LegJoined, LegRinging
from callcenter.core.transcript import Speaker
from callcenter.services.listening.leg import HeardLeg
from callcenter.services.listening.pbx_time import PbxTime
from callcenter.services.listening.state import ListeningState


@dataclass(slots=True, eq=False)
class HeardCall:
    """A call some of whose legs are known."""

    call_id: str
    record: CallRecord
    origin: float
    """The loop's time when the call began."""
    told: ListeningState | None = None
    """What the pages were told last."""


class Roster:
    """Who is who. Times `now` are the loop's, `wall` Unix seconds."""

    def __init__(self, language_of: Callable[[CallRecord], str]) -> None:
        self.legs: dict[str, HeardLeg] = {}
        self.calls: dict[str, HeardCall] = {}
        self.pbx = PbxTime()
        self._language_of = language_of

    def saw(self, event: CallEvent, wall: float) -> None:
        """Learn from any event: the PBX's clock, the call's present record."""
        self.pbx.saw(event.at, wall)
        if call := self.calls.get(event.call_id):
            call.record = event.record

    def call(self, event: CallEvent, *, now: float, wall: float) -> HeardCall:
        """The event's call, from now on known."""
        call = self.calls.get(event.call_id)
        if call is None:
            begun = self.pbx.since(event.record.started_at, wall)
            call = self.calls[event.call_id] = HeardCall(event.call_id, event.record, now - begun)
        return call

    def leg(self, event: LegRinging | LegJoined, call: HeardCall) -> HeardLeg:
        """The event's leg, from now on known, in this call."""
        leg = self.legs.get(event.leg_id)
        if leg is None:
            leg = self.legs[event.leg_id] = HeardLeg(
                leg_id=event.leg_id,
                channel=event.channel,
                call_id=event.call_id,
                speaker=event.speaker,
                is_agent=event.speaker is not Speaker.CUSTOMER,
                base=call.origin,
            )
        leg.move(call.call_id, call.origin)
        # A queue or an agent's choice may have settled it since the telephone rang.
        if leg.joined_at is None:
            leg.language = self._language_of(event.record)
        return leg

    def legs_of(self, call_id: str) -> list[HeardLeg]:
        """A call's legs, in the order in which they appeared."""
        return [leg for leg in self.legs.values() if leg.call_id == call_id]

    def merge(self, absorbed: str, into: str) -> bool:
        """Move a call's legs; False when the other call is not known (its next event will move them)."""
        call = self.calls.get(into)
        if call is None:
            return False
        for leg in self.legs_of(absorbed):
            leg.move(into, call.origin)
        self.calls.pop(absorbed, None)
        return True

    def ringing_agents(self, call_id: str) -> list[HeardLeg]:
        """Telephones that ring."""
        return [leg for leg in self.legs_of(call_id) if leg.is_agent and leg.joined_at is None]

    def talking(self) -> list[HeardLeg]:
        """Legs in conversation, of all calls."""
        return [leg for leg in self.legs.values() if leg.joined_at is not None]

    def waiting(self) -> list[HeardLeg]:
        """Legs in conversation that the recognisers do not take, the most important first."""
        waiting = [leg for leg in self.talking() if not leg.is_recognised and not leg.has_no_model]
        return sorted(waiting, key=lambda leg: (leg.is_agent, leg.joined_at or 0.0))
