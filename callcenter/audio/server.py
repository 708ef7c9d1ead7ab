"""The AudioSocket server: takes the taps' streams, one connection per party, and hands on 8 kHz speech with
the call's own time. It accepts only streams it was told to expect, each once, only from the PBX's
addresses."""

import asyncio
import ipaddress
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Protocol
from uuid import UUID

from callcenter.audio.connection import Connection
from callcenter.core.errors import Conflict, Unavailable

Network = ipaddress.IPv4Network | ipaddress.IPv6Network


class AudioServerUnavailable(Unavailable):
    """The address or port cannot be listened on."""


class AudioSink(Protocol):
    """Who takes the audio. Called in the event loop's thread; must neither block nor raise."""

    def opened(self, stream: UUID) -> None:
        """The tap is connected."""

    def audio(self, stream: UUID, pcm: bytes, start: float) -> None:
        """Speech or filled-in silence: signed 16-bit, 8 kHz, mono, little-endian. `start` is the time of the
        first sample in seconds since the stream's origin (negative before it)."""

    def closed(self, stream: UUID, why: str) -> None:
        """The tap is gone: `hangup`, `closed`, `lost`, `error …`, `bad frame …`, `shutdown`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ServerConfig:
    """Where to listen and how much to bear."""

    host: str = "127.0.0.1"
    """Address to listen on."""
    port: int = 0
    """0 = any free one; see `AudioSocketServer.port`."""
    allowed: tuple[str, ...] = ("127.0.0.0/8", "::1/128")
    """Networks the PBX may call from."""
    first_frame_seconds: float = 3.0
    """A connection that has not named its stream by then is closed."""
    most_connections: int = 400
    most_unnamed: int = 32
    """Connections that have not named their stream yet."""
    tick_seconds: float = 0.05
    """How often silent streams are filled with silence."""


@dataclass(slots=True)
class ServerStatus:
    """Counts for the system page."""

    connections: int = 0
    accepted: int = 0
    refused: dict[str, int] = field(default_factory=dict)
    """Reason (`address`, `full`, `unknown`, `late`, `frame`) to how many."""
    audio_bytes: int = 0
    padded_seconds: float = 0.0
    steps_back: int = 0

    def refuse(self, reason: str) -> None:
        """Count one refusal."""
        self.refused[reason] = self.refused.get(reason, 0) + 1


class AudioSocketServer:
    """`expect` a stream, then `AudioSink` gets it when the PBX dials in."""

    def __init__(self, config: ServerConfig, sink: AudioSink) -> None:
        self.config = config
        self.sink = sink
        self.status = ServerStatus()
        self._allowed = tuple(ipaddress.ip_network(network, strict=False) for network in config.allowed)
        self._expected: dict[UUID, float] = {}
        self._connections: set[Connection] = set()
        self._server: asyncio.Server | None = None
        self._ticker: asyncio.Task[None] | None = None

    @property
    def port(self) -> int:
        """The port that is listened on."""
        if self._server is None:
            return self.config.port
        port: int = self._server.sockets[0].getsockname()[1]
        return port

    async def start(self) -> None:
        """Listen. Raises AudioServerUnavailable."""
        loop = asyncio.get_running_loop()
        config = self.config
        try:
            self._server = await loop.create_server(lambda: Connection(self), config.host, config.port)
        except OSError as error:
            raise AudioServerUnavailable(
                f"cannot listen for live audio on {config.host} port {config.port} ({error.strerror}): "
                "choose another port in the settings, or stop what uses this one"
            ) from error
        self._ticker = asyncio.create_task(self._tick(), name="audio server tick")

    def expect(self, stream: UUID, origin: float) -> None:
        """Accept `stream` once. `origin` is the event loop's time at which the call began, so that audio is
        delivered in call seconds."""
        if stream in self._expected or any(c.stream == stream for c in self._connections):
            raise Conflict(f"audio stream {stream} is expected already")
        self._expected[stream] = origin

    def forget(self, stream: UUID) -> None:
        """No longer wanted: not accepted any more, and closed if it is connected."""
        self._expected.pop(stream, None)
        for connection in [c for c in self._connections if c.stream == stream]:
            connection.close("forgotten", quiet=True)

    async def aclose(self) -> None:
        """Stop listening, close every stream (the sink is told `shutdown`)."""
        if self._ticker:
            self._ticker.cancel()
        if self._server:
            self._server.close()
        for connection in list(self._connections):
            connection.close("shutdown")
        if self._server:
            await self._server.wait_closed()
        # Transports close in the next turn of the loop; leave nothing behind.
        await asyncio.sleep(0)

    # What connections ask of the server.

    def admit(self, connection: Connection, address: str) -> str:
        """Empty, or why this connection is refused."""
        if not self._may_call(address):
            return "address"
        if len(self._connections) >= self.config.most_connections:
            return "full"
        if sum(1 for c in self._connections if c.stream is None) >= self.config.most_unnamed:
            return "full"
        self._connections.add(connection)
        self.status.connections = len(self._connections)
        return ""

    def claim(self, stream: UUID) -> float | None:
        """The origin of an expected stream, which is expected no longer; None for a stranger's."""
        origin = self._expected.pop(stream, None)
        if origin is not None:
            self.status.accepted += 1
        return origin

    def leave(self, connection: Connection) -> None:
        """The connection is gone."""
        self._connections.discard(connection)
        self.status.connections = len(self._connections)

    def _may_call(self, address: str) -> bool:
        return _within(address, self._allowed)

    async def _tick(self) -> None:
        loop = asyncio.get_running_loop()
        while True:
            await asyncio.sleep(self.config.tick_seconds)
            now = loop.time()
            for connection in list(self._connections):
                connection.tick(now)


def _within(address: str, networks: Iterable[Network]) -> bool:
    try:
        ip = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return False
    plain = ip.ipv4_mapped or ip if isinstance(ip, ipaddress.IPv6Address) else ip
    return any(plain in network for network in networks)
