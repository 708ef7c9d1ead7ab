"""What the agent sees when the phone rings: who this may be, their cars, open complaints, last visits and calls."""

from dataclasses import dataclass, field

from sqlmodel import Session

from callcenter.core.errors import NotFound
from callcenter.core.numbers import parse_number
from callcenter.store import calls, customers
from callcenter.store.tables import Call, ComplaintCase, Customer, PhoneNumber, ServiceOrder, Vehicle


@dataclass(frozen=True, slots=True, kw_only=True)
class PopCustomer:
    """One person the caller may be."""

    customer: Customer
    numbers: list[PhoneNumber]
    vehicles: list[tuple[Vehicle, str]]
    """Each with this person's role to it."""
    open_cases: list[ComplaintCase]
    recent_orders: list[ServiceOrder]
    recent_calls: list[Call]


@dataclass(frozen=True, slots=True, kw_only=True)
class ScreenPop:
    """The pop of one call. One match is chosen by itself; of several the agent chooses; none may be created."""

    call: Call
    matches: list[PopCustomer] = field(default_factory=list)
    chosen: int | None = None
    """Index into `matches`."""
    number_hidden: bool = False


def screen_pop(session: Session, call_id: int, *, region: str, area_code: str) -> ScreenPop:
    """Build the pop from the call log and the customers. Raises `NotFound`."""
    call = calls.by_id(session, call_id)
    if call is None:
        raise NotFound(f"there is no call {call_id}")
    found = candidates(session, call, region=region, area_code=area_code)
    matches = [_pop_customer(session, customer, call) for customer in found]
    chosen = next((i for i, m in enumerate(matches) if m.customer.id == call.customer_id), None)
    return ScreenPop(call=call, matches=matches, chosen=chosen, number_hidden=call.number_hidden)


def candidates(session: Session, call: Call, *, region: str, area_code: str) -> list[Customer]:
    """Who the caller may be: the one chosen already, the owners of the number, else whoever was spoken to on the last
    calls from it. A hidden number matches nobody, even where the PBX let it through."""
    if call.customer_id is not None:
        chosen = session.get(Customer, call.customer_id)
        others = [] if call.number_hidden else _by_number(session, call, region, area_code)
        return ([chosen] if chosen else []) + [c for c in others if c.id != call.customer_id]
    return [] if call.number_hidden else _by_number(session, call, region, area_code)


def _by_number(session: Session, call: Call, region: str, area_code: str) -> list[Customer]:
    number = parse_number(call.customer_number, region=region, area_code=area_code)
    owners = customers.by_number(session, number)
    if owners or not number.e164:
        return owners
    spoken_to = calls.last_customers_of_number(session, number.e164)
    return [customer for i in spoken_to if (customer := session.get(Customer, i)) is not None]


def _pop_customer(session: Session, customer: Customer, call: Call) -> PopCustomer:
    assert customer.id is not None
    return PopCustomer(
        customer=customer,
        numbers=customers.numbers_of(session, customer.id),
        vehicles=customers.vehicles_of(session, customer.id),
        open_cases=customers.open_cases_of(session, customer.id),
        recent_orders=customers.recent_orders_of(session, customer.id),
        recent_calls=calls.of_customer(session, customer.id, but=call.id),
    )
