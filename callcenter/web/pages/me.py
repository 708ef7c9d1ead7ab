"""`/me`: language, theme, shortcuts, password."""

from typing import Literal

from fastapi import APIRouter, Response
from fastapi.responses import RedirectResponse
from pydantic import Field
from starlette.concurrency import run_in_threadpool

from callcenter.core.errors import CallcenterError, NotAllowed
from callcenter.store import users
from callcenter.web import i18n
from callcenter.web.forms import Form, parse
from callcenter.web.i18n import gettext
from callcenter.web.site import LANGUAGE_COOKIE
from callcenter.web.visit import Visit, Visitor

router = APIRouter()


class SettingsForm(Form):
    """How the pages look and behave for this user."""

    language: Literal["zh-CN", "zh-TW", "en"]
    theme: Literal["auto", "light", "dark"]
    single_key_shortcuts: bool = False


class PasswordForm(Form):
    """Old and new."""

    old: str = Field(min_length=1, max_length=400)
    new: str = Field(min_length=10, max_length=400)


@router.get("/me")
def me(seen: Visitor, saved: str = "") -> Response:
    """The page."""
    return seen.page("auth/me.html", errors={}, error="", saved=saved)


@router.post("/me")
async def save(seen: Visitor) -> Response:
    """Keep the settings; the page comes back in the language chosen."""
    form, errors = parse(SettingsForm, await seen.request.form())
    if form is None:
        return seen.page("auth/me.html", status=422, errors=errors, error="", saved="")
    await run_in_threadpool(_store, seen, form)
    response = RedirectResponse("/me?saved=settings", 303)
    response.set_cookie(LANGUAGE_COOKIE, form.language, max_age=365 * 86400, samesite="lax", httponly=True)
    return response


def _store(seen: Visit, form: SettingsForm) -> None:
    with seen.site.context.database.transaction() as session:
        user = users.by_id(session, seen.user_id)
        if user is not None:
            user.language, user.theme = form.language, form.theme
            user.single_key_shortcuts = form.single_key_shortcuts


@router.post("/me/shortcuts")
async def shortcuts(seen: Visitor) -> Response:
    """The switch in the help sheet."""
    on = (await seen.request.form()).get("single_key_shortcuts") == "true"

    def store() -> None:
        with seen.site.context.database.transaction() as session:
            user = users.by_id(session, seen.user_id)
            if user is not None:
                user.single_key_shortcuts = on

    await run_in_threadpool(store)
    return Response(status_code=204)


@router.post("/me/password")
async def password(seen: Visitor) -> Response:
    """Change it; other browsers of this user are signed out."""
    with i18n.use(seen.user.language):
        form, errors = parse(PasswordForm, await seen.request.form())
        if form is None:
            return seen.page("auth/me.html", status=422, errors=errors, error="", saved="")
        change = seen.site.context.auth.change_password
        try:
            await run_in_threadpool(change, seen.user_id, form.old, form.new, token=seen.token)
        except NotAllowed:
            error = gettext("The old password is wrong.")
            return seen.page("auth/me.html", status=403, errors={"old": error}, error="", saved="")
        except CallcenterError as refused:
            return seen.page("auth/me.html", status=422, errors={}, error=gettext(str(refused)), saved="")
    return RedirectResponse("/me?saved=password", 303)
