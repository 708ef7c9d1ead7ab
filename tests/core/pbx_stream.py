"""A PBX in words: hand-made channel events for what nobody recorded. Times are seconds from 1000."""

from callcenter.core import channel_events as ce
from callcenter.core.call_record import CallRecord
from callcenter.core.calls import CallTracker, TrackerConfig
from callcenter.core.events import CallEnded, CallEvent

START = 1000.0


class Pbx:
    """Tells a tracker what happens; remembers what the tracker says."""

    def __init__(self, config: TrackerConfig | None = None) -> None:
        self.tracker = CallTracker(config)
        self.said: list[CallEvent] = []
        self.at = START
        self._facts: dict[str, ce.ChannelFacts] = {}

    # --- what the test asks -----------------------------------------------------------------------

    def ended(self) -> list[CallRecord]:
        """Every call that has ended, once the clock has moved on."""
        self.said += self.tracker.tick(self.at + 10)
        return [event.record for event in self.said if isinstance(event, CallEnded)]

    def only_call(self) -> CallRecord:
        """The one call there was."""
        (record,) = self.ended()
        return record

    def kinds(self) -> list[str]:
        """The names of the events said."""
        return [type(event).__name__ for event in self.said]

    # --- what happens -----------------------------------------------------------------------------

    def wait(self, seconds: float) -> None:
        self.at += seconds

    def tell(self, event: type[ce.ChannelEvent], *facts: object) -> None:
        self.said += self.tracker.handle(event(self.at, self.at, *facts))

    def channel(
        self, id_: str, name: str, *, link: str = "", state: int = 0, number: str = "", exten: str = "", shown: str = ""
    ) -> str:
        self._facts[id_] = ce.ChannelFacts(id_, link or id_, name, state, number, "", shown, exten)
        self.tell(ce.ChannelCreated, self.facts(id_))
        return id_

    def facts(self, id_: str) -> ce.ChannelFacts:
        return self._facts[id_]

    def change(self, id_: str, **facts: object) -> None:
        self._facts[id_] = self._facts[id_]._replace(**facts)  # type: ignore[arg-type]
        self.tell(ce.ChannelUpdated, self.facts(id_))

    def incoming(self, id_: str = "1.0", number: str = "13800138000", did: str = "4001") -> str:
        return self.channel(id_, f"PJSIP/trunk-{id_}", state=ce.RING, number=number, exten=did)

    def dial(self, source: str | None, dest: str, dial_string: str = "") -> None:
        self.tell(ce.DialStarted, self.facts(source) if source else None, self.facts(dest), dial_string)
        self.change(dest, state=ce.RINGING)

    def dial_ended(self, source: str | None, dest: str, status: str, forward: str = "") -> None:
        self.tell(ce.DialEnded, self.facts(source) if source else None, self.facts(dest), status, forward)

    def answer(self, source: str | None, dest: str) -> None:
        self.change(dest, state=ce.UP)
        self.dial_ended(source, dest, "ANSWER")
        if source:
            self.change(source, state=ce.UP)

    def bridge(self, bridge_id: str, *ids: str) -> None:
        for id_ in ids:
            self.tell(ce.BridgeEntered, self.facts(id_), bridge_id, "", False)

    def leave(self, bridge_id: str, *ids: str) -> None:
        for id_ in ids:
            self.tell(ce.BridgeLeft, self.facts(id_), bridge_id)

    def ask_hangup(self, id_: str, cause: int = 16) -> None:
        self.tell(ce.HangupRequested, self.facts(id_), cause)

    def hang_up(self, *ids: str, cause: int = 16) -> None:
        for id_ in ids:
            self.tell(ce.ChannelHungUp, self.facts(id_), cause)

    def ring(self, source: str, extension: str, id_: str, link: str = "") -> str:
        """`source` rings an agent's phone."""
        self.channel(id_, f"PJSIP/{extension}-{id_}", link=link or self.facts(source).linked_id)
        self.dial(source, id_, extension)
        return id_

    def talk(self, source: str, dest: str, bridge_id: str = "b1") -> None:
        """`dest` answers and both talk."""
        self.answer(source, dest)
        self.bridge(bridge_id, dest, source)

    def hang_up_talk(self, first: str, *others: str, bridge_id: str = "b1") -> None:
        """`first` hangs up, and with it the others."""
        self.ask_hangup(first)
        self.leave(bridge_id, first, *others)
        self.hang_up(first, *others)
