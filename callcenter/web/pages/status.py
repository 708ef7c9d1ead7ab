"""`/healthz`: for a load balancer or a watchdog. Says nothing about customers or people."""

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse
from starlette.concurrency import run_in_threadpool

from callcenter.core.errors import Unavailable
from callcenter.web.site import Site

router = APIRouter()


@router.get("/healthz")
async def healthz(request: Request) -> JSONResponse:
    """200 while pages can be served; `pbx` says whether the telephone link is up."""
    site: Site = request.app.state.site
    try:
        await run_in_threadpool(site.context.database.check)
    except Unavailable:
        return JSONResponse({"database": False}, 503)
    health = await run_in_threadpool(site.context.health)
    return JSONResponse({"database": True, "pbx": health.is_up, "build": site.assets.build})
