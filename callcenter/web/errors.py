"""Errors become answers, by kind, in one place: a page for a person, a toast for htmx."""

from http import HTTPStatus
from urllib.parse import quote

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import HTMLResponse, RedirectResponse
from starlette.exceptions import HTTPException
from starlette.responses import Response

from callcenter.core.errors import BadInput, CallcenterError, Conflict, NotAllowed, NotFound, Unavailable
from callcenter.web import i18n
from callcenter.web.i18n import marked
from callcenter.web.site import Site
from callcenter.web.visit import SignInNeeded

STATUS: dict[type[CallcenterError], HTTPStatus] = {
    BadInput: HTTPStatus.UNPROCESSABLE_ENTITY,
    NotFound: HTTPStatus.NOT_FOUND,
    Conflict: HTTPStatus.CONFLICT,
    NotAllowed: HTTPStatus.FORBIDDEN,
    Unavailable: HTTPStatus.SERVICE_UNAVAILABLE,
}

TITLES: dict[int, str] = {
    400: marked("This request cannot be understood"),
    401: marked("Your session is over"),
    403: marked("This is not open to you"),
    404: marked("Not found"),
    405: marked("This request cannot be understood"),
    409: marked("This has changed meanwhile"),
    416: marked("This part of the file does not exist"),
    422: marked("Please check what you entered"),
    503: marked("Not available right now"),
}
_OTHER = marked("Something went wrong")


def status_of(error: CallcenterError) -> int:
    """The HTTP status of an error's kind."""
    return next(
        (status for kind, status in STATUS.items() if isinstance(error, kind)), HTTPStatus.INTERNAL_SERVER_ERROR
    )


def install(app: FastAPI) -> None:
    """Register the handlers."""
    app.add_exception_handler(SignInNeeded, _sign_in)
    app.add_exception_handler(CallcenterError, _ours)
    app.add_exception_handler(HTTPException, _http)
    app.add_exception_handler(RequestValidationError, _invalid)
    app.add_exception_handler(Exception, _unexpected)


def _sign_in(request: Request, error: Exception) -> Response:
    wants_page = request.method == "GET" and "text/html" in request.headers.get("accept", "")
    if wants_page and request.headers.get("hx-request") != "true":
        path = request.url.path + (f"?{request.url.query}" if request.url.query else "")
        return RedirectResponse(f"/sign-in?next={quote(path, safe='')}" if path != "/" else "/sign-in", 303)
    return answer(request, 401, str(error))


def _ours(request: Request, error: Exception) -> Response:
    assert isinstance(error, CallcenterError)
    return answer(request, status_of(error), str(error))


def _http(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    return answer(request, error.status_code, "")


def _invalid(request: Request, _error: Exception) -> Response:
    # Path and query values of hand-made addresses; forms are checked by their own models.
    return answer(request, 404 if request.method == "GET" else 422, "")


def _unexpected(request: Request, _error: Exception) -> Response:
    return answer(request, 500, "")


def answer(request: Request, status: int, detail: str) -> Response:
    """An error as the page or the toast that shows it."""
    site: Site = request.app.state.site
    is_htmx = request.headers.get("hx-request") == "true"
    with i18n.use(site.language_of(request)):
        context = {
            "status": status,
            "title": i18n.gettext(TITLES.get(status, _OTHER)),
            "detail": i18n.gettext(detail) if detail else "",
            "nonce": getattr(request.state, "nonce", ""),
        }
        if is_htmx:
            return HTMLResponse(site.render.partial("#toasts", "_toast.html", context, "innerHTML"), status)
        return HTMLResponse(site.render.html("error.html", context), status)
