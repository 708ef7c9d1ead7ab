"""Notices become frames: rendered once per kind of reader and shared by all of them.

The state is read when the notice is shown, not when it was published, so a late reader is shown the present and
a repeated notice does no harm."""

import asyncio
from collections import OrderedDict
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

from callcenter.core.permissions import Action, may
from callcenter.live.notices import RESYNC, TRANSIENT_KINDS, Notice
from callcenter.web import i18n
from callcenter.web.context import WebContext
from callcenter.web.live import frames
from callcenter.web.live.render_call import CallPage
from callcenter.web.live.render_desk import DeskPage
from callcenter.web.live.render_system import base_frames, link_frames
from callcenter.web.live.render_wall import WallPage
from callcenter.web.live.views import View
from callcenter.web.render import Renderer

KEPT = 1024
"""Renderings kept for readers that come to the same notice a moment later."""
THREADS = 4


class Presenter:
    """Renders notices for views."""

    def __init__(self, context: WebContext, render: Renderer) -> None:
        self._context = context
        self._render = render
        self._made: OrderedDict[tuple[object, ...], asyncio.Future[bytes]] = OrderedDict()
        self._threads = ThreadPoolExecutor(THREADS, thread_name_prefix="present")
        self._desk = DeskPage(context, render)
        self._pages: dict[str, Callable[[Notice, View], list[bytes]]] = {
            "desk": self._desk.frames,
            "call": CallPage(context, render).frames,
            "wall": WallPage(context, render).frames,
        }

    def close(self) -> None:
        """Finish what is being written, and end the threads."""
        self._threads.shutdown()
        self._desk.close()

    async def frames(self, notice: Notice, view: View) -> bytes:
        """What readers of `view` are sent for `notice`; empty when it does not concern that page."""
        key = (notice.epoch, notice.seq, *view.key)
        made = self._made.get(key)
        if made is None or made.cancelled():
            made = self._made[key] = self._begin(notice, view)
            if len(self._made) > KEPT:
                self._made.popitem(last=False)
        # Shielded: a reader who leaves must not cancel what others wait for.
        return await asyncio.shield(made)

    def _begin(self, notice: Notice, view: View) -> asyncio.Future[bytes]:
        loop = asyncio.get_running_loop()
        if notice.kind not in TRANSIENT_KINDS:
            return loop.run_in_executor(self._threads, self._make, notice, view)
        # Words that still change come with the notice: drawn at once, in less time than a thread takes to begin.
        done: asyncio.Future[bytes] = loop.create_future()
        done.set_result(self._make(notice, view))
        return done

    def _make(self, notice: Notice, view: View) -> bytes:
        with i18n.use(view.user.language):
            return frames.with_id(self._parts(notice, view), notice.id)

    def _parts(self, notice: Notice, view: View) -> list[bytes]:
        if notice.kind == RESYNC:
            return [frames.data("resync", {})]
        if notice.kind == "link":
            return link_frames(self._render, notice)
        page = self._pages.get(view.page)
        found = page(notice, view) if page else []
        if view.page != "desk" and may(view.user.role, Action.DESK):
            found += base_frames(notice, view)
        return found
