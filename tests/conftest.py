"""Fixtures that many tests share: a database of each kind, a hub that remembers, a clock that stands."""

import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest

from callcenter.store.database import Database
from tests.setup.postgres import postgres_server


class RememberingHub:
    """Takes notices and keeps them."""

    def __init__(self) -> None:
        self.notices: list[tuple[str, str, dict[str, Any]]] = []

    def publish(self, topic: str, kind: str, data: dict[str, Any]) -> None:
        self.notices.append((topic, kind, dict(data)))

    def of(self, topic: str) -> list[tuple[str, dict[str, Any]]]:
        return [(kind, data) for where, kind, data in self.notices if where == topic]


@pytest.fixture
def remembering_hub() -> RememberingHub:
    return RememberingHub()


@pytest.fixture(scope="session")
def postgres_url() -> Iterator[str]:
    with postgres_server() as url:
        yield url


@pytest.fixture(scope="session")
def migrated_sqlite(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("database") / "empty.db"
    database = Database(str(path))
    database.upgrade()
    with database.engine.connect() as connection:
        connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
    database.close()
    return path


@pytest.fixture
def sqlite_database(tmp_path: Path, migrated_sqlite: Path) -> Iterator[Database]:
    path = tmp_path / "callcenter.db"
    path.write_bytes(migrated_sqlite.read_bytes())
    database = Database(str(path))
    yield database
    database.close()


@pytest.fixture
def postgres_database(postgres_url: str) -> Iterator[Database]:
    name = f"t{uuid.uuid4().hex[:12]}"
    with psycopg.connect(postgres_url, autocommit=True) as connection:
        connection.execute(f'create database "{name}"')
    database = Database(postgres_url.replace("/postgres?", f"/{name}?"))
    database.upgrade()
    yield database
    database.close()
    with psycopg.connect(postgres_url, autocommit=True) as connection:
        connection.execute(f'drop database "{name}" with (force)')


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def database(request: pytest.FixtureRequest) -> Database:
    """Every query is tested on both."""
    return request.getfixturevalue(f"{request.param}_database")  # type: ignore[no-any-return]
