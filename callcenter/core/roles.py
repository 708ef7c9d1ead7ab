"""Who a user is to the product. What a role may do is in `permissions.py`."""

from enum import StrEnum


class Role(StrEnum):
    """One role per user."""

    AGENT = "agent"
    QA = "qa"
    SUPERVISOR = "supervisor"
    ADMIN = "admin"
