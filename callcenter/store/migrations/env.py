"""How Alembic meets our tables: the connection is handed in by `Database.upgrade`, or made from a URL."""

from alembic import context
from sqlalchemy import Connection, create_engine

from callcenter.store.tables import metadata


def run(connection: Connection) -> None:
    """Run the revisions on this connection; SQLite alters tables by copying them (batch)."""
    context.configure(
        connection=connection,
        target_metadata=metadata,
        render_as_batch=connection.dialect.name == "sqlite",
        compare_type=True,
    )
    with context.begin_transaction():
        context.run_migrations()


given = context.config.attributes.get("connection")
if given is not None:
    run(given)
else:
    url = context.config.get_main_option("sqlalchemy.url") or "sqlite://"
    with create_engine(url).begin() as made:
        run(made)
