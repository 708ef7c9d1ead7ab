"""The parts that desk and call page share: lines, flags, how well we listen."""

from callcenter.core.permissions import Action, may
from callcenter.live.notices import Notice
from callcenter.store import pages, transcripts
from callcenter.store.tables import FlagRow
from callcenter.web.context import WebContext
from callcenter.web.live import frames
from callcenter.web.live.views import View
from callcenter.web.render import Renderer, delete
from callcenter.web.shown import FlagShown, Shower, listening_shown, partial_line


class TranscriptParts:
    """Frames for what is said in a call."""

    def __init__(self, context: WebContext, render: Renderer) -> None:
        self._context = context
        self._render = render

    def frames(self, notice: Notice, view: View, *, page: str) -> list[bytes]:
        """What the notice changes in the transcript; empty for other kinds."""
        if notice.kind == "partial":
            return self._partial(notice)
        if notice.kind == "utterance":
            return self._utterance(notice, view)
        if notice.kind in ("flag", "flag_retracted"):
            return self._flag(notice, view, page)
        if notice.kind == "listening":
            context = {"listening": listening_shown(notice.data), "call_id": notice.data["call_id"]}
            return [
                frames.html(self._render.partial(f"#listening-{notice.data['call_id']}", "_listening.html", context))
            ]
        return []

    def _partial(self, notice: Notice) -> list[bytes]:
        line = partial_line(notice.data)
        return [frames.html(self._render.upsert(f"#lines-{notice.data['call_id']}", "_line.html", {"line": line}))]

    def _utterance(self, notice: Notice, view: View) -> list[bytes]:
        html = self._line(int(str(notice.data["utterance_id"])), view)
        return [frames.html(html)] if html else []

    def _flag(self, notice: Notice, view: View, page: str) -> list[bytes]:
        with self._context.database.session() as session:
            row = transcripts.flag_by_id(session, int(str(notice.data["flag_id"])))
        if row is None:
            return []
        flag = self._shower(view).flag(row)
        line = self._line(row.utterance_id, view) if row.utterance_id else ""
        if row.retracted_at is not None:
            return [frames.html(delete(f"#{flag.dom_id}") + delete(f"#judge-item-{flag.id}") + line)]
        return [frames.html(line + self._cards(flag, page)), self._alert(row, flag)]

    def _cards(self, flag: FlagShown, page: str) -> str:
        context = {"flag": flag}
        html = self._render.upsert(f"#judge-{flag.call_id}", "_judge.html", context)
        if page == "desk" and flag.is_alert:
            if flag.acknowledged:
                html += delete(f"#{flag.dom_id}")
            else:
                html += self._render.upsert(f"#alerts-{flag.call_id}", "desk/_alert.html", context)
        return html

    def _alert(self, row: FlagRow, flag: FlagShown) -> bytes:
        values = {
            "id": flag.id,
            "sev": flag.severity,
            "rule": row.rule,
            "t": flag.at_seconds,
            "new": not flag.acknowledged,
        }
        return frames.data("alert", values)

    def _line(self, utterance_id: int, view: View) -> str:
        with self._context.database.session() as session:
            row = pages.utterance_by_id(session, utterance_id)
            if row is None:
                return ""
            flags = [f for f in transcripts.flags_of(session, row.call_id, row.source) if f.utterance_id == row.id]
        line = self._shower(view).line(row, flags)
        return self._render.upsert(f"#lines-{row.call_id}", "_line.html", {"line": line})

    def _shower(self, view: View) -> Shower:
        whole = may(view.user.role, Action.NUMBERS)
        return Shower(self._render.formats, self._context.rules, whole_numbers=whole)
