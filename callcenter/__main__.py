"""`python -m callcenter`, and the `callcenter` command: errors of ours become one clear line and exit code 1."""

import sys

from callcenter.cli import app
from callcenter.core.errors import CallcenterError


def main() -> None:
    """Run the command line."""
    try:
        app()
    except CallcenterError as error:
        print(f"error: {error}", file=sys.stderr)  # noqa: T201 - this is the command line
        sys.exit(1)


if __name__ == "__main__":
    main()
