"""One tap per leg, asked for by AMI alone: the PBX dials our audio server with what one party says. A tap
that breaks is asked for again as long as the leg lives."""

import asyncio
import logging
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Protocol
from uuid import UUID, uuid4

from callcenter.ami.actions import originate_tap
from callcenter.core.errors import CallcenterError
from callcenter.services.listening.ports import AudioServer, Sender

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class TapConfig:
    """How the PBX reaches us, and how patiently it is asked."""

    host: str
    """Our address as the PBX reaches it."""
    port: int | None = None
    """Port as the PBX reaches it; None = the server's own."""
    connect_seconds: float = 5.0
    """From asking to the connection (22.10.1: 3 ms)."""
    retry_seconds: tuple[float, ...] = (0.3, 1.0, 3.0, 10.0)
    """Pauses between attempts; the last one repeats."""


class TapEars(Protocol):
    """Who listens. Called in the event loop."""

    def tap_up(self, leg_id: str) -> None:
        """The leg's sound comes now."""

    def tap_audio(self, leg_id: str, pcm: bytes, start: float) -> None:
        """16-bit 8 kHz mono; `start` in seconds since the origin the tap was armed with."""

    def tap_down(self, leg_id: str, why: str) -> None:
        """The leg's sound stopped."""


@dataclass(slots=True, eq=False)
class _Tap:
    leg_id: str
    channel: str
    origin: float
    wanted: asyncio.Event = field(default_factory=asyncio.Event)
    """Set once the leg talks: a tap armed before that is not asked for again until then."""
    up: asyncio.Event = field(default_factory=asyncio.Event)
    down: asyncio.Event = field(default_factory=asyncio.Event)
    stream: UUID | None = None
    task: asyncio.Task[None] | None = None


class Taps:
    """The taps of all legs, and the audio server's sink."""

    def __init__(
        self,
        config: TapConfig,
        *,
        sender: Sender,
        ears: TapEars,
        make_server: Callable[["Taps"], AudioServer],
        new_id: Callable[[], UUID] = uuid4,
    ) -> None:
        self._config = config
        self._sender = sender
        self._ears = ears
        self._new_id = new_id
        self._server = make_server(self)
        self._by_leg: dict[str, _Tap] = {}
        self._by_stream: dict[UUID, _Tap] = {}

    @property
    def server(self) -> AudioServer:
        """The audio server."""
        return self._server

    @property
    def armed(self) -> frozenset[str]:
        """Legs that have a tap or are getting one."""
        return frozenset(self._by_leg)

    def arm(self, leg_id: str, channel: str, *, origin: float, talking: bool) -> None:
        """Tap a leg. `origin` is the loop time from which its seconds are counted. Before it is `talking`,
        one attempt is made (it saves 90 ms at the answer, ami.md §D.19); after, as many as it takes."""
        tap = self._by_leg.get(leg_id)
        if tap is None:
            tap = self._by_leg[leg_id] = _Tap(leg_id, channel, origin)
            tap.task = asyncio.create_task(self._keep(tap), name=f"tap {leg_id}")
        if talking:
            tap.wanted.set()

    def disarm(self, leg_id: str) -> None:
        """The leg is gone or no longer to be heard."""
        tap = self._by_leg.pop(leg_id, None)
        if tap is None:
            return
        if tap.task:
            tap.task.cancel()
        self._drop(tap)

    async def aclose(self) -> None:
        """Disarm all and stop the server."""
        tasks = [tap.task for tap in self._by_leg.values() if tap.task]
        for leg_id in list(self._by_leg):
            self.disarm(leg_id)
        await asyncio.gather(*tasks, return_exceptions=True)
        await self._server.aclose()

    async def _keep(self, tap: _Tap) -> None:
        attempt = 0
        while True:
            if await self._dial(tap):
                attempt = 0
                await tap.down.wait()
            self._drop(tap)
            await tap.wanted.wait()
            pauses = self._config.retry_seconds
            await asyncio.sleep(pauses[min(attempt, len(pauses) - 1)])
            attempt += 1

    async def _dial(self, tap: _Tap) -> bool:
        """Ask the PBX for one tap; whether it came."""
        stream = tap.stream = self._new_id()
        tap.up.clear()
        tap.down.clear()
        self._by_stream[stream] = tap
        self._server.expect(stream, tap.origin)
        port = self._config.port or self._server.port
        try:
            await self._sender.send(originate_tap(tap.channel, self._config.host, port, stream))
            async with asyncio.timeout(self._config.connect_seconds):
                await tap.up.wait()
        except TimeoutError:
            log.warning("the PBX was asked to tap %s and did not connect", tap.channel)
            return False
        except CallcenterError as error:
            log.warning("no tap of %s: %s", tap.channel, error)
            return False
        return True

    def _drop(self, tap: _Tap) -> None:
        if tap.stream is not None:
            self._by_stream.pop(tap.stream, None)
            self._server.forget(tap.stream)
            tap.stream = None

    # The audio server's sink.

    def opened(self, stream: UUID) -> None:
        """The PBX connected."""
        if tap := self._by_stream.get(stream):
            tap.up.set()
            self._ears.tap_up(tap.leg_id)

    def audio(self, stream: UUID, pcm: bytes, start: float) -> None:
        """Sound of one leg."""
        if tap := self._by_stream.get(stream):
            self._ears.tap_audio(tap.leg_id, pcm, start)

    def closed(self, stream: UUID, why: str) -> None:
        """The PBX hung up the tap, or it broke."""
        if tap := self._by_stream.get(stream):
            tap.down.set()
            self._ears.tap_down(tap.leg_id, why)
