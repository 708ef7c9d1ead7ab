"""Signing in and out, and the first run, when there is nobody yet."""

import hmac
import secrets
from typing import Annotated

from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import JSONResponse, RedirectResponse
from pydantic import Field
from starlette.concurrency import run_in_threadpool

from callcenter.core.errors import CallcenterError, Conflict, NotAllowed
from callcenter.core.permissions import Action, may
from callcenter.services.auth import SignedIn, TooManyAttempts
from callcenter.store.tables import User
from callcenter.web import i18n
from callcenter.web.forms import Form, parse
from callcenter.web.i18n import LANGUAGES, gettext
from callcenter.web.pages.answers import public_page
from callcenter.web.site import LANGUAGE_COOKIE, Site
from callcenter.web.visit import TOKEN_FIELD, ForeignRequest, Visitor, check_origin

router = APIRouter()

SESSION_COOKIE_SECONDS = 30 * 24 * 3600
"""The server ends a session long before; the cookie must only outlive it."""
SETUP_COOKIE = "setup"


class SignInForm(Form):
    """Name and password."""

    name: str = Field(min_length=1, max_length=60)
    password: str = Field(min_length=1, max_length=400)


class SetupForm(Form):
    """The first administrator."""

    name: str = Field(min_length=1, max_length=60)
    full_name: str = Field(default="", max_length=60)
    password: str = Field(min_length=10, max_length=400)
    language: str = Field(default="zh-CN", max_length=10)


@router.get("/")
def home(seen: Visitor) -> RedirectResponse:
    """To the page this role works on."""
    return RedirectResponse(home_of(seen.user), 303)


def home_of(user: User) -> str:
    """Where a user starts."""
    if user.extension and may(user.role, Action.DESK):
        return "/desk"
    if may(user.role, Action.WALL):
        return "/wall"
    return "/calls"


@router.get("/sign-in")
def sign_in_page(request: Request, next_: Annotated[str, Query(alias="next")] = "") -> Response:
    """The form; on first run, to set-up."""
    site: Site = request.app.state.site
    if not site.context.auth.has_users():
        return RedirectResponse("/setup", 303)
    return public_page(request, "auth/sign_in.html", next=safe_path(next_), name="", error="")


@router.post("/sign-in")
async def sign_in(request: Request, next_: Annotated[str, Query(alias="next")] = "") -> Response:
    """Check the password, set the cookie, go on."""
    check_origin(request)
    site: Site = request.app.state.site
    fields = await request.form()
    form, _errors = parse(SignInForm, fields)
    target = safe_path(next_)
    with i18n.use(site.language_of(request)):
        if form is None:
            error = gettext("Please enter your name and password.")
            return public_page(request, "auth/sign_in.html", 422, next=target, name="", error=error)
        try:
            signed_in = await run_in_threadpool(site.context.auth.sign_in, form.name, form.password, _address(request))
        except TooManyAttempts:
            error = gettext("Too many attempts. Wait five minutes and try again.")
            return public_page(request, "auth/sign_in.html", 429, next=target, name=form.name, error=error)
        except NotAllowed:
            error = gettext("The name or the password is wrong.")
            return public_page(request, "auth/sign_in.html", 403, next=target, name=form.name, error=error)
    return _with_session(RedirectResponse(target or home_of(signed_in.user), 303), site, signed_in)


@router.post("/sign-in/again")
async def sign_in_again(request: Request) -> Response:
    """The session ended while a page was open: a new one, and the page stays with all that was typed."""
    check_origin(request)
    site: Site = request.app.state.site
    form, _errors = parse(SignInForm, await request.form())
    if form is None:
        return JSONResponse({}, 422)
    try:
        signed_in = await run_in_threadpool(site.context.auth.sign_in, form.name, form.password, _address(request))
    except NotAllowed:
        return JSONResponse({}, 403)
    return _with_session(JSONResponse({"csrf_token": signed_in.csrf_token}), site, signed_in)


@router.post("/sign-out")
def sign_out(seen: Visitor) -> Response:
    """End this browser's session."""
    seen.site.context.auth.sign_out(seen.token)
    response = RedirectResponse("/sign-in", 303)
    response.delete_cookie(seen.site.cookie, path="/", secure=seen.site.context.secure_cookies, httponly=True)
    # Nothing of this person's work may greet the next one at a shared computer.
    response.headers["Clear-Site-Data"] = '"storage"'
    return response


@router.get("/setup")
def setup_page(request: Request) -> Response:
    """First run: the form for the administrator."""
    site: Site = request.app.state.site
    if site.context.auth.has_users():
        return RedirectResponse("/sign-in", 303)
    token = request.cookies.get(SETUP_COOKIE) or secrets.token_urlsafe(24)
    response = public_page(request, "auth/setup.html", token=token, values={}, errors={}, error="")
    secure = site.context.secure_cookies
    response.set_cookie(SETUP_COOKIE, token, httponly=True, samesite="strict", secure=secure, path="/setup")
    return response


@router.post("/setup")
async def setup(request: Request) -> Response:
    """Create the administrator and sign in."""
    check_origin(request)
    site: Site = request.app.state.site
    fields = await request.form()
    token = request.cookies.get(SETUP_COOKIE, "")
    if not token or not hmac.compare_digest(token, str(fields.get(TOKEN_FIELD, ""))):
        raise ForeignRequest("this page is out of date; reload it and try again")
    with i18n.use(site.language_of(request)):
        form, errors = parse(SetupForm, fields)
        error = ""
        if form is not None:
            language = form.language if form.language in LANGUAGES else site.context.default_language
            try:
                await run_in_threadpool(
                    site.context.auth.create_first_admin, form.name, form.full_name, form.password, language
                )
                signed_in = await run_in_threadpool(
                    site.context.auth.sign_in, form.name, form.password, _address(request)
                )
                return _with_session(RedirectResponse(home_of(signed_in.user), 303), site, signed_in)
            except Conflict:
                return RedirectResponse("/sign-in", 303)
            except CallcenterError as refused:
                error = gettext(str(refused))
        values = {name: str(fields.get(name, "")) for name in ("name", "full_name", "language")}
        return public_page(request, "auth/setup.html", 422, token=token, values=values, errors=errors, error=error)


@router.post("/language")
async def language(request: Request) -> Response:
    """Before signing in: the language of the sign-in page, kept in a cookie."""
    check_origin(request)
    chosen = str((await request.form()).get("language", ""))
    response = RedirectResponse("/sign-in", 303)
    if chosen in LANGUAGES:
        response.set_cookie(LANGUAGE_COOKIE, chosen, max_age=365 * 86400, samesite="lax", httponly=True)
    return response


def safe_path(target: str) -> str:
    """A path on this site to go to, or empty: `next` must not lead away."""
    ours = target.startswith("/") and not target.startswith(("//", "/\\")) and "\n" not in target and "\r" not in target
    return target if ours else ""


def _with_session(response: Response, site: Site, signed_in: SignedIn) -> Response:
    response.set_cookie(
        site.cookie,
        signed_in.token,
        max_age=SESSION_COOKIE_SECONDS,
        httponly=True,
        samesite="lax",
        secure=site.context.secure_cookies,
        path="/",
    )
    response.set_cookie(LANGUAGE_COOKIE, signed_in.user.language, max_age=365 * 86400, samesite="lax", httponly=True)
    return response


def _address(request: Request) -> str:
    return request.client.host if request.client else ""
