"""What the supervisors' wall shows: calls that are up, alerts of the last hours, counts."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from callcenter.store import calls, transcripts
from callcenter.store.tables import Call
from callcenter.store.types import now
from callcenter.web.context import WebContext
from callcenter.web.desk_view import show_calls
from callcenter.web.shown import CallShown, FlagShown, Shower

ALERTS_FROM = 3
"""A complaint; lower ones are the agent's own business (domain.md §4.2)."""
ALERTS_SINCE = timedelta(hours=4)
ALERTS_SHOWN = 40


@dataclass(frozen=True, slots=True, kw_only=True)
class WallAlert:
    """An alert with its call."""

    flag: FlagShown
    call: CallShown
    at: datetime

    @property
    def key(self) -> int:
        """Sorts the newest first in a list that sorts upwards."""
        return 10_000_000_000_000 - round(self.at.timestamp() * 1000)


@dataclass(frozen=True, slots=True, kw_only=True)
class Counts:
    """The four numbers at the top."""

    waiting: int
    ringing: int
    talking: int
    flagged: int


@dataclass(frozen=True, slots=True, kw_only=True)
class WallView:
    """The wall at one moment."""

    calls: Sequence[CallShown]
    alerts: Sequence[WallAlert]
    counts: Counts


def wall_view(context: WebContext, shower: Shower) -> WallView:
    """Read the wall."""
    with context.database.session() as session:
        live = calls.live(session)
        flags = transcripts.recent_alerts(session, now() - ALERTS_SINCE, ALERTS_FROM, ALERTS_SHOWN)
        concerned = {f.call_id: c for f in flags if (c := calls.by_id(session, f.call_id)) is not None}
        shown = show_calls(session, shower, [*live, *concerned.values()])
    by_id = {call.id: call for call in shown}
    alerts = [
        WallAlert(flag=shower.flag(f), call=by_id[f.call_id], at=f.created_at) for f in flags if f.call_id in by_id
    ]
    return WallView(calls=shown[: len(live)], alerts=alerts, counts=counts(live))


def counts(live: Sequence[Call]) -> Counts:
    """How many calls are in which state."""
    return Counts(
        waiting=sum(call.state == "queued" for call in live),
        ringing=sum(call.state == "ringing" for call in live),
        talking=sum(call.state in ("talking", "held") for call in live),
        flagged=sum(call.top_severity >= ALERTS_FROM for call in live),
    )
