import threading
from datetime import UTC, datetime, timedelta, timezone

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy.exc import StatementError

from callcenter.core.errors import Unavailable
from callcenter.store import calls
from callcenter.store.database import Database, normal_url
from callcenter.store.tables import Call, metadata


def make_call(key: str = "1.1", at: datetime | None = None) -> Call:
    return Call(call_key=key, direction="inbound", started_at=at or datetime(2026, 11, 22, tzinfo=UTC))


def test_migrations_make_the_tables(database: Database) -> None:
    assert database.is_current()
    with database.engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": False})
        assert compare_metadata(context, metadata) == []


def test_upgrading_twice_is_harmless(database: Database) -> None:
    database.upgrade()
    assert database.is_current()


def test_transaction_commits_and_rolls_back(database: Database) -> None:
    with database.transaction() as session:
        session.add(make_call())
    with pytest.raises(ZeroDivisionError), database.transaction() as session:
        session.add(make_call("2.2"))
        session.flush()
        raise ZeroDivisionError
    with database.session() as session:
        assert session.get(Call, 1) is not None
        assert session.get(Call, 2) is None


def test_times_come_back_aware_and_in_utc(database: Database) -> None:
    shanghai = datetime(2026, 11, 22, 9, 0, tzinfo=timezone(timedelta(hours=8)))
    with database.transaction() as session:
        session.add(make_call(at=shanghai))
    with database.session() as session:
        stored = session.get(Call, 1)
        assert stored is not None
        assert stored.started_at == shanghai
        assert stored.started_at.tzinfo is UTC


def test_a_time_without_zone_is_refused(database: Database) -> None:
    with pytest.raises(StatementError, match="without zone"), database.transaction() as session:
        session.add(make_call(at=datetime(2026, 11, 22)))  # noqa: DTZ001 - that is the point


def test_writers_wait_for_each_other(database: Database) -> None:
    def write(name: str) -> None:
        for i in range(10):
            with database.transaction() as session:
                session.add(make_call(f"{name}.{i}"))

    threads = [threading.Thread(target=write, args=(str(n),)) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with database.session() as session:
        assert len(calls.live(session)) == 40


def test_urls() -> None:
    assert normal_url("var/x.db") == "sqlite:///var/x.db"
    assert normal_url("postgres://u@h/d") == "postgresql+psycopg://u@h/d"
    assert normal_url("postgresql+psycopg://u@h/d") == "postgresql+psycopg://u@h/d"


def test_a_database_that_does_not_answer_is_named_without_its_password() -> None:
    database = Database("postgresql://user:hunter2@127.0.0.1:1/none")
    with pytest.raises(Unavailable, match=r"127\.0\.0\.1:1") as caught:
        database.check()
    assert "hunter2" not in str(caught.value)
