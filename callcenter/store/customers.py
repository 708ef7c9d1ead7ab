"""Customers by number, and what the pop shows of them."""

from sqlmodel import Session, col, select

from callcenter.core.numbers import Number
from callcenter.store.tables import (
    ComplaintCase,
    Customer,
    CustomerVehicle,
    PhoneNumber,
    ServiceOrder,
    Vehicle,
)

RECENT = 8
"""Rows of history on the pop; older ones are a click away (ui.md §0)."""


def by_number(session: Session, number: Number) -> list[Customer]:
    """Whose number this is: by the full number, else by the last eight digits (domain.md §2.4.1 rule 8)."""
    if not number.e164:
        return []
    exact = _with(session, PhoneNumber.e164 == number.e164)
    if exact or not number.last8:
        return exact
    return _with(session, (PhoneNumber.last8 == number.last8) & (PhoneNumber.kind == number.kind))


def _with(session: Session, condition: object) -> list[Customer]:
    ids = select(PhoneNumber.customer_id).where(condition)  # type: ignore[arg-type]
    return list(session.exec(select(Customer).where(col(Customer.id).in_(ids)).order_by(col(Customer.id))))


def numbers_of(session: Session, customer_id: int) -> list[PhoneNumber]:
    """The primary number first."""
    statement = select(PhoneNumber).where(PhoneNumber.customer_id == customer_id)
    return list(session.exec(statement.order_by(col(PhoneNumber.is_primary).desc(), col(PhoneNumber.id))))


def vehicles_of(session: Session, customer_id: int) -> list[tuple[Vehicle, str]]:
    """Cars with the role this person has to each."""
    statement = (
        select(Vehicle, CustomerVehicle.role)
        .join(CustomerVehicle, col(CustomerVehicle.vehicle_id) == Vehicle.id)
        .where(CustomerVehicle.customer_id == customer_id)
        .order_by(col(Vehicle.id))
    )
    return [(vehicle, role) for vehicle, role in session.exec(statement)]


def open_cases_of(session: Session, customer_id: int) -> list[ComplaintCase]:
    """Open complaints, the worst first."""
    statement = select(ComplaintCase).where(ComplaintCase.customer_id == customer_id, ComplaintCase.status != "closed")
    return list(session.exec(statement.order_by(col(ComplaintCase.severity).desc(), col(ComplaintCase.opened_at))))


def recent_orders_of(session: Session, customer_id: int, limit: int = RECENT) -> list[ServiceOrder]:
    """The latest visits."""
    statement = select(ServiceOrder).where(ServiceOrder.customer_id == customer_id)
    return list(session.exec(statement.order_by(col(ServiceOrder.opened_at).desc()).limit(limit)))


def add(session: Session, customer: Customer, number: Number | None = None) -> Customer:
    """A new customer, with the number he calls from."""
    session.add(customer)
    session.flush()
    if number is not None and number.e164:
        add_number(session, customer, number, is_primary=True)
    return customer


def add_number(session: Session, customer: Customer, number: Number, *, is_primary: bool = False) -> PhoneNumber:
    """Give a customer a number."""
    assert customer.id is not None
    row = PhoneNumber(
        customer_id=customer.id,
        e164=number.e164,
        last8=number.last8,
        raw=number.raw,
        kind=number.kind,
        is_primary=is_primary,
    )
    session.add(row)
    session.flush()
    return row
