"""One tap's connection: frames to audio with times."""

import asyncio
import logging
import socket
from collections.abc import Iterable
from typing import TYPE_CHECKING
from uuid import UUID

from callcenter.audio.audiosocket import BadFrame, Frame, FrameParser, Kind, Stage, next_stage, stream_id
from callcenter.audio.clock import ArrivalClock, Placed
from callcenter.audio.resample import To8k

if TYPE_CHECKING:
    from callcenter.audio.server import AudioSocketServer

log = logging.getLogger(__name__)

RATE = 8_000
"""Samples a second of everything that is handed on: a telephone's."""
_LONGEST_SILENCE_AT_ONCE = 10 * RATE
"""Samples: a hole of hours (a suspended machine) must not become gigabytes of silence."""


class Connection(asyncio.Protocol):
    """Made by the server for each connection. Uses data_received, not streams, so that the time of arrival is
    taken before any other task runs."""

    def __init__(self, server: "AudioSocketServer") -> None:
        self.stream: UUID | None = None
        self._server = server
        self._parser = FrameParser()
        self._stage = Stage.UNNAMED
        self._origin = 0.0
        self._clock = ArrivalClock(RATE)
        self._resampler: To8k | None = None
        self._transport: asyncio.Transport | None = None
        self._deadline: asyncio.TimerHandle | None = None
        self._why = "closed"
        self._closed = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Admit or refuse."""
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        peer = transport.get_extra_info("peername") or ("",)
        if refusal := self._server.admit(self, str(peer[0])):
            self._refuse(refusal, f"from {peer[0]}")
            return
        sock = transport.get_extra_info("socket")
        if sock is not None:
            _watch_peer(sock)
        loop = asyncio.get_running_loop()
        self._deadline = loop.call_later(self._server.config.first_frame_seconds, self._too_late)

    def data_received(self, data: bytes) -> None:
        """Frames; audio that arrived together is stamped together."""
        if self._closed:
            return
        arrival = asyncio.get_running_loop().time()
        try:
            self._take(self._parser.feed(data), arrival)
        except BadFrame as error:
            self._server.status.refuse("frame")
            log.warning("audio connection refused: %s", error)
            self.close(f"bad frame: {error}")

    def connection_lost(self, exc: Exception | None) -> None:
        """The peer closed, or the network broke."""
        self.close("lost" if exc is not None else self._why)

    def tick(self, now: float) -> None:
        """Fill silence while nothing arrives."""
        if self._stage is Stage.STREAMING and not self._closed and (placed := self._clock.idle(now)):
            self._pad(placed)

    def close(self, why: str, *, quiet: bool = False) -> None:
        """End the connection and tell the sink once, unless it is the one who asked (`quiet`)."""
        if self._closed:
            return
        self._closed = True
        if self._deadline:
            self._deadline.cancel()
        if self._transport and not self._transport.is_closing():
            self._transport.close()
        self._server.leave(self)
        if self.stream is not None and not quiet:
            self._server.sink.closed(self.stream, why)

    def _take(self, frames: Iterable[Frame], arrival: float) -> None:
        audio: list[bytes] = []
        for frame in frames:
            self._stage = next_stage(self._stage, frame.kind)
            if frame.rate:
                audio.append(self._at_8k(frame))
                continue
            self._deliver(b"".join(audio), arrival)
            audio.clear()
            self._control(frame)
            if self._closed:
                return
        self._deliver(b"".join(audio), arrival)

    def _control(self, frame: Frame) -> None:
        if frame.kind is Kind.UUID:
            self._name(stream_id(frame))
        elif frame.kind is Kind.HANGUP:
            self.close("hangup")
        elif frame.kind is Kind.ERROR:
            self.close(f"error {frame.payload.hex() or 'unnamed'}")

    def _name(self, stream: UUID) -> None:
        origin = self._server.claim(stream)
        if origin is None:
            self._refuse("unknown", "with a stream nobody expects")
            return
        if self._deadline:
            self._deadline.cancel()
        self.stream, self._origin = stream, origin
        self._server.sink.opened(stream)

    def _deliver(self, pcm: bytes, arrival: float) -> None:
        if not pcm or self.stream is None:
            return
        placed = self._clock.place(arrival, len(pcm) // 2)
        self._server.status.steps_back += placed.stepped_back
        self._server.status.audio_bytes += len(pcm)
        if placed.padding:
            self._pad(placed)
        self._server.sink.audio(self.stream, pcm, placed.start - self._origin)

    def _pad(self, placed: Placed) -> None:
        if self.stream is None:
            return
        samples = min(placed.padding, _LONGEST_SILENCE_AT_ONCE)
        start = placed.start - samples / RATE
        self._server.status.padded_seconds += placed.padding / RATE
        self._server.sink.audio(self.stream, bytes(2 * samples), start - self._origin)

    def _at_8k(self, frame: Frame) -> bytes:
        if frame.rate == RATE and self._resampler is None:
            return frame.payload
        if self._resampler is None:
            self._resampler = To8k(frame.rate)
        if self._resampler.rate != frame.rate:
            raise BadFrame(f"the sample rate changed from {self._resampler.rate} to {frame.rate}")
        return self._resampler.feed(frame.payload)

    def _too_late(self) -> None:
        self._refuse("late", "which did not name its stream in time")

    def _refuse(self, reason: str, told: str) -> None:
        self._server.status.refuse(reason)
        log.warning("audio connection %s refused", told)
        self.close(reason)


def _watch_peer(sock: socket.socket) -> None:
    """A silent party sends nothing for minutes, so only TCP keep-alive tells that its PBX is gone."""
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    for option, value in (("TCP_KEEPIDLE", 15), ("TCP_KEEPINTVL", 5), ("TCP_KEEPCNT", 3)):
        if hasattr(socket, option):
            sock.setsockopt(socket.IPPROTO_TCP, getattr(socket, option), value)
