"""`/desk`: the agent's page, and what the agent does on it."""

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Path, Query, Response
from pydantic import Field
from starlette.concurrency import run_in_threadpool

from callcenter.core.errors import BadInput
from callcenter.core.permissions import Action
from callcenter.services.desk import NewCustomer
from callcenter.web import i18n
from callcenter.web.desk_view import DeskView, desk_view
from callcenter.web.forms import Form, parse
from callcenter.web.shown import Shower
from callcenter.web.visit import Agent, Visit

router = APIRouter(prefix="/desk")
CallId = Annotated[int, Path(ge=1)]


class CustomerForm(Form):
    """A new customer, out of the pop."""

    name: str = Field(min_length=1, max_length=60)
    kind: Literal["person", "company"] = "person"
    gender: Literal["f", "m", "u"] = "u"
    phone: str = Field(default="", max_length=40)
    note: str = Field(default="", max_length=2000)


class WrapUpForm(Form):
    """Code and note."""

    code: str = Field(default="", max_length=40)
    note: str = Field(default="", max_length=4000)


@router.get("")
def desk(seen: Agent, call: Annotated[int | None, Query(ge=1)] = None) -> Response:
    """The page, or its body alone for a re-fetch."""
    with i18n.use(seen.user.language):
        view = desk_view(seen.site.context, shower_of(seen), seen.user, call)
    if view.pop is not None and view.pop.matches:
        seen.site.context.desk.seen(view.pop, seen.user)
    if seen.is_fragment:
        return seen.fragment("desk/_desk.html", **_context(view))
    return seen.page("desk/index.html", live="desk", **_context(view))


@router.post("/calls/{call_id}/customer")
async def choose_customer(seen: Agent, call_id: CallId) -> Response:
    """Which of several this caller is; an empty choice means none of them."""
    chosen = str((await seen.request.form()).get("customer_id", ""))
    if chosen and not chosen.isdecimal():
        raise BadInput("choose one of the customers")
    customer_id = int(chosen) if chosen else None
    await run_in_threadpool(seen.site.context.desk.choose_customer, call_id, customer_id, seen.user)
    return await run_in_threadpool(_people, seen, call_id)


@router.get("/calls/{call_id}/new-customer")
def new_customer(seen: Agent, call_id: CallId) -> Response:
    """The form, in place of the panel."""
    with i18n.use(seen.user.language):
        view = _view_of(seen, call_id)
    return seen.fragment("desk/_new_customer.html", desk=view, values={}, errors={})


@router.post("/calls/{call_id}/new-customer")
async def create_customer(seen: Agent, call_id: CallId) -> Response:
    """Create the caller as a customer."""
    seen.must(Action.CUSTOMER_EDIT)
    fields = await seen.request.form()
    with i18n.use(seen.user.language):
        form, errors = parse(CustomerForm, fields)
        if form is not None:
            made = NewCustomer(name=form.name, kind=form.kind, gender=form.gender, phone=form.phone, note=form.note)
            try:
                await run_in_threadpool(seen.site.context.desk.create_customer, call_id, made, seen.user)
            except BadInput:
                errors = {"phone": i18n.gettext("This is not a telephone number")}
        if errors:
            view = await run_in_threadpool(_view_of, seen, call_id)
            values = {name: str(fields.get(name, "")) for name in CustomerForm.model_fields}
            return seen.fragment("desk/_new_customer.html", status=422, desk=view, values=values, errors=errors)
    return await run_in_threadpool(_people, seen, call_id)


@router.put("/calls/{call_id}/draft")
async def save_draft(seen: Agent, call_id: CallId) -> Response:
    """Keep what is typed."""
    with i18n.use(seen.user.language):
        form, _errors = parse(WrapUpForm, await seen.request.form())
    if form is None:
        raise BadInput("a note has at most 4000 characters")
    await run_in_threadpool(seen.site.context.desk.save_draft, call_id, form.model_dump(), seen.user)
    return Response(status_code=204)


@router.post("/calls/{call_id}/wrap-up")
async def wrap_up(seen: Agent, call_id: CallId) -> Response:
    """Close the agent's part, and be ready for the next call."""
    with i18n.use(seen.user.language):
        form, errors = parse(WrapUpForm, await seen.request.form())
        if form is not None and form.code:
            await run_in_threadpool(seen.site.context.desk.wrap_up, call_id, form.code, form.note, seen.user)
            view = await run_in_threadpool(desk_view, seen.site.context, shower_of(seen), seen.user)
            return seen.partials([("#desk", "desk/_desk.html", _context(view))])
        errors = errors or {"code": i18n.gettext("Choose what the call was about.")}
        view = await run_in_threadpool(_view_of, seen, call_id)
        values = {"code": "", "note": form.note if form else ""}
        return seen.fragment("desk/_wrap_up.html", status=422, desk=view, values=values, errors=errors)


@router.post("/flags/{flag_id}")
async def acknowledge(seen: Agent, flag_id: Annotated[int, Path(ge=1)]) -> Response:
    """The alert is seen; `verdict` says whether it was right."""
    verdict = str((await seen.request.form()).get("verdict", ""))
    row = await run_in_threadpool(seen.site.context.desk.acknowledge_flag, flag_id, verdict, seen.user)
    with i18n.use(seen.user.language):
        flag = shower_of(seen).flag(row)
        render, context = seen.site.render, seen.context() | {"flag": flag}
        card = f'<hx-partial hx-target="#{flag.dom_id}" hx-swap="delete"></hx-partial>'
        judged = render.partial(f"#judge-item-{flag.id}", "_judge.html", context)
    return Response(card + judged, media_type="text/html")


def shower_of(seen: Visit) -> Shower:
    """View models as this user may see them."""
    context = seen.site.context
    return Shower(seen.site.formats, context.rules, whole_numbers=seen.may(Action.NUMBERS))


def _view_of(seen: Visit, call_id: int) -> DeskView:
    view = desk_view(seen.site.context, shower_of(seen), seen.user, call_id)
    if view.call is None or view.call.id != call_id:
        raise BadInput("this call is no longer on your desk")
    return view


def _people(seen: Visit, call_id: int) -> Response:
    with i18n.use(seen.user.language):
        view = _view_of(seen, call_id)
    if view.pop is not None and view.pop.matches:
        seen.site.context.desk.seen(view.pop, seen.user)
    context = _context(view)
    return seen.partials([("#call-bar", "desk/_call_bar.html", context), ("#customer", "desk/_customer.html", context)])


def _context(view: DeskView) -> dict[str, Any]:
    return {"desk": view, "notice": ""}
