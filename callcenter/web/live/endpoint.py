"""`GET /live`: the stream of one page (ui.md §4.4). Replays what the page missed, then goes on; says `resync` when
it cannot."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import suppress
from typing import Annotated

from fastapi import APIRouter, Query
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import StreamingResponse

from callcenter.core.errors import NotAllowed, NotFound
from callcenter.live.hub import Subscription
from callcenter.live.notices import RESYNC, Notice
from callcenter.store import calls
from callcenter.web.access import check_may_see
from callcenter.web.live import frames
from callcenter.web.live.views import PageName, View, is_open_to
from callcenter.web.visit import Visit, Visitor

router = APIRouter()

SESSION_CHECK_SECONDS = 60.0
"""How often an open stream asks whether its session still stands."""


@router.get("/live")
async def live(
    seen: Visitor,
    page: PageName = "base",
    call: Annotated[int | None, Query(ge=1)] = None,
    last: Annotated[str, Query(max_length=60)] = "",
) -> StreamingResponse:
    """Open the stream of `page`. `Last-Event-ID` (a reconnect) wins over `last` (the page's own id)."""
    if not is_open_to(page, seen.user.role):
        raise NotAllowed("your role does not include this")
    if page == "call":
        await run_in_threadpool(_check_call, seen, call)
    view = View(page=page, call_id=call if page == "call" else None, user=seen.user)
    since = seen.request.headers.get("last-event-id") or last
    headers = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
    return StreamingResponse(_stream(seen, view, since), media_type="text/event-stream", headers=headers)


def _check_call(seen: Visit, call_id: int | None) -> None:
    with seen.site.context.database.session() as session:
        call = calls.by_id(session, call_id or 0)
        if call is None:
            raise NotFound("there is no such call")
        check_may_see(seen, call)


async def _stream(seen: Visit, view: View, since: str) -> AsyncIterator[bytes]:
    subscription, missed = seen.site.context.hub.subscribe(view.topics, since or None)
    # Starlette does not listen for a leaving browser while a generator waits (ASGI 2.4): we do.
    gone = asyncio.ensure_future(_wait_gone(seen.request, subscription))
    try:
        yield frames.RETRY
        if missed is None and since:
            yield frames.data("resync", {})
        yield await _render(seen, view, missed or [])
        yield frames.data("hello", {"build": seen.site.assets.build, "now": time.time()})
        async for chunk in _follow(seen, view, subscription):
            yield chunk
    finally:
        gone.cancel()
        subscription.close()


async def _follow(seen: Visit, view: View, subscription: Subscription) -> AsyncIterator[bytes]:
    checked = time.monotonic()
    while True:
        notices = await subscription.take(frames.HEARTBEAT_SECONDS)
        if subscription.is_closed:
            yield frames.data("bye", {})
            return
        yield await _render(seen, view, notices) if notices else frames.data("hb", {"now": time.time()})
        if time.monotonic() - checked > SESSION_CHECK_SECONDS:
            checked = time.monotonic()
            if await run_in_threadpool(seen.site.context.auth.session_of, seen.token) is None:
                yield frames.data("session", {"reason": "over"})
                return


async def _render(seen: Visit, view: View, notices: list[Notice]) -> bytes:
    """All waiting notices as one write. One that replaces everything makes those before it needless."""
    for index, notice in reversed(list(enumerate(notices))):
        if notice.kind == RESYNC:
            notices = notices[index:]
            break
    return b"".join([await seen.site.presenter.frames(notice, view) for notice in notices]) or frames.COMMENT


async def _wait_gone(request: Request, subscription: Subscription) -> None:
    with suppress(RuntimeError):
        while (await request.receive())["type"] != "http.disconnect":
            pass
    subscription.close()
