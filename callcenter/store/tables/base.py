"""What every table shares: names of constraints, and the columns that say when a row came to be."""

from datetime import datetime
from typing import Any

from sqlalchemy import Column, MetaData
from sqlmodel import Field, SQLModel

from callcenter.store.types import UtcDateTime, now

metadata: MetaData = SQLModel.metadata
metadata.naming_convention = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}


def moment(*, nullable: bool = True, index: bool = False, **kwargs: Any) -> Any:
    """A column holding an aware UTC time."""
    if not nullable:
        return Field(sa_type=UtcDateTime, nullable=False, index=index, **kwargs)
    return Field(default=None, sa_type=UtcDateTime, nullable=True, index=index, **kwargs)


class Row(SQLModel):
    """An id and the two times every row has."""

    id: int | None = Field(default=None, primary_key=True)
    created_at: datetime = Field(default_factory=now, sa_type=UtcDateTime, nullable=False)
    updated_at: datetime = Field(
        default_factory=now, sa_type=UtcDateTime, nullable=False, sa_column_kwargs={"onupdate": now}
    )


__all__ = ["Column", "Row", "metadata", "moment"]
