"""Who was talking when the product stopped: the journal is read again at start, told to nobody, and leaves
these."""

from callcenter.core.events import CallEnded, CallEvent, CallMerged, LegJoined, LegLeft


class OpenLegs:
    """See every call event that is caught up with; `joined` is then what live listening and recording
    resume."""

    def __init__(self) -> None:
        self._legs: dict[str, LegJoined] = {}

    def see(self, event: CallEvent) -> None:
        """One call event."""
        match event:
            case LegJoined():
                self._legs[event.leg_id] = event
            case LegLeft():
                self._legs.pop(event.leg_id, None)
            case CallEnded() | CallMerged():
                # The legs of a merged call are named again in the call that goes on.
                gone = [leg_id for leg_id, leg in self._legs.items() if leg.call_id == event.call_id]
                for leg_id in gone:
                    del self._legs[leg_id]
            case _:
                pass

    @property
    def joined(self) -> tuple[LegJoined, ...]:
        """Legs in conversation, in the order in which they joined."""
        return tuple(self._legs.values())
