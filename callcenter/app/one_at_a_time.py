"""One Callcenter on a data folder: two would log every call twice and mix their journals."""

import contextlib
import fcntl
import os
from collections.abc import Iterator
from pathlib import Path

from callcenter.core.errors import Conflict, Unavailable

FILE = "callcenter.lock"


@contextlib.contextmanager
def alone_in(folder: Path) -> Iterator[None]:
    """Hold the folder until the block ends; a killed process lets go by itself. Raises `Conflict` when another holds
    it, `Unavailable` when it cannot be written."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        lock = (folder / FILE).open("a+")
    except OSError as error:
        raise Unavailable(
            f"the data folder {folder} cannot be written ({error.strerror}): give it to this user, or choose another"
        ) from error
    with lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            lock.seek(0)
            holder = lock.read().strip() or "unknown"
            raise Conflict(
                f"another Callcenter works in {folder} (process {holder}): stop it, or choose another folder"
            ) from error
        lock.seek(0)
        lock.truncate()
        lock.write(str(os.getpid()))
        lock.flush()
        yield
