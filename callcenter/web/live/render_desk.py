"""The agent desk's live parts."""

import logging
from collections import OrderedDict
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from sqlalchemy.exc import SQLAlchemyError

from callcenter.core.permissions import Action, may
from callcenter.live.notices import Notice
from callcenter.services.screen_pop import ScreenPop
from callcenter.store import calls, pages
from callcenter.store.tables import User
from callcenter.web.context import WebContext
from callcenter.web.desk_view import DeskView, desk_view
from callcenter.web.i18n import gettext
from callcenter.web.live import frames
from callcenter.web.live.transcript_parts import TranscriptParts
from callcenter.web.live.views import View, extension_topic
from callcenter.web.render import Renderer
from callcenter.web.shown import Shower
from callcenter.web.words import word

WHOLE = frozenset({"offered", "offer_ended", "wrapped_up", "answered"})
"""Changes after which another call, or none, may be on the desk: everything is drawn. `answered` is among them
because a transferred call may come without having rung here."""
REMEMBERED_POPS = 512

log = logging.getLogger(__name__)


class DeskPage:
    """Frames for `/desk`."""

    def __init__(self, context: WebContext, render: Renderer) -> None:
        self._context = context
        self._render = render
        self._lines = TranscriptParts(context, render)
        self._writer = ThreadPoolExecutor(1, thread_name_prefix="audit")
        self._audited: OrderedDict[tuple[object, ...], None] = OrderedDict()

    def close(self) -> None:
        """Wait until everything is written down."""
        self._writer.shutdown()

    def frames(self, notice: Notice, view: View) -> list[bytes]:
        """What this notice changes on the desk."""
        if notice.topic != extension_topic(view.user.extension or ""):
            return []
        if notice.kind == "call":
            return self._call(notice, view)
        found = self._lines.frames(notice, view, page="desk")
        return [*found, *self._severity(view)] if found and notice.kind in ("flag", "flag_retracted") else found

    def _call(self, notice: Notice, view: View) -> list[bytes]:
        shower = self._shower(view)
        desk = desk_view(self._context, shower, view.user)
        change = str(notice.data["change"])
        context = page_context(view) | {"desk": desk, "notice": self._closing_words(notice, view, desk)}
        if change in WHOLE or desk.call is None or desk.call.id != notice.data["id"]:
            html = self._render.partial("#desk", "desk/_desk.html", context)
        else:
            html = self._render.partial("#call-bar", "desk/_call_bar.html", context)
            if change in ("customer", "changed"):
                html += self._render.partial("#customer", "desk/_customer.html", context)
            html += self._render.partial("#facts", "desk/_facts.html", context)
        if desk.pop is not None:
            self._audit(desk.pop, view.user)
        return [frames.html(html), frames.data("call", call_json(desk))]

    def _severity(self, view: View) -> list[bytes]:
        """The bar says how grave the call has become."""
        desk = desk_view(self._context, self._shower(view), view.user)
        context = page_context(view) | {"desk": desk, "notice": ""}
        return [frames.html(self._render.partial("#call-bar", "desk/_call_bar.html", context))]

    def _closing_words(self, notice: Notice, view: View, desk: DeskView) -> str:
        """Why a pop went away, when it went away unanswered."""
        mine = notice.data.get("extension") == view.user.extension
        if notice.data["change"] != "offer_ended" or not mine or desk.call is not None:
            return ""
        outcome = str(notice.data.get("outcome", ""))
        if outcome == "answered_elsewhere":
            colleague = self._who_answered(int(str(notice.data["id"])))
            if colleague:
                return gettext("Answered by %(name)s") % {"name": colleague}
        return word(outcome, "outcome")

    def _who_answered(self, call_id: int) -> str:
        with self._context.database.session() as session:
            call = calls.by_id(session, call_id)
            final = call.final_agent if call else None
            return pages.names_by_extension(session, [final]).get(final, final) if final else ""

    def _audit(self, pop: ScreenPop, user: User) -> None:
        """Write down once per call who saw whose data."""
        key = (user.id, pop.call.id, *(m.customer.id for m in pop.matches))
        if key in self._audited or not pop.matches:
            return
        self._audited[key] = None
        if len(self._audited) > REMEMBERED_POPS:
            self._audited.popitem(last=False)
        # Written after the pop is on its way: the agent must not wait for a disk.
        self._writer.submit(self._write, pop, user)

    def _write(self, pop: ScreenPop, user: User) -> None:
        try:
            self._context.desk.seen(pop, user)
        except SQLAlchemyError:
            log.exception("call %s: that user %s saw the pop was not written down", pop.call.id, user.id)

    def _shower(self, view: View) -> Shower:
        whole = may(view.user.role, Action.NUMBERS)
        return Shower(self._render.formats, self._context.rules, whole_numbers=whole)


def call_json(desk: DeskView) -> dict[str, Any]:
    """What the browser needs without markup: title, flash, clocks, whether wrap-up may be saved."""
    call = desk.call
    if call is None:
        return {"id": None, "state": desk.state}
    return {
        "id": call.id,
        "state": desk.state,
        "since": call.since.timestamp(),
        "name": call.name,
        "phone": call.number,
        "queue": call.queue,
    }


def page_context(view: View) -> dict[str, Any]:
    """The part of a page's context that a fragment uses too."""
    return {
        "user": view.user,
        "may": {action.value: may(view.user.role, action) for action in Action},
        "whole_numbers": may(view.user.role, Action.NUMBERS),
    }
