"""What an agent does beside a call: sees the pop, says who it is, notes, wraps up, judges an alert."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Protocol

from sqlmodel import Session

from callcenter.core.call_record import Direction
from callcenter.core.errors import BadInput, NotAllowed, NotFound
from callcenter.core.numbers import NumberKind, parse_number
from callcenter.core.roles import Role
from callcenter.core.wrap_up import codes_for
from callcenter.services.screen_pop import ScreenPop, screen_pop
from callcenter.store import audit, calls, customers, transcripts
from callcenter.store.database import Database
from callcenter.store.tables import Call, Customer, FlagRow, User
from callcenter.store.types import now

NOTE_LIMIT = 4000
WRAP_UP_WITHIN = timedelta(hours=2)
"""An older call that nobody wrapped up no longer takes the desk; it stays open in the call log."""
VERDICTS = ("confirmed", "rejected", "")


class Publisher(Protocol):
    """The hub, as far as services need it."""

    def publish(self, topic: str, kind: str, data: dict[str, Any]) -> object:
        """Tell the pages that follow `topic`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NewCustomer:
    """What the agent fills in when nobody is known by this number."""

    name: str
    kind: str = "person"
    gender: str = "u"
    phone: str = ""
    """Empty: the number of the call, if it is not hidden."""
    note: str = ""


class DeskService:
    """The agent's actions. Everyone may act on the calls of his own telephone; supervisors on all."""

    def __init__(
        self,
        database: Database,
        hub: Publisher,
        *,
        region: str = "CN",
        area_code: str = "",
        clock: Callable[[], datetime] = now,
    ) -> None:
        self._database, self._hub, self._clock = database, hub, clock
        self._region, self._area_code = region, area_code

    def pop(self, call_id: int) -> ScreenPop:
        """The screen pop of a call. Whoever shows it to somebody says so with `seen`."""
        with self._database.session() as session:
            return screen_pop(session, call_id, region=self._region, area_code=self._area_code)

    def seen(self, pop: ScreenPop, user: User) -> None:
        """Audit that this user saw these people's data."""
        with self._database.transaction() as session:
            for match in pop.matches:
                audit.record(
                    session,
                    "customer.view",
                    user_id=user.id,
                    kind="customer",
                    record_id=match.customer.id or 0,
                    detail=f"pop of call {pop.call.id}",
                )

    def current_call(self, extension: str) -> Call | None:
        """The call this telephone is in or rings for; else the one it has still to wrap up."""
        with self._database.session() as session:
            for call in reversed(calls.live(session)):
                if call.final_agent == extension and call.state in ("talking", "held"):
                    return call
            for call in reversed(calls.live(session)):
                if any(a["extension"] == extension and a["outcome"] is None for a in call.agents):
                    return call
            return calls.not_wrapped_up(session, extension, self._clock() - WRAP_UP_WITHIN)

    def choose_customer(self, call_id: int, customer_id: int | None, user: User) -> None:
        """This call is with that customer (None: with somebody else)."""
        with self._database.transaction() as session:
            call = self._own(session, call_id, user)
            if customer_id is not None and session.get(Customer, customer_id) is None:
                raise NotFound(f"there is no customer {customer_id}")
            call.customer_id = customer_id
            audit.record(session, "call.customer", user_id=user.id, kind="call", record_id=call_id)
        self._tell(call, "customer")

    def create_customer(self, call_id: int, form: NewCustomer, user: User) -> Customer:
        """A new customer from the pop, with the number of the call unless another was typed."""
        if not form.name.strip():
            raise BadInput("a customer needs a name")
        with self._database.transaction() as session:
            call = self._own(session, call_id, user)
            raw = form.phone.strip() or ("" if call.number_hidden else call.customer_number)
            number = parse_number(raw, region=self._region, area_code=self._area_code)
            if form.phone.strip() and number.kind in (NumberKind.INVALID, NumberKind.HIDDEN):
                raise BadInput(f"{form.phone.strip()!r} is not a telephone number")
            customer = Customer(
                name=form.name.strip()[:60], kind=form.kind, gender=form.gender, note=form.note.strip()[:2000]
            )
            customers.add(session, customer, number)
            call.customer_id = customer.id
            audit.record(session, "customer.create", user_id=user.id, kind="customer", record_id=customer.id or 0)
        self._tell(call, "customer")
        return customer

    def save_draft(self, call_id: int, draft: dict[str, Any], user: User) -> None:
        """Keep what is typed, so that nothing is lost by a reload, a crash or a second tab."""
        with self._database.transaction() as session:
            call = self._own(session, call_id, user)
            call.wrap_up_draft = {
                "code": str(draft.get("code", ""))[:40],
                "note": str(draft.get("note", ""))[:NOTE_LIMIT],
                "saved_at": now().isoformat(),
            }

    def wrap_up(self, call_id: int, code: str, note: str, user: User) -> None:
        """Close the agent's part. Doing it twice is harmless: the last one stands."""
        with self._database.transaction() as session:
            call = self._own(session, call_id, user)
            if code not in {c.code for c in codes_for(Direction(call.direction))}:
                raise BadInput("choose what the call was about")
            if len(note) > NOTE_LIMIT:
                raise BadInput(f"a note has at most {NOTE_LIMIT} characters")
            call.wrap_up_code, call.wrap_up_note, call.wrap_up_draft = code, note.strip(), None
            call.wrapped_up_at, call.wrapped_up_by = now(), user.id
            audit.record(session, "call.wrap_up", user_id=user.id, kind="call", record_id=call_id, detail=code)
        self._tell(call, "wrapped_up")

    def acknowledge_flag(self, flag_id: int, verdict: str, user: User) -> FlagRow:
        """The agent or supervisor has seen the alert; the verdict, if any, measures the rule."""
        if verdict not in VERDICTS:
            raise BadInput("an alert is confirmed, rejected or just seen")
        with self._database.transaction() as session:
            flag = transcripts.flag_by_id(session, flag_id)
            if flag is None:
                raise NotFound(f"there is no alert {flag_id}")
            call = self._own(session, flag.call_id, user)
            flag.acknowledged_at, flag.acknowledged_by = flag.acknowledged_at or now(), user.id
            flag.verdict = verdict or flag.verdict
            audit.record(session, "flag.verdict", user_id=user.id, kind="flag", record_id=flag_id, detail=verdict)
        for topic in call_topics(call):
            self._hub.publish(topic, "flag", {"call_id": flag.call_id, "flag_id": flag_id})
        return flag

    def _own(self, session: Session, call_id: int, user: User) -> Call:
        call = calls.by_id(session, call_id)
        if call is None:
            raise NotFound(f"there is no call {call_id}")
        took_part = user.extension is not None and user.extension in {a["extension"] for a in call.agents}
        if user.role is Role.AGENT and not took_part and call.final_agent != user.extension:
            raise NotAllowed("this call is another agent's")
        return call

    def _tell(self, call: Call, change: str) -> None:
        for topic in call_topics(call):
            self._hub.publish(topic, "call", {"id": call.id, "change": change})


def call_topics(call: Call, *, but: str | None = None) -> list[str]:
    """Who follows this call: the telephones in it now, its page, the supervisors."""
    ringing = {a["extension"] for a in call.agents if a["outcome"] is None}
    involved = sorted(({call.final_agent} if call.final_agent else set()) | ringing)
    return [f"extension:{e}" for e in involved if e != but] + [f"call:{call.id}", "supervisors"]
