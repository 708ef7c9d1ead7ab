from datetime import timedelta

import pytest
from sqlmodel import select

from callcenter.core.errors import BadInput, Conflict
from callcenter.core.roles import Role
from callcenter.services.auth import ATTEMPTS, IDLE_LIMIT, Attempts, AuthService, TooManyAttempts, WrongPassword
from callcenter.store.database import Database
from callcenter.store.tables import AuditEntry, SessionRow
from callcenter.store.types import now

PASSWORD = "correct horse battery"


@pytest.fixture
def auth(sqlite_database: Database) -> AuthService:
    service = AuthService(sqlite_database)
    service.create_first_admin("boss", "The Boss", PASSWORD)
    return service


def test_sign_in_and_out(auth: AuthService) -> None:
    signed_in = auth.sign_in(" BOSS ", PASSWORD, "127.0.0.1")
    again = auth.session_of(signed_in.token)
    assert again is not None
    assert (again.user.name, again.csrf_token) == ("boss", signed_in.csrf_token)
    auth.sign_out(signed_in.token)
    assert auth.session_of(signed_in.token) is None


def test_the_token_itself_is_not_stored(auth: AuthService, sqlite_database: Database) -> None:
    token = auth.sign_in("boss", PASSWORD, "127.0.0.1").token
    with sqlite_database.session() as session:
        assert session.get(SessionRow, token) is None


@pytest.mark.parametrize(("name", "password"), [("boss", "wrong"), ("nobody", PASSWORD), ("", "")])
def test_refusals_sound_alike_and_are_audited(
    auth: AuthService, sqlite_database: Database, name: str, password: str
) -> None:
    with pytest.raises(WrongPassword, match="the name or the password is wrong"):
        auth.sign_in(name, password, "127.0.0.1")
    with sqlite_database.session() as session:
        assert session.get(AuditEntry, 1) is not None


def test_too_many_attempts_are_stopped_even_with_the_right_password(auth: AuthService) -> None:
    for _ in range(ATTEMPTS):
        with pytest.raises(WrongPassword):
            auth.sign_in("boss", "wrong", "127.0.0.1")
    with pytest.raises(TooManyAttempts, match="five minutes"):
        auth.sign_in("boss", PASSWORD, "10.0.0.9")


def test_attempts_are_forgiven_after_the_window() -> None:
    attempts = Attempts(limit=2, window_seconds=10)
    attempts.failed("a", 0)
    attempts.failed("a", 5)
    assert attempts.blocked("a", 6)
    assert not attempts.blocked("b", 6)
    assert not attempts.blocked("a", 11)


def test_an_idle_session_ends(auth: AuthService, sqlite_database: Database) -> None:
    token = auth.sign_in("boss", PASSWORD, "127.0.0.1").token
    with sqlite_database.transaction() as session:
        for row in session.exec(select(SessionRow)):
            row.seen_at = now() - IDLE_LIMIT - timedelta(seconds=1)
    assert auth.session_of(token) is None


def test_changing_the_password_signs_other_browsers_out(auth: AuthService) -> None:
    here, there = (auth.sign_in("boss", PASSWORD, "127.0.0.1") for _ in range(2))
    assert here.user.id is not None
    with pytest.raises(WrongPassword):
        auth.change_password(here.user.id, "wrong", "another long one", token=here.token)
    with pytest.raises(BadInput, match="at least 10"):
        auth.change_password(here.user.id, PASSWORD, "short", token=here.token)
    auth.change_password(here.user.id, PASSWORD, "another long one", token=here.token)
    assert auth.session_of(here.token) is not None
    assert auth.session_of(there.token) is None
    auth.sign_in("boss", "another long one", "127.0.0.1")


def test_names_are_taken_once(auth: AuthService) -> None:
    auth.create_user("lina", "李娜", PASSWORD, Role.AGENT, extension="1001")
    with pytest.raises(Conflict, match="already"):
        auth.create_user("Lina", "李娜", PASSWORD, Role.AGENT)
    with pytest.raises(Conflict, match="set up already"):
        auth.create_first_admin("other", "", PASSWORD)
