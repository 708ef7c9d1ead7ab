"""What the agent desk shows, for the page and for the stream alike: read once, as one value."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from sqlmodel import Session

from callcenter.core.call_record import Direction
from callcenter.core.wrap_up import WrapUpCode, codes_for
from callcenter.services.screen_pop import ScreenPop
from callcenter.store import calls, pages, transcripts
from callcenter.store.tables import Call, User
from callcenter.store.types import now
from callcenter.web.context import WebContext
from callcenter.web.shown import CallShown, FlagShown, LineShown, Shower

RECENT = timedelta(hours=12)
"""A shift: what the idle desk lists."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DeskView:
    """One agent's desk at one moment."""

    extension: str
    state: str
    """`idle`, `ringing`, `talking`, `held` or `wrap_up`."""
    call: CallShown | None = None
    pop: ScreenPop | None = None
    lines: Sequence[LineShown] = ()
    flags: Sequence[FlagShown] = ()
    codes: Sequence[WrapUpCode] = ()
    waiting: Sequence[CallShown] = ()
    """Other calls of this agent that are to be wrapped up."""
    recent: Sequence[CallShown] = ()
    """For the idle desk."""
    notice: str = ""
    """Why the last pop closed, for a moment."""


def desk_view(context: WebContext, shower: Shower, user: User, call_id: int | None = None) -> DeskView:
    """The desk of this user's telephone; `call_id` opens a call that is to be wrapped up."""
    extension = user.extension or ""
    if not extension:
        return DeskView(extension="", state="idle")
    call = context.desk.current_call(extension)
    with context.database.session() as session:
        waiting = pages.to_wrap_up(session, extension, now() - RECENT)
        if call_id is not None and (call is None or call.ended_at is not None):
            call = next((c for c in waiting if c.id == call_id), call)
        others = [c for c in waiting if call is None or c.id != call.id]
        if call is None:
            return _idle(session, shower, extension, others)
        shown = show_calls(session, shower, [call, *others])
        flags = transcripts.flags_of(session, shown[0].id, "live")
        lines = shower.lines(transcripts.utterances_of(session, shown[0].id, "live"), flags)
    return DeskView(
        extension=extension,
        state=desk_state(call, extension),
        call=shown[0],
        pop=context.desk.pop(shown[0].id),
        lines=lines,
        flags=[shower.flag(flag) for flag in flags],
        codes=codes_for(Direction(call.direction)),
        waiting=shown[1:],
    )


def desk_state(call: Call, extension: str) -> str:
    """What this call is to this telephone: a transferred call rings here while its customer already talked."""
    if call.ended_at is not None:
        return "wrap_up"
    if call.final_agent == extension and call.state in ("talking", "held"):
        return call.state
    return "ringing"


def _idle(session: Session, shower: Shower, extension: str, waiting: list[Call]) -> DeskView:
    recent = pages.own_calls(session, extension, now() - RECENT)
    shown = show_calls(session, shower, [*waiting, *recent])
    return DeskView(extension=extension, state="idle", waiting=shown[: len(waiting)], recent=shown[len(waiting) :])


def show_calls(session: Session, shower: Shower, rows: Sequence[Call]) -> list[CallShown]:
    """Several calls with all their names in two queries."""
    extensions = {a["extension"] for call in rows for a in call.agents} | {c.final_agent for c in rows if c.final_agent}
    extensions |= {t[side] for call in rows for t in call.transfers for side in ("from", "to")}
    names = pages.names_by_extension(session, extensions)
    customers = pages.customers_by_id(session, (call.customer_id for call in rows))
    return [shower.call(call, names, customers) for call in rows]


def one_call(session: Session, shower: Shower, call_id: int) -> CallShown | None:
    """One call with its names."""
    call = calls.by_id(session, call_id)
    return show_calls(session, shower, [call])[0] if call else None
