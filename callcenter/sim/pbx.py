"""The simulated PBX: a manager interface on loopback, calls from scenarios, taps and recordings. For the demo and
for load tests; what is right is proven against a real Asterisk."""

import asyncio
import itertools
import logging
import secrets
from collections.abc import Coroutine, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from callcenter.sim.calls.click_to_call import CallOrder, click_to_call
from callcenter.sim.calls.line import Line, Stage
from callcenter.sim.calls.scenario import Scenario
from callcenter.sim.calls.script import play_call
from callcenter.sim.manager.actions import Actions
from callcenter.sim.manager.protocol import Action, Headers
from callcenter.sim.manager.session import Session
from callcenter.sim.media.library import SampleLibrary
from callcenter.sim.media.recordings import Recordings
from callcenter.sim.media.sound import Sound
from callcenter.sim.media.tap import TapOrder, run_tap
from callcenter.sim.speech.manifest import samples_dir
from callcenter.sim.switch.clock import RealClock
from callcenter.sim.switch.model import Channel, Party
from callcenter.sim.switch.queues import Member, WaitingQueue, follow_devices
from callcenter.sim.switch.switch import Switch

log = logging.getLogger(__name__)

FIRST_PAUSE = 6.0
"""Seconds before the first call of a round that is played over and over."""
DEMO_AGENTS = {"1001": "周晓", "1002": "林岚", "1003": "郭涛"}
"""Extension to name, of the sample data."""
DEMO_QUEUES = {"service": tuple(DEMO_AGENTS), "service-en": tuple(DEMO_AGENTS)}
"""Queue to its members; the second is for callers who speak English."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SimConfig:
    """What the simulated PBX is like."""

    recordings_dir: Path
    host: str = "127.0.0.1"
    port: int = 0
    """0 lets the system choose; `ami_port` says which."""
    user: str = "callcenter"
    secret: str = field(default_factory=lambda: secrets.token_urlsafe(16))
    classes: frozenset[str] = frozenset({"call", "agent", "system", "dtmf", "user"})
    """Read classes of the user."""
    agents: dict[str, str] = field(default_factory=lambda: dict(DEMO_AGENTS))
    queues: dict[str, tuple[str, ...]] = field(default_factory=lambda: dict(DEMO_QUEUES))
    """Queue to the extensions of its members."""
    samples: Path = field(default_factory=samples_dir)
    speed: float = 1.0
    """Above 1 for tests: everything happens that much faster."""
    language: str = "zh"
    """Spoken in click-to-calls."""


class SimulatedPbx:
    """See the module. Use: start, play or play_loop, aclose."""

    def __init__(self, config: SimConfig) -> None:
        self._config = config
        clock = RealClock(config.speed)
        self.started_at = clock.now()
        self.switch = Switch(clock, self._publish)
        self.queues = {name: self._queue(name, members) for name, members in config.queues.items()}
        follow_devices(self.switch, self.queues)
        self.sound = Sound(config.speed)
        self.library = SampleLibrary(config.samples)
        self.stage = Stage(
            switch=self.switch,
            queues=self.queues,
            agents={extension: Party(extension, name) for extension, name in config.agents.items()},
            library=self.library,
            voices=self.sound,
        )
        self._actions = Actions(self)
        self._server: asyncio.Server | None = None
        self._sessions: set[Session] = set()
        self._tasks: set[asyncio.Task[None]] = set()
        self._lines: list[Line] = []
        self._recordings = Recordings(config.recordings_dir, self.switch, self.sound)
        self.switch.watchers.append(self.sound.hush)

    @property
    def host(self) -> str:
        """Where the manager interface listens."""
        return self._config.host

    @property
    def ami_port(self) -> int:
        """Its port, once started."""
        if self._server is None:
            return self._config.port
        return int(self._server.sockets[0].getsockname()[1])

    @property
    def user(self) -> str:
        """To log in with."""
        return self._config.user

    @property
    def secret(self) -> str:
        """To log in with."""
        return self._config.secret

    @property
    def recordings_dir(self) -> Path:
        """Where MixMonitor writes."""
        return self._config.recordings_dir

    @property
    def calls_up(self) -> int:
        """Calls being played."""
        return len(self._lines)

    async def start(self) -> None:
        """Opens the port. Raises OSError when it cannot."""
        self._config.recordings_dir.mkdir(parents=True, exist_ok=True)
        self._server = await asyncio.start_server(self._serve, self._config.host, self._config.port)
        self.sound.start()

    async def aclose(self) -> None:
        """Ends calls, taps, recordings and sessions."""
        if self._server is not None:
            self._server.close()
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self.sound.aclose()
        self._recordings.close()

    async def play(self, scenario: Scenario) -> None:
        """One call, until it has ended."""
        line = Line(self.stage)
        self._lines.append(line)
        try:
            await play_call(line, scenario)
        finally:
            self._lines.remove(line)

    async def play_loop(self, scenarios: Sequence[Scenario], *, most_at_once: int = 2) -> None:
        """One after another, for ever, each `pause_before` after the one before it began (the very first one soon), no
        more than `most_at_once` at a time. Where only one language has sample speech, only its calls are played."""
        lines = asyncio.Semaphore(most_at_once)
        audible = [s for s in scenarios if s.language in self.library.languages()] or scenarios
        pause = FIRST_PAUSE
        for scenario, following in itertools.pairwise(itertools.cycle(audible)):
            await self.switch.clock.sleep(pause)
            await lines.acquire()
            self._spawn(self._play_then_release(scenario, lines), scenario.id)
            pause = following.pause_before

    async def _play_then_release(self, scenario: Scenario, lines: asyncio.Semaphore) -> None:
        try:
            await self.play(scenario)
        finally:
            lines.release()

    # What sessions need (manager.session.Desk).

    def authenticate(self, user: str) -> str | None:
        """See Desk."""
        return self._config.secret if user == self._config.user else None

    def welcome(self) -> Headers:
        """See Desk."""
        uptime = str(int(self.switch.clock.now() - self.started_at))
        times = [("Uptime", uptime), ("LastReload", uptime), ("Status", "Fully Booted")]
        return [("Event", "FullyBooted"), ("Privilege", "system,all"), *times]

    def handle(self, action: Action) -> list[Headers]:
        """See Desk."""
        return self._actions.handle(action)

    def now(self) -> float:
        """See Desk."""
        return self.switch.clock.now()

    # What actions need (manager.actions.Exchange).

    def line_of(self, channel: Channel) -> Line | None:
        """See Exchange."""
        return next((line for line in self._lines if channel in line.channels), None)

    def tap(self, order: TapOrder) -> None:
        """See Exchange."""
        self._spawn(run_tap(self.switch, self.sound, order), f"tap-{order.stream}")

    def call(self, order: CallOrder) -> None:
        """See Exchange."""
        self._spawn(self._click_to_call(order), f"call-{order.exten}")

    async def _click_to_call(self, order: CallOrder) -> None:
        line = Line(self.stage)
        self._lines.append(line)
        dialogue = Scenario(
            id="click_to_call",
            number=order.exten,
            to=order.exten,
            language=self._config.language,
            dialogue="service_revisit",
        )
        try:
            await click_to_call(line, order, dialogue)
        finally:
            self._lines.remove(line)

    def record(self, channel: Channel, file: str, options: str) -> str:
        """See Exchange."""
        return self._recordings.start(channel, file, options)

    def stop_recording(self, channel: Channel, recording: str) -> bool:
        """See Exchange."""
        return self._recordings.stop(channel, recording)

    def _queue(self, name: str, extensions: Sequence[str]) -> WaitingQueue:
        login_at = int(self.started_at)
        agents = self._config.agents
        members = [Member(extension=e, name=agents.get(e, e), login_at=login_at) for e in extensions]
        return WaitingQueue(name=name, members=members)

    def broadcast(self, blocks: bytes) -> None:
        """Sends finished blocks to every session, whatever it asked for (load tests)."""
        for session in self._sessions:
            session.raw(blocks)

    def _publish(self, event: Headers) -> None:
        for session in self._sessions:
            session.event(event)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        session = Session(self, reader, writer, self._config.classes)
        task = asyncio.current_task()
        if task is not None:
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)
        self._sessions.add(session)
        try:
            await session.serve()
        except asyncio.CancelledError:
            writer.close()
        finally:
            self._sessions.discard(session)

    def _spawn(self, work: Coroutine[None, None, None], name: str) -> None:
        task = asyncio.get_running_loop().create_task(work, name=f"sim-{name}")
        self._tasks.add(task)
        task.add_done_callback(self._finished)

    def _finished(self, task: "asyncio.Task[None]") -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            log.error("simulated PBX: %s failed", task.get_name(), exc_info=error)
