"""The twelve invented customers of the demo (`customers.yaml`): people, numbers, cars, visits and open matters.
Times in the file are offsets from now, so that the demo always has something recent."""

import re
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import yaml
from sqlmodel import Session, select

from callcenter.core.numbers import parse_number
from callcenter.store import customers
from callcenter.store.tables import ComplaintCase, Customer, CustomerVehicle, ServiceOrder, Vehicle

FILE = Path(__file__).with_name("customers.yaml")
_UNITS = {"h": timedelta(hours=1), "d": timedelta(days=1), "m": timedelta(days=30.44), "y": timedelta(days=365.25)}


def load_sample_customers(session: Session, at: datetime, *, language: str = "zh-CN") -> int:
    """Add those of the twelve that are not there yet, named in `language`; returns how many were added."""
    added = 0
    content = yaml.safe_load(FILE.read_text("utf-8"))
    for entry in content["customers"]:
        known = session.exec(select(Customer).where(Customer.external_id == entry["id"])).first()
        if known is None:
            _add(session, entry, content["tags"], at, language)
            added += 1
    return added


def _add(session: Session, entry: dict[str, Any], tags: dict[str, Any], at: datetime, language: str) -> None:
    customer = Customer(
        name=_text(entry["name"], language),
        kind=entry["kind"],
        contact_person=_text(entry.get("contact_person", ""), language),
        gender=entry.get("gender", "u"),
        tier=entry.get("tier", ""),
        tags=",".join(_text(tags.get(tag, tag), language) for tag in entry.get("tags", ())),
        do_not_call=entry.get("do_not_call", False),
        external_id=entry["id"],
    )
    customers.add(session, customer)
    for phone in entry["phones"]:
        customers.add_number(session, customer, parse_number(phone["e164"]), is_primary=phone["primary"])
    vehicles = [_vehicle(session, customer, car, at, language) for car in entry.get("vehicles", ())]
    for order in entry.get("service_orders", ()):
        session.add(_order(customer, vehicles[0], order, at, language))
    for number, contact in enumerate((c for c in entry.get("contacts", ()) if c.get("open")), start=1):
        session.add(_case(customer, vehicles[0], contact, at, language, number))
    session.flush()


def _vehicle(session: Session, customer: Customer, car: dict[str, Any], at: datetime, language: str) -> Vehicle:
    due = car.get("maintenance_due") or car.get("first_service_due") or {}
    vehicle = Vehicle(
        vin=car["vin"],
        plate=car["plate"],
        model=_text(car["model"], language),
        energy=car["energy"],
        delivered_on=_moment(car["delivered"], at).date(),
        mileage=car["mileage"],
        warranty_until=_moment(car["warranty_until"], at).date(),
        maintenance_due_on=_moment(due["at"], at).date() if due else None,
    )
    session.add(vehicle)
    session.flush()
    session.add(CustomerVehicle(customer_id=customer.id or 0, vehicle_id=vehicle.id or 0))
    return vehicle


def _order(customer: Customer, vehicle: Vehicle, order: dict[str, Any], at: datetime, language: str) -> ServiceOrder:
    total = order.get("total")
    return ServiceOrder(
        number=order["number"],
        customer_id=customer.id or 0,
        vehicle_id=vehicle.id,
        kind="repair" if "complaint_symptom" in order else "maintenance",
        summary="，".join([*order["jobs"], _text(order.get("complaint_symptom", ""), language)]).strip("，"),
        opened_at=_moment(order["opened"], at),
        closed_at=_moment(order["closed"], at),
        advisor=_text(order.get("advisor", ""), language),
        amount_fen=None if total is None else total * 100,
    )


def _case(
    customer: Customer, vehicle: Vehicle, contact: dict[str, Any], at: datetime, language: str, number: int
) -> ComplaintCase:
    opened = _moment(contact["at"], at)
    return ComplaintCase(
        number=f"C{opened.year}{customer.id or 0:02}{number:02}",
        customer_id=customer.id or 0,
        vehicle_id=vehicle.id,
        summary=_text(contact["topic"], language),
        severity=3,
        opened_at=opened,
        due_at=opened + timedelta(days=3),
    )


def _text(value: Any, language: str) -> str:
    if isinstance(value, dict):
        return str(value.get(language) or value["zh-CN" if language.startswith("zh") else "en"])
    return str(value)


def _moment(offset: str, at: datetime) -> datetime:
    match = re.fullmatch(r"([+-]\d+)([hdmy])", offset)
    if match is None:
        raise ValueError(f"{FILE.name}: {offset!r} is not an offset like -36h, +25d, -20m or +3y")
    return at + int(match.group(1)) * _UNITS[match.group(2)]
