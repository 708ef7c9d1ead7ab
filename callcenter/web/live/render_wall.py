"""The supervisors' live parts: one row per call that is up, one card per alert."""

from callcenter.core.permissions import Action, may
from callcenter.live.notices import Notice
from callcenter.store import calls, transcripts
from callcenter.web.context import WebContext
from callcenter.web.desk_view import one_call, show_calls
from callcenter.web.live import frames
from callcenter.web.live.render_desk import page_context
from callcenter.web.live.views import SUPERVISORS_TOPIC, View
from callcenter.web.render import Renderer, delete
from callcenter.web.shown import Shower
from callcenter.web.wall_view import ALERTS_FROM, WallAlert, counts


class WallPage:
    """Frames for `/wall`."""

    def __init__(self, context: WebContext, render: Renderer) -> None:
        self._context = context
        self._render = render

    def frames(self, notice: Notice, view: View) -> list[bytes]:
        """What this notice changes on the wall."""
        if notice.topic != SUPERVISORS_TOPIC:
            return []
        if notice.kind == "call":
            return [frames.html(self._row(int(str(notice.data["id"])), view) + self._counts(view))]
        if notice.kind == "listening":
            return [frames.html(self._row(int(str(notice.data["call_id"])), view))]
        if notice.kind in ("flag", "flag_retracted"):
            return self._flag(notice, view)
        return []

    def _row(self, call_id: int, view: View) -> str:
        with self._context.database.session() as session:
            call = one_call(session, self._shower(view), call_id)
        if call is None or not call.is_live:
            return delete(f"#wall-call-{call_id}")
        context = page_context(view) | {"call": call}
        return self._render.upsert("#wall-calls", "wall/_call.html", context)

    def _counts(self, view: View) -> str:
        with self._context.database.session() as session:
            live = calls.live(session)
        context = page_context(view) | {"counts": counts(live)}
        return self._render.partial("#wall-counts", "wall/_counts.html", context)

    def _flag(self, notice: Notice, view: View) -> list[bytes]:
        shower = self._shower(view)
        with self._context.database.session() as session:
            row = transcripts.flag_by_id(session, int(str(notice.data["flag_id"])))
            call = calls.by_id(session, row.call_id) if row else None
            shown = show_calls(session, shower, [call]) if call else []
        if row is None or not shown:
            return []
        html = self._row(row.call_id, view)
        if row.retracted_at is not None:
            return [frames.html(html + delete(f"#wall-flag-{row.id}"))]
        if row.severity < ALERTS_FROM:
            return [frames.html(html)]
        context = page_context(view) | {"alert": WallAlert(flag=shower.flag(row), call=shown[0], at=row.created_at)}
        html += self._render.upsert("#wall-alerts", "wall/_alert.html", context)
        values = {
            "id": row.id,
            "sev": row.severity,
            "rule": row.rule,
            "t": row.at_seconds,
            "new": not row.acknowledged_at,
        }
        return [frames.html(html), frames.data("alert", values)]

    def _shower(self, view: View) -> Shower:
        whole = may(view.user.role, Action.NUMBERS)
        return Shower(self._render.formats, self._context.rules, whole_numbers=whole)
