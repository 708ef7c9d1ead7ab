"""A fake PBX's tap: dials the audio server and sends what it is told. And a sink that remembers."""

import asyncio
from dataclasses import dataclass, field
from types import TracebackType
from uuid import UUID

from callcenter.audio.audiosocket import Kind, encode

FRAME = bytes(range(1, 161)) * 2


@dataclass
class RememberingSink:
    """Everything the server said, and a way to wait for it."""

    opened_streams: list[UUID] = field(default_factory=list)
    chunks: list[tuple[UUID, bytes, float]] = field(default_factory=list)
    closed_streams: list[tuple[UUID, str]] = field(default_factory=list)
    changed: asyncio.Event = field(default_factory=asyncio.Event)

    def opened(self, stream: UUID) -> None:
        self.opened_streams.append(stream)
        self.changed.set()

    def audio(self, stream: UUID, pcm: bytes, start: float) -> None:
        self.chunks.append((stream, pcm, start))
        self.changed.set()

    def closed(self, stream: UUID, why: str) -> None:
        self.closed_streams.append((stream, why))
        self.changed.set()

    def sound(self, stream: UUID) -> bytes:
        """All audio of a stream that is not filled-in silence."""
        return b"".join(pcm for s, pcm, _ in self.chunks if s == stream and any(pcm))

    async def until_closed(self, stream: UUID) -> str:
        async with asyncio.timeout(5):
            while not (why := [w for s, w in self.closed_streams if s == stream]):
                await self.change()
        return why[0]

    async def until_sound(self, stream: UUID, size: int) -> bytes:
        async with asyncio.timeout(5):
            while len(sound := self.sound(stream)) < size:
                await self.change()
        return sound

    async def change(self) -> None:
        """Wait for the next thing the server says."""
        self.changed.clear()
        await self.changed.wait()


class Tap:
    """One connection to the audio server."""

    def __init__(self, port: int, host: str = "127.0.0.1") -> None:
        self._at = (host, port)

    async def __aenter__(self) -> "Tap":
        self.reader, self.writer = await asyncio.open_connection(*self._at)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.writer.close()

    async def send(self, wire: bytes) -> None:
        self.writer.write(wire)
        await self.writer.drain()

    async def name(self, stream: UUID) -> None:
        await self.send(encode(Kind.UUID, stream.bytes))

    async def speak(self, frames: int = 1, pcm: bytes = FRAME) -> None:
        await self.send(encode(Kind.SLIN, pcm) * frames)

    async def refused(self) -> bool:
        """True once the server has closed the connection."""
        try:
            return await asyncio.wait_for(self.reader.read(1), 5) == b""
        except ConnectionResetError:
            return True
