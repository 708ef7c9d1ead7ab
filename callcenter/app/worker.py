"""The job worker: what it works off, and the process it runs in beside the one that follows the PBX."""

import asyncio
import contextlib
import logging
import multiprocessing
import multiprocessing.connection
import os
import signal
import threading
from collections.abc import Callable, Iterator
from multiprocessing.process import BaseProcess
from typing import Any

from sqlalchemy.exc import SQLAlchemyError

from callcenter.app.parts import build_jobs, build_spotter, models_dir, open_database
from callcenter.app.transcriber import recording_transcriber
from callcenter.core.errors import CallcenterError
from callcenter.jobs.queue import JobQueue
from callcenter.logs import set_up_logging
from callcenter.services.recordings import TRANSCRIBE, Shelf
from callcenter.services.transcribe_recording import TranscribeRecording
from callcenter.settings import Settings

log = logging.getLogger(__name__)

RESTART_SECONDS = 3.0
STOP_SECONDS = 8.0


class _Silent:
    """The worker has no pages; the main process sees its rows (`services.watch_recordings`)."""

    def publish(self, topic: str, kind: str, data: dict[str, Any]) -> None:
        """Nobody listens here."""


def register_jobs(jobs: JobQueue, settings: Settings) -> None:
    """Every job there is. Whoever enqueues needs the names; whoever works needs the functions."""
    database = open_database(settings)
    transcribe = TranscribeRecording(
        database=database,
        shelf=Shelf(database, _Silent(), pbx=settings.pbx.name),
        root=settings.recordings.folder,
        transcriber=recording_transcriber(
            engine=settings.stt.after_call, models=models_dir(settings), language=settings.stt.language
        ),
        spotter=build_spotter(settings),
        language=settings.stt.language,
    )
    jobs.register(TRANSCRIBE, transcribe)


def run_worker(settings: Settings, stop: threading.Event | None = None) -> None:
    """Work jobs off until stopped; SIGTERM and Ctrl-C end it."""
    ending = stop or threading.Event()
    jobs = build_jobs(settings)
    register_jobs(jobs, settings)
    for number in (signal.SIGTERM, signal.SIGINT):  # from here on: before, there is nothing to end in good order
        signal.signal(number, lambda *_: ending.set())
    jobs.run(ending)


def _worker_main(settings: Settings) -> None:
    set_up_logging(settings.log_level)
    stop = threading.Event()
    threading.Thread(target=_stop_with_parent, args=(stop,), daemon=True).start()
    try:
        run_worker(settings, stop)
    except CallcenterError as error:
        log.error("no jobs are worked off: %s", error)
        code = 1
    else:
        code = 0
    # The engines' threads may be in the middle of a job, which waits for the next start: tearing an interpreter down
    # under them aborts ("terminate called without an active exception").
    logging.shutdown()
    os._exit(code)


def _stop_with_parent(stop: threading.Event) -> None:
    """A killed main process must not leave a worker behind: its successor starts one of its own."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        multiprocessing.connection.wait([parent.sentinel])
        stop.set()


@contextlib.contextmanager
def _deaf_to_ctrl_c() -> Iterator[None]:
    """A process started here ignores Ctrl-C, which reaches the whole group, until it says otherwise: ending it is ours
    to do, and half an interpreter would end in a traceback."""
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


class WorkerProcess:
    """Keeps one worker process alive. A crash in an engine costs the job at hand, which is tried again."""

    def __init__(self, settings: Settings, *, on_lost: Callable[[], None] | None = None) -> None:
        """`on_lost` is called, in a thread, whenever a worker has ended and before the next one starts."""
        self._settings = settings
        self._on_lost = on_lost
        self._process: BaseProcess | None = None
        self.restarts = 0

    @property
    def alive(self) -> bool:
        """Whether jobs are being worked off."""
        return self._process is not None and self._process.is_alive()

    @property
    def pid(self) -> int | None:
        """The process, once it is started."""
        return self._process.pid if self._process is not None else None

    async def run(self) -> None:
        """Until cancelled."""
        spawn = multiprocessing.get_context("spawn")
        try:
            while True:
                self._process = spawn.Process(target=_worker_main, args=(self._settings,), name="work", daemon=True)
                with _deaf_to_ctrl_c():
                    self._process.start()
                await asyncio.to_thread(self._process.join)
                self.restarts += 1
                log.error("the job worker ended with code %s; it is started again", self._process.exitcode)
                await asyncio.sleep(RESTART_SECONDS)
                await asyncio.to_thread(self._tell_lost)
        finally:
            await asyncio.to_thread(self._stop)

    def _tell_lost(self) -> None:
        try:
            if self._on_lost is not None:
                self._on_lost()
        except SQLAlchemyError as error:  # the next start of a worker, or of the product, does it
            log.warning("what the lost worker had begun is not queued yet: %s", error)

    def _stop(self) -> None:
        if self._process is None or not self._process.is_alive():
            return
        self._process.terminate()
        self._process.join(STOP_SECONDS)
        if self._process.is_alive():
            self._process.kill()
