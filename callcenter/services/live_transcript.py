"""Where the live listener's words go: rows, and notices for the pages (flow 2, its end)."""

from typing import Any

from callcenter.core.flags import Flag
from callcenter.core.transcript import Partial, Utterance
from callcenter.services.desk import Publisher, call_topics
from callcenter.store import calls, transcripts
from callcenter.store.database import Database
from callcenter.store.tables import Call, FlagRow
from callcenter.store.types import now

LIVE = "live"


class LiveTranscript:
    """The sink of `services.listen`. One utterance is one transaction; partials are shown and never stored.
    Calls are named by the tracker's key."""

    def __init__(self, database: Database, hub: Publisher, *, pbx: str = "pbx") -> None:
        self._database, self._hub, self._pbx = database, hub, pbx
        self._known: dict[str, tuple[int, list[str]]] = {}

    def partial(self, call_key: str, leg_key: str, partial: Partial) -> None:
        """Words that may still change."""
        known = self._known.get(call_key) or self._look_up(call_key)
        if known is None:
            return
        call_id, topics = known
        data: dict[str, Any] = {
            "call_id": call_id,
            "leg": leg_key,
            "seq": partial.seq,
            "speaker": str(partial.speaker),
            "start": partial.start,
            "text": partial.text,
        }
        for topic in topics:
            if topic != "supervisors":
                self._hub.publish(topic, "partial", data)

    def utterance(self, call_key: str, leg_key: str, utterance: Utterance, flags: tuple[Flag, ...]) -> None:
        """A finished utterance, or its correction, with what was flagged in it. Blocking: call it in a thread."""
        with self._database.transaction() as session:
            call = calls.by_key(session, self._pbx, call_key)
            if call is None or call.id is None:
                return
            row = transcripts.save_utterance(session, call.id, utterance, source=LIVE, leg_key=leg_key)
            fresh, retracted = transcripts.replace_flags(session, row, flags, at_seconds=row.start_seconds)
            call.top_severity = transcripts.top_severity(session, call.id)
            call.language = call.language or utterance.language
            session.flush()
            topics = call_topics(call)
            utterance_id = row.id
        notice = {"call_id": call.id, "utterance_id": utterance_id, "revision": utterance.revision}
        for topic in topics:
            if topic != "supervisors":
                self._hub.publish(topic, "utterance", notice)
        self._tell_flags(call, topics, fresh, retracted)

    def _tell_flags(self, call: Call, topics: list[str], fresh: list[FlagRow], retracted: list[FlagRow]) -> None:
        for kind, rows in (("flag", fresh), ("flag_retracted", retracted)):
            for row in rows:
                for topic in topics:
                    self._hub.publish(topic, kind, {"call_id": call.id, "flag_id": row.id})

    def early(self, call_key: str, leg_key: str, seq: int, flag: Flag, at_seconds: float) -> None:
        """A strong hit in partials: shown at once; the finished utterance confirms or retracts it. Blocking."""
        with self._database.transaction() as session:
            call = calls.by_key(session, self._pbx, call_key)
            if call is None or call.id is None:
                return
            if transcripts.early_flag(session, call.id, leg_key, seq, flag.rule) is not None:
                return
            row = transcripts.flag_row(call.id, flag, source=LIVE, leg_key=leg_key, seq=seq, at_seconds=at_seconds)
            session.add(row)
            call.top_severity = max(call.top_severity, flag.severity)
            session.flush()
            topics = call_topics(call)
        self._tell_flags(call, topics, [row], [])

    def retract(self, call_key: str, leg_key: str, seq: int, rule: str) -> None:
        """The final words do not hold what the partials seemed to say. Blocking."""
        with self._database.transaction() as session:
            call = calls.by_key(session, self._pbx, call_key)
            row = transcripts.early_flag(session, call.id or 0, leg_key, seq, rule) if call else None
            if call is None or row is None:
                return
            row.retracted_at = now()
            session.flush()
            call.top_severity = transcripts.top_severity(session, call.id or 0)
            topics = call_topics(call)
        self._tell_flags(call, topics, [], [row])

    def first_seq(self, call_key: str, leg_key: str) -> int:
        """From where a leg's utterances are counted: after those stored before a restart. Blocking."""
        with self._database.session() as session:
            call = calls.by_key(session, self._pbx, call_key)
            return transcripts.next_seq(session, call.id or 0, LIVE, leg_key) if call else 1

    def listening(self, call_key: str, state: dict[str, Any]) -> None:
        """How well the call is being heard: mode, lag, coverage, degraded. Blocking."""
        with self._database.transaction() as session:
            call = calls.by_key(session, self._pbx, call_key)
            if call is None:
                return
            call.listening = state
            topics = call_topics(call)
        for topic in topics:
            self._hub.publish(topic, "listening", {"call_id": call.id, **state})

    def moved(self, call_key: str) -> None:
        """Something happened to the call: its next partial looks up anew who follows it. Safe from another thread."""
        self._known.pop(call_key, None)

    def _look_up(self, call_key: str) -> tuple[int, list[str]] | None:
        with self._database.session() as session:
            call = calls.by_key(session, self._pbx, call_key)
            if call is None:
                return None
            found = self._known[call_key] = (call.id or 0, call_topics(call))
        return found
