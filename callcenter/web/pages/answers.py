"""Pages for people who are not signed in."""

from typing import Any

from fastapi import Request
from fastapi.responses import HTMLResponse

from callcenter.web import i18n
from callcenter.web.site import Site


def public_page(request: Request, template: str, status: int = 200, **context: Any) -> HTMLResponse:
    """A page in the browser's language."""
    site: Site = request.app.state.site
    with i18n.use(site.language_of(request)):
        shared = {"nonce": request.state.nonce, "demo_logins": site.context.demo_logins}
        return HTMLResponse(site.render.html(template, shared | context), status)
