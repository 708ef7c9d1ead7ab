"""The audit trail: who saw, heard or changed what."""

from datetime import datetime

from sqlmodel import Session

from callcenter.store.tables import AuditEntry
from callcenter.store.types import now


def record(
    session: Session,
    action: str,
    *,
    user_id: int | None,
    kind: str = "",
    record_id: int | str = "",
    detail: str = "",
    at: datetime | None = None,
) -> None:
    """Add one entry; it is committed with the transaction that did the thing."""
    session.add(
        AuditEntry(
            at=at or now(),
            user_id=user_id,
            action=action,
            kind=kind,
            record_id=str(record_id),
            detail=detail[:400],
        )
    )
