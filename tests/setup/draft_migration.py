"""`make migration m="what changed"`: an Alembic revision drafted from the difference between tables and revisions."""

import sys
import tempfile
from pathlib import Path

from alembic import command
from alembic.config import Config

from callcenter.store.database import MIGRATIONS


def main(message: str) -> None:
    """Upgrade an empty database to the newest revision, then let Alembic compare."""
    with tempfile.TemporaryDirectory() as folder:
        config = Config()
        config.set_main_option("script_location", str(MIGRATIONS))
        config.set_main_option("sqlalchemy.url", f"sqlite:///{Path(folder) / 'draft.db'}")
        command.upgrade(config, "head")
        number = len(list((MIGRATIONS / "versions").glob("*.py"))) + 1
        command.revision(config, message=message, autogenerate=True, rev_id=f"{number:04}")


if __name__ == "__main__":
    main(sys.argv[1])
