"""Signing in: Argon2id passwords, sessions on the server, attempts limited by name and address."""

import hashlib
import secrets
import threading
import time
from collections import deque
from dataclasses import dataclass
from datetime import timedelta

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from sqlmodel import Session

from callcenter.core.errors import BadInput, Conflict, NotAllowed, NotFound
from callcenter.core.roles import Role
from callcenter.store import audit, users
from callcenter.store.database import Database
from callcenter.store.tables import SessionRow, User
from callcenter.store.types import now

IDLE_LIMIT = timedelta(hours=12)
"""A session not seen for this long is over (ui.md §3); a shift is shorter."""
SEEN_EVERY = timedelta(minutes=1)
ATTEMPTS = 8
ATTEMPTS_WINDOW_SECONDS = 300
SHORTEST_PASSWORD = 10
"""NIST SP 800-63B asks for 8 at least; a shared room asks for more."""


class WrongPassword(NotAllowed):
    """The name or the password is wrong; which of them is not said."""


class TooManyAttempts(NotAllowed):
    """This name or address has failed too often in the last minutes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SignedIn:
    """A session as a request needs it. `token` goes into the cookie and nowhere else."""

    token: str
    csrf_token: str
    user: User


class Attempts:
    """Counts failures by key within a sliding window; old ones are forgotten. Thread-safe."""

    def __init__(self, limit: int = ATTEMPTS, window_seconds: float = ATTEMPTS_WINDOW_SECONDS) -> None:
        self._limit, self._window = limit, window_seconds
        self._failures: dict[str, deque[float]] = {}
        self._lock = threading.Lock()

    def blocked(self, key: str, at: float) -> bool:
        """Whether `key` has used up its attempts."""
        with self._lock:
            return len(self._recent(key, at)) >= self._limit

    def failed(self, key: str, at: float) -> None:
        """One more failure."""
        with self._lock:
            self._recent(key, at).append(at)

    def _recent(self, key: str, at: float) -> deque[float]:
        for stale in [k for k, times in self._failures.items() if times and times[-1] < at - self._window]:
            del self._failures[stale]
        times = self._failures.setdefault(key, deque(maxlen=self._limit))
        while times and times[0] < at - self._window:
            times.popleft()
        return times


class AuthService:
    """Everything about who is who."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._hasher = PasswordHasher()
        # Checked when the name is unknown, so that both refusals take as long.
        self._nobody = self._hasher.hash(secrets.token_hex())
        self._attempts = Attempts()

    def sign_in(self, name: str, password: str, address: str) -> SignedIn:
        """A new session. Raises `WrongPassword` or `TooManyAttempts`."""
        at = time.monotonic()
        keys = (f"name:{name.strip().lower()}", f"address:{address}")
        if any(self._attempts.blocked(key, at) for key in keys):
            raise TooManyAttempts("too many attempts; wait five minutes and try again")
        with self._database.session() as session:
            user = users.by_name(session, name)
        if not self._matches(user.password_hash if user else self._nobody, password) or user is None:
            for key in keys:
                self._attempts.failed(key, at)
            with self._database.transaction() as session:
                audit.record(session, "sign_in.refused", user_id=None, detail=f"{name.strip()[:60]} from {address}")
            raise WrongPassword("the name or the password is wrong")
        return self._open(user)

    def _open(self, user: User) -> SignedIn:
        assert user.id is not None
        token, csrf = secrets.token_urlsafe(32), secrets.token_urlsafe(32)
        with self._database.transaction() as session:
            users.end_sessions_before(session, now() - IDLE_LIMIT)
            session.add(
                SessionRow(token_hash=_hash(token), user_id=user.id, csrf_token=csrf, created_at=now(), seen_at=now())
            )
            audit.record(session, "sign_in", user_id=user.id)
        return SignedIn(token=token, csrf_token=csrf, user=user)

    def session_of(self, token: str) -> SignedIn | None:
        """Who this cookie is, or None when it is over."""
        with self._database.session() as session:
            found = users.session_by_hash(session, _hash(token))
        if found is None:
            return None
        row, user = found
        idle = now() - row.seen_at
        if idle > IDLE_LIMIT:
            self.sign_out(token)
            return None
        if idle > SEEN_EVERY:
            with self._database.transaction() as session:
                live = session.get(SessionRow, row.token_hash)
                if live is not None:
                    live.seen_at = now()
        return SignedIn(token=token, csrf_token=row.csrf_token, user=user)

    def sign_out(self, token: str) -> None:
        """End this session."""
        with self._database.transaction() as session:
            users.end_session(session, _hash(token))

    def change_password(self, user_id: int, old: str, new: str, *, token: str = "") -> None:
        """Check the old one, set the new one, and sign the user's other browsers out."""
        with self._database.transaction() as session:
            user = users.by_id(session, user_id)
            if user is None:
                raise NotFound("this user no longer exists")
            if not self._matches(user.password_hash, old):
                raise WrongPassword("the old password is wrong")
            user.password_hash = self._new_hash(new)
            user.must_change_password = False
            users.end_sessions_of(session, user_id, but=_hash(token))
            audit.record(session, "password.change", user_id=user_id)

    def set_password(self, name: str, new: str) -> None:
        """An administrator's reset: the user's browsers are all signed out."""
        with self._database.transaction() as session:
            user = users.by_name(session, name)
            if user is None or user.id is None:
                raise NotFound(f"there is no active user {name!r}")
            user.password_hash = self._new_hash(new)
            users.end_sessions_of(session, user.id)
            audit.record(session, "password.reset", user_id=None, kind="user", record_id=user.id)

    def disable(self, name: str) -> None:
        """Nobody signs in by this name any more. What the person did stays; the last administrator stays too."""
        with self._database.transaction() as session:
            user = users.by_name(session, name)
            if user is None or user.id is None:
                raise NotFound(f"there is no active user {name!r}")
            admins = [u for u in users.all_users(session) if u.is_active and u.role == Role.ADMIN]
            if user.role == Role.ADMIN and len(admins) == 1:
                raise Conflict(f"{name!r} is the last administrator; add another one first")
            user.is_active = False
            users.end_sessions_of(session, user.id)
            audit.record(session, "user.disable", user_id=None, kind="user", record_id=user.id)

    def has_users(self) -> bool:
        """False on first run."""
        with self._database.session() as session:
            return users.count(session) > 0

    def create_first_admin(self, name: str, full_name: str, password: str, language: str = "zh-CN") -> User:
        """First run: the administrator, only while there is nobody."""
        with self._database.transaction() as session:
            if users.count(session):
                raise Conflict("this installation is set up already; sign in")
            return self._add(session, name, full_name, password, Role.ADMIN, None, language)

    def create_user(
        self,
        name: str,
        full_name: str,
        password: str,
        role: Role,
        *,
        extension: str | None = None,
        language: str = "zh-CN",
    ) -> User:
        """A new user. Raises `Conflict` when the name is taken, `BadInput` when the password is too short."""
        with self._database.transaction() as session:
            if users.is_taken(session, name):
                raise Conflict(f"there is a user {name!r} already; choose another name (a disabled one keeps it)")
            return self._add(session, name, full_name, password, role, extension, language)

    def _add(
        self,
        session: Session,
        name: str,
        full_name: str,
        password: str,
        role: Role,
        extension: str | None,
        language: str,
    ) -> User:
        if not name.strip() or len(name.strip()) > 60:
            raise BadInput("a user needs a name of 1 to 60 characters")
        user = User(
            name=name.strip(),
            full_name=full_name.strip() or name.strip(),
            password_hash=self._new_hash(password),
            role=role,
            extension=extension or None,
            language=language,
        )
        session.add(user)
        session.flush()
        return user

    def _new_hash(self, password: str) -> str:
        if len(password) < SHORTEST_PASSWORD:
            raise BadInput(f"a password needs at least {SHORTEST_PASSWORD} characters")
        return self._hasher.hash(password)

    def _matches(self, password_hash: str, password: str) -> bool:
        try:
            return self._hasher.verify(password_hash, password)
        except (VerificationError, InvalidHashError):
            return False


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
