"""Every table, by noun. "Models" are speech models here; database classes are tables."""

from callcenter.store.tables.base import metadata
from callcenter.store.tables.calls import Call, CallEventRow, LegRow, LinkGap, Recording
from callcenter.store.tables.customers import (
    ComplaintCase,
    Customer,
    CustomerVehicle,
    PhoneNumber,
    ServiceOrder,
    Vehicle,
)
from callcenter.store.tables.speech import FlagRow, UtteranceRow
from callcenter.store.tables.users import AuditEntry, SessionRow, User

__all__ = [
    "AuditEntry",
    "Call",
    "CallEventRow",
    "ComplaintCase",
    "Customer",
    "CustomerVehicle",
    "FlagRow",
    "LegRow",
    "LinkGap",
    "PhoneNumber",
    "Recording",
    "ServiceOrder",
    "SessionRow",
    "User",
    "UtteranceRow",
    "Vehicle",
    "metadata",
]
