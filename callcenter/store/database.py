"""The database: one URL decides which. SQLite (WAL) is the default; PostgreSQL when a box is outgrown.

A transaction is opened here and committed here; queries never commit. Sessions are synchronous: routes run in
threads, and loops hand short transactions to a thread."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine, create_engine, event, text
from sqlalchemy.exc import OperationalError
from sqlmodel import Session

from callcenter.core.errors import Unavailable

MIGRATIONS = Path(__file__).parent / "migrations"
BUSY_MILLISECONDS = 10_000
"""How long a SQLite writer waits for another; writes here last milliseconds."""


class Database:
    """An engine and the two ways to use it."""

    def __init__(self, url: str) -> None:
        self.url = normal_url(url)
        self.engine: Engine = _engine(self.url)

    @property
    def is_sqlite(self) -> bool:
        """Whether this is the one-box form."""
        return self.engine.dialect.name == "sqlite"

    @contextmanager
    def session(self) -> Iterator[Session]:
        """For reading; whatever was changed is rolled back."""
        with Session(self.engine, expire_on_commit=False) as session:
            yield session

    @contextmanager
    def transaction(self) -> Iterator[Session]:
        """For writing: committed at the end, rolled back on an error."""
        with Session(self.engine, expire_on_commit=False) as session:
            session.connection(execution_options={"immediate": True})
            yield session
            session.commit()

    def upgrade(self) -> None:
        """Bring the tables to the newest revision (Alembic)."""
        self.check()
        with self.engine.begin() as connection:
            config = self._alembic()
            config.attributes["connection"] = connection
            command.upgrade(config, "head")

    def is_current(self) -> bool:
        """Whether the tables are at the newest revision."""
        with self.engine.connect() as connection:
            have = MigrationContext.configure(connection).get_current_revision()
        return have == ScriptDirectory.from_config(self._alembic()).get_current_head()

    def check(self) -> None:
        """Raise `Unavailable` when the database does not answer."""
        try:
            with self.engine.connect() as connection:
                connection.execute(text("select 1"))
        except OperationalError as error:
            where = self.engine.url.render_as_string(hide_password=True)
            why = " ".join(str(error.orig).split())  # drivers tell stories of several lines
            raise Unavailable(f"the database {where} does not answer: {why}") from error

    def close(self) -> None:
        """Give every connection back."""
        self.engine.dispose()

    def _alembic(self) -> Config:
        config = Config()
        config.set_main_option("script_location", str(MIGRATIONS))
        return config


def normal_url(url: str) -> str:
    """`postgres://` and `postgresql://` mean the psycopg driver; a bare path means SQLite."""
    if "://" not in url:
        return f"sqlite:///{url}"
    scheme, rest = url.split("://", 1)
    return f"postgresql+psycopg://{rest}" if scheme in ("postgres", "postgresql") else url


def _engine(url: str) -> Engine:
    if not url.startswith("sqlite"):
        return create_engine(url, pool_pre_ping=True)
    path = url.removeprefix("sqlite:///")
    if path and path != ":memory:":
        Path(path).expanduser().parent.mkdir(parents=True, exist_ok=True)
    engine = create_engine(url, connect_args={"check_same_thread": False, "timeout": BUSY_MILLISECONDS / 1000})
    event.listen(engine, "connect", _on_connect)
    event.listen(engine, "begin", _on_begin)
    return engine


def _on_connect(connection: Any, _record: Any) -> None:
    # We open transactions ourselves (below); the driver's own habit breaks WAL's promises.
    connection.isolation_level = None
    for pragma in (
        "journal_mode=WAL",
        "synchronous=NORMAL",
        "foreign_keys=ON",
        f"busy_timeout={BUSY_MILLISECONDS}",
    ):
        connection.execute(f"PRAGMA {pragma}")


def _on_begin(connection: Connection) -> None:
    # A writer takes the lock at once: a read that turns into a write would fail instead of waiting.
    immediate = connection.get_execution_options().get("immediate")
    connection.exec_driver_sql("BEGIN IMMEDIATE" if immediate else "BEGIN")
