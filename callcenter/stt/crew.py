"""A crew: the processes of one pass, started, watched and restarted. Knows tickets, not legs.

A worker that does not answer within WATCHDOG_SECONDS is killed: Vosk hangs for ever on some input (speech.md §A8)."""

import asyncio
import logging
from collections.abc import Callable
from dataclasses import dataclass, field

from callcenter.core.errors import Unavailable
from callcenter.stt.process import WorkerProcess
from callcenter.stt.wire import Answer, Failed, Feed, Finish, Job, Ready, Reply, Request, Setup

WATCHDOG_SECONDS = 5.0
LOAD_SECONDS = 180.0
"""A model on a slow disk takes long to load."""
RESTART_SECONDS = (0.0, 0.5, 2.0, 10.0, 30.0)
"""Pause before each restart within a minute."""
FORGET_SECONDS = 60.0

log = logging.getLogger(__name__)


class WorkerFailed(Unavailable):
    """A worker could not load its models; the text says why."""


@dataclass(slots=True)
class Slot:
    """The place of one worker; the process in it may change."""

    index: int
    process: WorkerProcess | None = None
    is_ready: bool = False
    has_failed: bool = False
    restarts: int = 0
    recent_exits: list[float] = field(default_factory=list)
    pending: dict[int, tuple[float, float]] = field(default_factory=dict)
    """ticket → (sent at, seconds allowed)."""
    heard_at: float = 0.0
    started_at: float = 0.0
    is_killed: bool = False
    """Told to go; it is gone in a moment."""

    def behind(self, now: float) -> float:
        """Age of the oldest unanswered request."""
        return now - next(iter(self.pending.values()))[0] if self.pending else 0.0


class Crew:
    """Some workers with the same setup. `answered(slot, answer, sent_at)`, `lost(slot, tickets)` when one died,
    `ready(slot)` each time one is loaded; all in the event loop."""

    def __init__(
        self,
        name: str,
        setup: Setup,
        size: int,
        *,
        jemalloc: bool,
        module: str,
        answered: Callable[[Slot, Answer, float], None],
        lost: Callable[[Slot, list[int]], None],
        ready: Callable[[Slot], None],
    ) -> None:
        self.name, self.slots = name, [Slot(index) for index in range(size)]
        self._setup, self._jemalloc, self._module = setup, jemalloc, module
        self._answered, self._lost, self._ready = answered, lost, ready
        self._loop = asyncio.get_running_loop()
        self._started: asyncio.Future[None] = self._loop.create_future()
        self._closing = False

    async def start(self) -> None:
        """Spawn all and wait until they are loaded. Raises WorkerFailed."""
        for slot in self.slots:
            self._spawn(slot)
        try:
            await asyncio.wait_for(asyncio.shield(self._started), LOAD_SECONDS)
        except TimeoutError as error:
            raise WorkerFailed(f"the {self.name} workers were not loaded after {LOAD_SECONDS:.0f} s") from error

    def send(self, slot: Slot, request: Request, *, allow: float = 0.0) -> None:
        """Send to a ready worker; requests with a ticket are watched, with so many seconds more allowed."""
        if slot.process is None:
            return
        if isinstance(request, Feed | Finish | Job):
            slot.pending[request.ticket] = (self._loop.time(), WATCHDOG_SECONDS + allow)
        slot.process.send(request)

    def watch(self) -> None:
        """Kill what has stopped answering; to be called a few times a second."""
        now = self._loop.time()
        for slot in self.slots:
            if slot.process is None or slot.is_killed:
                continue
            if not slot.is_ready:
                overdue = now - slot.started_at > LOAD_SECONDS
            else:
                sent, allowed = next(iter(slot.pending.values()), (now, 0.0))
                overdue = bool(slot.pending) and now - max(sent, slot.heard_at) > allowed
            if overdue:
                slot.is_killed = True
                log.warning("%s worker %d does not answer: killed", self.name, slot.index)
                slot.process.kill()

    def behind(self) -> float:
        """Age of the oldest unanswered request of all."""
        now = self._loop.time()
        return max((slot.behind(now) for slot in self.slots), default=0.0)

    async def aclose(self) -> None:
        """Ask all to leave, then kill."""
        self._closing = True
        processes = [slot.process for slot in self.slots if slot.process is not None]
        for process in processes:
            process.stop()
        for _ in range(20):
            if all(slot.process is None for slot in self.slots):
                return
            await asyncio.sleep(0.05)
        for slot in self.slots:
            if slot.process is not None:
                slot.process.kill()

    def _spawn(self, slot: Slot) -> None:
        if not self._closing:
            slot.started_at = slot.heard_at = self._loop.time()
            slot.process = WorkerProcess(
                self._setup,
                jemalloc=self._jemalloc,
                module=self._module,
                heard=lambda process, reply: self._heard(slot, process, reply),
                gone=lambda process: self._gone(slot, process),
            )

    def _heard(self, slot: Slot, process: WorkerProcess, reply: Reply) -> None:
        if slot.process is not process:
            return
        slot.heard_at = self._loop.time()
        match reply:
            case Answer():
                sent_at, _ = slot.pending.pop(reply.ticket, (slot.heard_at, 0.0))
                self._answered(slot, reply, sent_at)
            case Ready():
                slot.is_ready = True
                self._ready(slot)
                if all(other.is_ready for other in self.slots) and not self._started.done():
                    self._started.set_result(None)
            case Failed():
                slot.has_failed = True
                log.error("%s worker %d: %s", self.name, slot.index, reply.reason)
                if not self._started.done():
                    self._started.set_exception(WorkerFailed(reply.reason))

    def _gone(self, slot: Slot, process: WorkerProcess) -> None:
        if slot.process is not process:
            return
        tickets = list(slot.pending)
        slot.process, slot.is_ready, slot.is_killed = None, False, False
        slot.pending.clear()
        if self._closing:
            return
        if not slot.has_failed:
            self._restart_later(slot)
        self._lost(slot, tickets)

    def _restart_later(self, slot: Slot) -> None:
        now = self._loop.time()
        slot.restarts += 1
        slot.recent_exits = [at for at in slot.recent_exits if now - at < FORGET_SECONDS] + [now]
        pause = RESTART_SECONDS[min(len(slot.recent_exits), len(RESTART_SECONDS)) - 1]
        log.warning("%s worker %d is gone: again in %.1f s", self.name, slot.index, pause)
        self._loop.call_later(pause, self._spawn, slot)
