"""Who signs in, their sessions, and who saw or changed what."""

from datetime import datetime

from sqlalchemy import Enum
from sqlmodel import Field, SQLModel

from callcenter.core.roles import Role
from callcenter.store.tables.base import Row, moment


class User(Row, table=True):
    """A person of the dealership."""

    __tablename__ = "user_account"

    name: str = Field(index=True, unique=True, max_length=60)
    """What is typed at sign-in."""
    full_name: str = Field(max_length=60)
    password_hash: str
    """Argon2id."""
    role: Role = Field(
        sa_type=Enum(Role, native_enum=False, length=20, values_callable=lambda roles: [r.value for r in roles])
    )
    extension: str | None = Field(default=None, index=True, max_length=20)
    """The telephone on this agent's desk."""
    language: str = Field(default="zh-CN", max_length=10)
    theme: str = Field(default="auto", max_length=10)
    single_key_shortcuts: bool = True
    is_active: bool = True
    must_change_password: bool = False


class SessionRow(SQLModel, table=True):
    """A signed-in browser. The cookie holds the token; only its hash is here."""

    __tablename__ = "session"

    token_hash: str = Field(primary_key=True, max_length=64)
    user_id: int = Field(foreign_key="user_account.id", index=True, ondelete="CASCADE")
    csrf_token: str = Field(max_length=64)
    created_at: datetime = moment(nullable=False)
    seen_at: datetime = moment(nullable=False)


class AuditEntry(SQLModel, table=True):
    """Who saw, heard, exported or changed which record, when."""

    __tablename__ = "audit_entry"

    id: int | None = Field(default=None, primary_key=True)
    at: datetime = moment(nullable=False, index=True)
    user_id: int | None = Field(default=None, foreign_key="user_account.id", index=True, ondelete="SET NULL")
    action: str = Field(max_length=40)
    """`customer.view`, `recording.play`, `call.wrap_up`, `sign_in`, `sign_in.refused`, …"""
    kind: str = Field(default="", max_length=40)
    record_id: str = Field(default="", max_length=80, index=True)
    detail: str = Field(default="", max_length=400)
