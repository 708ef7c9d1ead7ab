"""The call page's live parts."""

from callcenter.core.permissions import Action, may
from callcenter.live.notices import Notice
from callcenter.store import recordings
from callcenter.web.context import WebContext
from callcenter.web.desk_view import one_call
from callcenter.web.live import frames
from callcenter.web.live.render_desk import page_context
from callcenter.web.live.transcript_parts import TranscriptParts
from callcenter.web.live.views import View
from callcenter.web.render import Renderer
from callcenter.web.shown import Shower

RELOAD = frozenset({"ended", "transcribed"})
"""After these the page has parts it had not before (the player, the recording's transcript)."""


class CallPage:
    """Frames for `/calls/{id}`."""

    def __init__(self, context: WebContext, render: Renderer) -> None:
        self._context = context
        self._render = render
        self._lines = TranscriptParts(context, render)

    def frames(self, notice: Notice, view: View) -> list[bytes]:
        """What this notice changes on the page of the call it is about."""
        if notice.topic != f"call:{view.call_id}" or view.call_id is None:
            return []
        if notice.kind == "call":
            return self._call(notice, view, view.call_id)
        if notice.kind == "recording":
            return self._recording(notice, view, view.call_id)
        return self._lines.frames(notice, view, page="call")

    def _call(self, notice: Notice, view: View, call_id: int) -> list[bytes]:
        whole = may(view.user.role, Action.NUMBERS)
        shower = Shower(self._render.formats, self._context.rules, whole_numbers=whole)
        with self._context.database.session() as session:
            call = one_call(session, shower, call_id)
        if call is None:
            return []
        context = page_context(view) | {"call": call}
        found = [frames.html(self._render.partial("#call-head", "calls/_head.html", context))]
        if notice.data["change"] in RELOAD:
            found.append(frames.data("refresh", {}))
        return found

    def _recording(self, notice: Notice, view: View, call_id: int) -> list[bytes]:
        with self._context.database.session() as session:
            rows = recordings.of_call(session, call_id)
        context = page_context(view) | {"recordings": rows, "call_id": call_id}
        found = [frames.html(self._render.partial("#recordings", "calls/_recordings.html", context))]
        if notice.data["status"] in RELOAD:
            found.append(frames.data("refresh", {}))
        return found
