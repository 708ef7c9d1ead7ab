"""One worker process as its owner sees it: start, send, hear, kill. No policy here.

Two threads do the socket's work, so the event loop never waits for a stuck process; what the worker says, and that it
is gone, arrive as calls in the event loop."""

import asyncio
import contextlib
import os
import queue
import socket
import subprocess
import sys
import threading
from collections.abc import Callable
from multiprocessing.connection import Connection
from pathlib import Path

from callcenter.stt.wire import Reply, Request, Setup, Stop

JEMALLOC = (
    "/usr/lib/x86_64-linux-gnu/libjemalloc.so.2",
    "/usr/lib/aarch64-linux-gnu/libjemalloc.so.2",
    "/usr/lib64/libjemalloc.so.2",
)
"""Debian's and Fedora's places. A quarter less CPU for pass one, half the tail latency (speech.md §A3)."""


class WorkerProcess:
    """A running worker. `heard` and `gone` are called in the event loop; `gone` exactly once."""

    def __init__(
        self,
        setup: Setup,
        *,
        jemalloc: bool,
        module: str,
        heard: Callable[["WorkerProcess", Reply], None],
        gone: Callable[["WorkerProcess"], None],
    ) -> None:
        self._loop = asyncio.get_running_loop()
        self._heard, self._gone = heard, gone
        ours, theirs = socket.socketpair()
        with theirs:
            self._process = subprocess.Popen(  # noqa: S603 - our own interpreter and module
                [sys.executable, "-m", module, str(theirs.fileno())],
                pass_fds=[theirs.fileno()],
                env=_environment(jemalloc=jemalloc),
                stdin=subprocess.DEVNULL,
            )
        self._pipe = Connection(ours.detach())
        self._outbox: queue.SimpleQueue[Request | None] = queue.SimpleQueue()
        threading.Thread(target=self._write, daemon=True, name=f"stt-write-{self.pid}").start()
        threading.Thread(target=self._read, daemon=True, name=f"stt-read-{self.pid}").start()
        self.send(setup)

    @property
    def pid(self) -> int:
        return self._process.pid

    def send(self, request: Request) -> None:
        """Queue a request; never waits."""
        self._outbox.put(request)

    def kill(self) -> None:
        """End it at once; `gone` follows."""
        with contextlib.suppress(ProcessLookupError):
            self._process.kill()

    def stop(self) -> None:
        """Ask it to leave after what is queued."""
        self.send(Stop())

    def rss_bytes(self) -> int:
        """Memory it holds; 0 when it is gone."""
        try:
            pages = Path(f"/proc/{self.pid}/statm").read_text().split()[1]
        except (OSError, IndexError):
            return 0
        return int(pages) * os.sysconf("SC_PAGE_SIZE")

    def _write(self) -> None:
        while (request := self._outbox.get()) is not None:
            try:
                self._pipe.send(request)
            except (OSError, ValueError):
                return  # the process is gone; the reader says so

    def _read(self) -> None:
        try:
            while True:
                self._call(self._heard, self, self._pipe.recv())
        except (EOFError, OSError):
            self.kill()
            self._process.wait()
            self._outbox.put(None)
            self._pipe.close()
            self._call(self._gone, self)

    def _call(self, function: Callable[..., None], *arguments: object) -> None:
        with contextlib.suppress(RuntimeError):  # the loop was closed while we waited
            self._loop.call_soon_threadsafe(function, *arguments)


def _environment(*, jemalloc: bool) -> dict[str, str]:
    root = str(Path(__file__).resolve().parents[2])
    paths = [root, *filter(None, [os.environ.get("PYTHONPATH")])]
    environment = {
        **os.environ,
        "PYTHONPATH": os.pathsep.join(paths),
        # one decode thread per process: BLAS would open one per core (alphacep/vosk-api #313)
        "OPENBLAS_NUM_THREADS": "1",
        "OMP_NUM_THREADS": "1",
    }
    library = next((path for path in JEMALLOC if Path(path).is_file()), None)
    if jemalloc and library:
        environment["LD_PRELOAD"] = library
    return environment
