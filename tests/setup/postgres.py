"""A PostgreSQL of the tests' own: a fresh cluster in a temporary folder, on a socket only, gone afterwards."""

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


class PostgresMissing(RuntimeError):
    """The server's programs are not installed."""


def _programs() -> Path:
    folders = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda p: float(p.parent.name))
    if not folders:
        raise PostgresMissing("PostgreSQL is not installed; `make debian-packages` installs it")
    return folders[-1]


def _as_postgres(command: list[str]) -> list[str]:
    # The server refuses to run as root; Debian's package brings the user.
    return ["runuser", "-u", "postgres", "--", *command] if os.geteuid() == 0 else command


@contextmanager
def postgres_server() -> Iterator[str]:
    """Start a server; yields the URL of its maintenance database."""
    programs = _programs()
    folder = Path(tempfile.mkdtemp(prefix="callcenter-pg-"))
    if os.geteuid() == 0:
        shutil.chown(folder, "postgres")
    data = folder / "data"
    quiet = {"check": True, "stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL, "cwd": "/"}
    try:
        initdb = [str(programs / "initdb"), "-D", str(data), "-U", "postgres", "-A", "trust", "-E", "UTF8", "--no-sync"]
        subprocess.run(_as_postgres(initdb), **quiet)  # type: ignore[call-overload]
        options = f"-c listen_addresses='' -c unix_socket_directories={folder} -c fsync=off"
        control = [str(programs / "pg_ctl"), "-D", str(data), "-w"]
        subprocess.run(_as_postgres([*control, "-o", options, "start"]), **quiet)  # type: ignore[call-overload]
        try:
            yield f"postgresql://postgres@/postgres?host={folder}"
        finally:
            subprocess.run(_as_postgres([*control, "-m", "immediate", "stop"]), **quiet)  # type: ignore[call-overload]
    finally:
        shutil.rmtree(folder, ignore_errors=True)
