"""`/admin/system`: how the system is, and when it was blind."""

from typing import Any

from fastapi import APIRouter, Response

from callcenter.store import calls, pages, recordings
from callcenter.web import i18n
from callcenter.web.visit import Keeper

router = APIRouter()

FAILED_SHOWN = 20


@router.get("/admin/system")
def system(seen: Keeper) -> Response:
    """The page, or its body alone, which asks for itself every ten seconds."""
    context = seen.site.context
    health = context.health()
    with i18n.use(seen.user.language), context.database.session() as session:
        found: dict[str, Any] = {
            "health": health,
            "gaps": calls.gaps(session),
            "counts": pages.count_recordings(session),
            "failed": recordings.in_status(session, "failed", "missing")[-FAILED_SHOWN:][::-1],
            "streams": context.hub.subscribers,
        }
    if seen.is_fragment:
        return seen.fragment("admin/_system.html", **found)
    return seen.page("admin/system.html", live="system", **found)
