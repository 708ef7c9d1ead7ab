"""The application: routes, static files, headers, errors."""

import asyncio
import contextlib
from collections.abc import AsyncIterator

from fastapi import FastAPI
from starlette.routing import Route

from callcenter.web import errors
from callcenter.web.context import WebContext
from callcenter.web.live import endpoint
from callcenter.web.pages import auth, calls, desk, me, media, status, system, wall
from callcenter.web.security import SecurityHeaders
from callcenter.web.site import Site


def create_app(context: WebContext) -> FastAPI:
    """Pages over these services. Close `context.hub` before stopping the server: open streams would hold it."""
    site = Site(context)

    @contextlib.asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
        yield
        await asyncio.to_thread(site.presenter.close)

    app = FastAPI(title=context.site_name, docs_url=None, redoc_url=None, openapi_url=None, lifespan=lifespan)
    app.state.site = site
    app.add_middleware(SecurityHeaders, secure=context.secure_cookies)
    app.router.routes.append(Route("/static/{build}/{name:path}", site.assets.serve))
    for part in (auth, me, desk, calls, media, wall, system, status, endpoint):
        app.include_router(part.router)
    errors.install(app)
    return app
