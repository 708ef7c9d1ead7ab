"""One request by somebody signed in: who it is, what they may do, and how to answer them.

Every route of a signed-in page takes a `Visit`; making it checks session, origin and CSRF token, so no route can
forget to."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any
from urllib.parse import urlsplit

from fastapi import Depends, Request
from fastapi.responses import HTMLResponse
from starlette.concurrency import run_in_threadpool

from callcenter.core.errors import NotAllowed
from callcenter.core.permissions import Action, may
from callcenter.services.auth import SignedIn
from callcenter.store import pages
from callcenter.store.tables import User
from callcenter.web import i18n
from callcenter.web.site import Site

SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
TOKEN_HEADER = "x-csrf-token"  # noqa: S105 - the header's name
TOKEN_FIELD = "csrf_token"  # noqa: S105 - the field's name


class SignInNeeded(NotAllowed):
    """Nobody is signed in, or the session is over."""


class ForeignRequest(NotAllowed):
    """A state-changing request that did not come from our own page."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Visit:
    """A signed-in request."""

    request: Request
    site: Site
    user: User
    token: str
    csrf_token: str
    link_lost_at: datetime | None
    """Since when the telephone link is down; None while it is up."""
    live_id: str
    """The newest notice when the request came in: the page's stream goes on from here."""

    @property
    def user_id(self) -> int:
        """The user's row."""
        assert self.user.id is not None
        return self.user.id

    @property
    def is_fragment(self) -> bool:
        """Whether htmx asks for a part of a page."""
        return self.request.headers.get("hx-request") == "true" and not self.request.headers.get("hx-history")

    def may(self, action: Action) -> bool:
        """Whether this user may do that."""
        return may(self.user.role, action)

    def must(self, action: Action) -> None:
        """Raise `NotAllowed` unless this user may do that."""
        if not self.may(action):
            raise NotAllowed("your role does not include this")

    def page(self, template: str, *, live: str = "base", status: int = 200, **context: Any) -> HTMLResponse:
        """A whole page. `live` says which stream it follows (`web/live/views.py`)."""
        shared = self.context() | {
            "live_page": live,
            "live_id": self.live_id,
            "link_up": self.link_lost_at is None,
            "link_since": self.link_lost_at,
        }
        with i18n.use(self.user.language):
            html = self.site.render.html(template, shared | context)
        return HTMLResponse(html, status_code=status)

    def fragment(self, template: str, *, status: int = 200, **context: Any) -> HTMLResponse:
        """The part htmx asked for."""
        with i18n.use(self.user.language):
            html = self.site.render.html(template, self.context() | context)
        return HTMLResponse(html, status_code=status)

    def partials(self, parts: Sequence[tuple[str, str, dict[str, Any]]], *, status: int = 200) -> HTMLResponse:
        """Several parts at once: (target, template, context)."""
        shared = self.context()
        with i18n.use(self.user.language):
            html = "".join(self.site.render.partial(to, template, shared | more) for to, template, more in parts)
        return HTMLResponse(html, status_code=status)

    def context(self) -> dict[str, Any]:
        """What every template may use."""
        return {
            "user": self.user,
            "may": {action.value: self.may(action) for action in Action},
            "whole_numbers": self.may(Action.NUMBERS),
            "csrf_token": self.csrf_token,
            "nonce": self.request.state.nonce,
            "path": self.request.url.path,
        }


async def visit(request: Request) -> Visit:
    """Dependency: the visit, or `SignInNeeded`, or `ForeignRequest`."""
    site: Site = request.app.state.site
    live_id = site.context.hub.last_id
    token = request.cookies.get(site.cookie, "")
    found = await run_in_threadpool(_look_up, site, token) if token else None
    if found is None:
        raise SignInNeeded("sign in first")
    signed_in, lost_at = found
    if request.method not in SAFE_METHODS:
        check_origin(request)
        await _check_token(request, signed_in)
    return Visit(
        request=request,
        site=site,
        user=signed_in.user,
        token=token,
        csrf_token=signed_in.csrf_token,
        link_lost_at=lost_at,
        live_id=live_id,
    )


def _look_up(site: Site, token: str) -> tuple[SignedIn, datetime | None] | None:
    signed_in = site.context.auth.session_of(token)
    if signed_in is None:
        return None
    with site.context.database.session() as session:
        gaps = pages.open_gaps(session)
    return signed_in, min((gap.lost_at for gap in gaps), default=None)


def check_origin(request: Request) -> None:
    """Refuse what a browser says comes from another site. Old browsers say nothing; the token is for them."""
    if request.headers.get("sec-fetch-site", "same-origin") not in ("same-origin", "none"):
        raise ForeignRequest("this request came from another site")
    origin = request.headers.get("origin")
    if origin is not None and urlsplit(origin).netloc != request.headers.get("host"):
        raise ForeignRequest("this request came from another site")


async def _check_token(request: Request, signed_in: SignedIn) -> None:
    given = request.headers.get(TOKEN_HEADER)
    if given is None:
        field = (await request.form()).get(TOKEN_FIELD)
        given = field if isinstance(field, str) else ""
    if given != signed_in.csrf_token:
        raise ForeignRequest("this page is out of date; reload it and try again")


def allowed(action: Action) -> Callable[[Visit], Awaitable[Visit]]:
    """A dependency: a visit by somebody who may do `action`."""

    async def check(seen: Annotated[Visit, Depends(visit)]) -> Visit:
        seen.must(action)
        return seen

    return check


Visitor = Annotated[Visit, Depends(visit)]
Agent = Annotated[Visit, Depends(allowed(Action.DESK))]
Reader = Annotated[Visit, Depends(allowed(Action.CALLS_OWN))]
Watcher = Annotated[Visit, Depends(allowed(Action.WALL))]
Keeper = Annotated[Visit, Depends(allowed(Action.SYSTEM))]
