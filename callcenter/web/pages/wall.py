"""`/wall`: the supervisors' live calls and alerts."""

from fastapi import APIRouter, Response

from callcenter.web import i18n
from callcenter.web.pages.desk import shower_of
from callcenter.web.visit import Watcher
from callcenter.web.wall_view import wall_view

router = APIRouter()


@router.get("/wall")
def wall(seen: Watcher) -> Response:
    """The page, or its body alone for a re-fetch."""
    with i18n.use(seen.user.language):
        view = wall_view(seen.site.context, shower_of(seen))
    if seen.is_fragment:
        return seen.fragment("wall/_wall.html", wall=view, counts=view.counts)
    return seen.page("wall/index.html", live="wall", wall=view, counts=view.counts)
