"""People, their numbers, cars, visits and open complaints (domain.md §2.1-2.3, as far as the pop needs them)."""

from datetime import date, datetime

from sqlmodel import Field, UniqueConstraint

from callcenter.store.tables.base import Row, moment


class Customer(Row, table=True):
    """客户: a person or a company."""

    __tablename__ = "customer"

    name: str = Field(index=True, max_length=60)
    kind: str = Field(default="person", max_length=10)
    """`person` or `company`."""
    contact_person: str = Field(default="", max_length=60)
    gender: str = Field(default="u", max_length=1)
    """`f`, `m` or `u`; drives 先生 / 女士."""
    tier: str = Field(default="", max_length=10)
    """`A`, `B`, `C` or `VIP`."""
    tags: str = Field(default="", max_length=400)
    """Comma-separated."""
    note: str = Field(default="", max_length=2000)
    do_not_call: bool = False
    external_id: str | None = Field(default=None, index=True, unique=True, max_length=80)


class PhoneNumber(Row, table=True):
    """电话: one number of one customer. One number may belong to several people (a family, a company)."""

    __tablename__ = "phone_number"
    __table_args__ = (UniqueConstraint("customer_id", "e164"),)

    customer_id: int = Field(foreign_key="customer.id", index=True, ondelete="CASCADE")
    e164: str = Field(index=True, max_length=20)
    last8: str = Field(index=True, max_length=8)
    """The last eight digits, for matching callers whose prefix the carrier changed (domain.md §2.4.1 rule 8)."""
    raw: str = Field(default="", max_length=40)
    kind: str = Field(default="mobile", max_length=10)
    is_primary: bool = False


class Vehicle(Row, table=True):
    """车辆."""

    __tablename__ = "vehicle"

    vin: str | None = Field(default=None, index=True, unique=True, max_length=17)
    plate: str = Field(default="", index=True, max_length=10)
    model: str = Field(default="", max_length=60)
    colour: str = Field(default="", max_length=20)
    energy: str = Field(default="petrol", max_length=10)
    delivered_on: date | None = None
    mileage: int | None = None
    """Kilometres."""
    warranty_until: date | None = None
    maintenance_due_on: date | None = None


class CustomerVehicle(Row, table=True):
    """人车关系: who owns, drives or pays for which car."""

    __tablename__ = "customer_vehicle"
    __table_args__ = (UniqueConstraint("customer_id", "vehicle_id", "role"),)

    customer_id: int = Field(foreign_key="customer.id", index=True, ondelete="CASCADE")
    vehicle_id: int = Field(foreign_key="vehicle.id", index=True, ondelete="CASCADE")
    role: str = Field(default="owner", max_length=10)
    """`owner`, `driver`, `payer` or `contact`."""


class ServiceOrder(Row, table=True):
    """维修工单: one visit to the workshop."""

    __tablename__ = "service_order"

    number: str = Field(index=True, unique=True, max_length=40)
    customer_id: int = Field(foreign_key="customer.id", index=True, ondelete="CASCADE")
    vehicle_id: int | None = Field(default=None, foreign_key="vehicle.id", index=True, ondelete="SET NULL")
    kind: str = Field(default="maintenance", max_length=20)
    """`maintenance`, `repair`, `body`, `warranty` or `other`."""
    summary: str = Field(default="", max_length=400)
    status: str = Field(default="closed", max_length=20)
    """`open`, `waiting_parts`, `ready` or `closed`."""
    opened_at: datetime = moment(nullable=False, index=True)
    closed_at: datetime | None = moment()
    advisor: str = Field(default="", max_length=60)
    amount_fen: int | None = None


class ComplaintCase(Row, table=True):
    """投诉: an open complaint, shown first on the pop. The full case life comes with the case board."""

    __tablename__ = "complaint_case"

    number: str = Field(index=True, unique=True, max_length=20)
    customer_id: int = Field(foreign_key="customer.id", index=True, ondelete="CASCADE")
    vehicle_id: int | None = Field(default=None, foreign_key="vehicle.id", ondelete="SET NULL")
    call_id: int | None = Field(default=None, foreign_key="call.id", ondelete="SET NULL")
    summary: str = Field(default="", max_length=400)
    severity: int = 3
    """1 to 5 (domain.md §4.2)."""
    status: str = Field(default="open", max_length=20)
    """`open` or `closed`."""
    opened_at: datetime = moment(nullable=False)
    due_at: datetime | None = moment()
