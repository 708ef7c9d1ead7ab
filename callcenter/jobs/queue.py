"""The job queue: Huey, on SQLite beside the database or on the same PostgreSQL. Which it is follows from the
database URL. Jobs are functions by name; arguments are plain values."""

import functools
import logging
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

from huey import Huey, PostgresHuey, SqliteHuey
from huey.consumer import Consumer
from huey.exceptions import CancelExecution

from callcenter.core.errors import CallcenterError

log = logging.getLogger(__name__)

RETRIES = 3
RETRY_SECONDS = 60
STOP_SECONDS = 5.0


def job_queue(database_url: str, data: Path, *, immediate: bool = False) -> "JobQueue":
    """The queue that belongs to this database. `immediate` runs every job at once, in the caller (tests)."""
    if database_url.startswith("postgresql"):
        dsn = database_url.replace("postgresql+psycopg://", "postgresql://", 1)
        return JobQueue(PostgresHuey("callcenter", dsn=dsn, immediate=immediate, immediate_use_memory=False))
    data.mkdir(parents=True, exist_ok=True)
    filename = str(data / "jobs.db")
    return JobQueue(SqliteHuey("callcenter", filename=filename, immediate=immediate, immediate_use_memory=False))


class JobQueue:
    """Register the functions, then either add jobs (`enqueue`) or work them off (`run`)."""

    def __init__(self, huey: Huey) -> None:
        self._huey = huey
        self._tasks: dict[str, Any] = {}

    def register(self, name: str, function: Callable[..., None], *, retries: int = RETRIES) -> None:
        """Make `function` known as `name`. A job that raises is tried again a minute later, so many times."""
        task = self._huey.task(name=name, retries=retries, retry_delay=RETRY_SECONDS)
        self._tasks[name] = task(_said_in_one_line(name, function))

    def enqueue(self, name: str, *args: Any, delay_seconds: float = 0) -> None:
        """Add a job. It may run more than once (a crash after the work, before the tick): jobs are written for that."""
        task = self._tasks[name]
        if delay_seconds:
            task.schedule(args=args, delay=delay_seconds)
        else:
            task(*args)

    def waiting(self) -> int:
        """Jobs not begun, the scheduled ones included."""
        return int(self._huey.pending_count()) + int(self._huey.scheduled_count())

    def run(self, stop: threading.Event, *, workers: int = 1) -> None:
        """Work jobs off in this process until `stop`. A job in hand may finish, for a few seconds."""
        consumer = _QuietConsumer(self._huey, workers=workers, worker_type="thread", shutdown_timeout=STOP_SECONDS)
        consumer.start()
        log.info("working jobs off with %d worker(s)", workers)
        while not stop.wait(0.5):
            consumer.check_worker_health()
        consumer.stop(graceful=False)


def _said_in_one_line(name: str, function: Callable[..., None]) -> Callable[..., None]:
    """What the product refuses needs no traceback: the text says what to do. The queue still tries again."""

    @functools.wraps(function)
    def job(*args: Any) -> None:
        try:
            function(*args)
        except CallcenterError as error:
            log.warning("%s %s: %s", name, ", ".join(map(str, args)), error)
            raise CancelExecution from error

    return job


class _QuietConsumer(Consumer):  # type: ignore[misc]
    """Leaves signals to whoever owns the process: we are one part of it, and may run in a thread."""

    def _set_signal_handlers(self) -> None:
        return
