"""From what the recognisers heard to the transcript: numbered, on the call's clock, flagged, in order."""

from dataclasses import dataclass, replace

from callcenter.core.transcript import Partial, Utterance
from callcenter.services.listening.flags import CallFlags, Verdict
from callcenter.services.listening.leg import shifted, shifted_partial
from callcenter.services.listening.load import Opening
from callcenter.services.listening.ports import AlertSink, Heard, Spotter, TranscriptSink
from callcenter.services.listening.state import ListeningState
from callcenter.services.listening.writer import Writer


@dataclass(frozen=True, slots=True)
class _Where:
    """Where words belong, as it was when they came."""

    call_id: str
    shift: float
    opening: Opening
    corrects: bool


class Deliverer:
    """Everything but the queueing happens in the writer's thread, so flags and rows are in step."""

    def __init__(self, *, spotter: Spotter, sink: TranscriptSink, alerts: AlertSink | None) -> None:
        self.writer = Writer()
        self._spotter = spotter
        self._sink = sink
        self._alerts = alerts
        self._flags: dict[str, CallFlags] = {}

    def take(self, opening: Opening, heard: Heard) -> None:
        """Something the recognisers said."""
        leg = opening.leg
        where = _Where(leg.call_id, leg.shift, opening, leg.second_pass)
        partial, utterance = heard.partial, heard.utterance
        if heard.kind == "partial" and partial is not None:
            self.writer.put(lambda: self._partial(where, partial), droppable=True)
        elif heard.kind == "utterance" and utterance is not None:
            self.writer.put(lambda: self._utterance(where, utterance))

    def tell(self, call_id: str, state: ListeningState) -> None:
        """How well the call is heard."""
        self.writer.put(lambda: self._sink.listening(call_id, state.as_dict()))

    def merge(self, absorbed: str, into: str) -> None:
        """A call turned out to be part of another."""
        self.writer.put(lambda: self._merge(absorbed, into))

    def forget_call(self, call_id: str) -> None:
        """Nothing more will be said in the call."""
        self.writer.put(lambda: self._forget(call_id))

    # In the writer's thread.

    def _partial(self, where: _Where, heard: Partial) -> None:
        partial = shifted_partial(heard, where.shift, self._number(where, heard.seq))
        leg = where.opening.leg
        self._sink.partial(where.call_id, leg.leg_id, partial)
        if self._alerts is not None:
            flags = self._spotter.spot(partial.text, language=leg.language, speaker=partial.speaker)
            verdict = self._call(where).hear_partial((leg.leg_id, partial.seq), partial.start, flags)
            self._alert(where, partial.seq, partial.start, verdict)

    def _utterance(self, where: _Where, heard: Utterance) -> None:
        leg = where.opening.leg
        utterance = shifted(heard, where.shift, self._number(where, heard.seq))
        utterance = utterance if utterance.language else replace(utterance, language=leg.language)
        flags = self._spotter.spot(utterance.text, language=utterance.language, speaker=utterance.speaker)
        place = (leg.leg_id, utterance.seq)
        is_last = utterance.revision > 1 or not where.corrects
        verdict = self._call(where).hear_final(place, utterance.start, flags, is_last=is_last)
        self._sink.utterance(where.call_id, leg.leg_id, utterance, verdict.flags)
        self._alert(where, utterance.seq, utterance.start, verdict)

    def _alert(self, where: _Where, seq: int, at: float, verdict: Verdict) -> None:
        if self._alerts is None:
            return
        leg_id = where.opening.leg.leg_id
        for flag in verdict.raised:
            self._alerts.early(where.call_id, leg_id, seq, flag, at)
        for rule in verdict.retracted:
            self._alerts.retract(where.call_id, leg_id, seq, rule)

    def _number(self, where: _Where, seq: int) -> int:
        opening = where.opening
        known = opening.seq_offset is not None
        first_free = 1 if known else self._sink.first_seq(where.call_id, opening.leg.leg_id)
        return opening.number(seq, first_free)

    def _call(self, where: _Where) -> CallFlags:
        return self._flags.setdefault(where.call_id, CallFlags())

    def _merge(self, absorbed: str, into: str) -> None:
        if absorbed in self._flags:
            self._flags.setdefault(into, CallFlags()).absorb(self._flags.pop(absorbed))

    def _forget(self, call_id: str) -> None:
        self._flags.pop(call_id, None)
