import asyncio
from collections.abc import AsyncIterator
from uuid import uuid4

import numpy as np
import pytest

from callcenter.audio.audiosocket import Kind, encode
from callcenter.audio.server import AudioServerUnavailable, AudioSocketServer, ServerConfig
from callcenter.core.errors import Conflict
from tests.audio.tap import FRAME, RememberingSink, Tap


@pytest.fixture
def sink() -> RememberingSink:
    return RememberingSink()


@pytest.fixture
async def server(sink: RememberingSink) -> AsyncIterator[AudioSocketServer]:
    server = AudioSocketServer(ServerConfig(), sink)
    await server.start()
    yield server
    await server.aclose()


def now() -> float:
    return asyncio.get_running_loop().time()


async def test_a_known_stream_is_delivered_in_call_seconds(server: AudioSocketServer, sink: RememberingSink) -> None:
    stream = uuid4()
    server.expect(stream, origin=now() - 30)
    async with Tap(server.port) as tap:
        await tap.name(stream)
        await tap.speak(5)
        assert await sink.until_sound(stream, 5 * len(FRAME)) == FRAME * 5
        await tap.send(encode(Kind.HANGUP))
        assert await sink.until_closed(stream) == "hangup"
    first = sink.chunks[0][2]
    assert 29 < first < 32
    assert sink.opened_streams == [stream]


async def test_a_stranger_is_refused(server: AudioSocketServer, sink: RememberingSink) -> None:
    async with Tap(server.port) as tap:
        await tap.name(uuid4())
        assert await tap.refused()
    assert server.status.refused == {"unknown": 1}
    assert not sink.opened_streams


async def test_a_stream_is_accepted_once(server: AudioSocketServer, sink: RememberingSink) -> None:
    stream = uuid4()
    server.expect(stream, origin=now())
    async with Tap(server.port) as tap, Tap(server.port) as copy:
        await tap.name(stream)
        await tap.speak()
        await sink.until_sound(stream, len(FRAME))
        with pytest.raises(Conflict):
            server.expect(stream, origin=now())
        await copy.name(stream)
        assert await copy.refused()
        await tap.speak()
        await sink.until_sound(stream, 2 * len(FRAME))
    assert sink.opened_streams == [stream]


@pytest.mark.parametrize(
    "wire", [encode(Kind.SLIN, FRAME), b"GET / HTTP/1.1\r\n\r\n", b"\x01\x00\x05hello", b"\x03\x00\x011"]
)
async def test_who_does_not_begin_with_a_name_is_refused(
    server: AudioSocketServer, sink: RememberingSink, wire: bytes
) -> None:
    async with Tap(server.port) as tap:
        await tap.send(wire)
        assert await tap.refused()
    assert server.status.refused == {"frame": 1}
    assert not sink.chunks


async def test_a_bad_frame_ends_its_stream_and_no_other(server: AudioSocketServer, sink: RememberingSink) -> None:
    good, bad = uuid4(), uuid4()
    server.expect(good, origin=now())
    server.expect(bad, origin=now())
    async with Tap(server.port) as one, Tap(server.port) as other:
        await one.name(good)
        await other.name(bad)
        await other.send(b"\x10\x00\x03abc")
        assert (await sink.until_closed(bad)).startswith("bad frame")
        await one.speak()
        await sink.until_sound(good, len(FRAME))


async def test_who_keeps_silent_about_its_name_is_closed(sink: RememberingSink) -> None:
    server = AudioSocketServer(ServerConfig(first_frame_seconds=0.05), sink)
    await server.start()
    async with Tap(server.port) as tap:
        assert await tap.refused()
    assert server.status.refused == {"late": 1}
    await server.aclose()


async def test_other_addresses_are_refused(sink: RememberingSink) -> None:
    server = AudioSocketServer(ServerConfig(allowed=("10.0.0.0/8",)), sink)
    await server.start()
    async with Tap(server.port) as tap:
        assert await tap.refused()
    assert server.status.refused == {"address": 1}
    await server.aclose()


async def test_connections_are_bounded(sink: RememberingSink) -> None:
    server = AudioSocketServer(ServerConfig(most_unnamed=1), sink)
    await server.start()
    async with Tap(server.port), Tap(server.port) as second:
        assert await second.refused()
    assert server.status.refused == {"full": 1}
    await server.aclose()


async def test_a_silent_stream_is_filled_with_silence(server: AudioSocketServer, sink: RememberingSink) -> None:
    stream = uuid4()
    server.expect(stream, origin=now())
    async with Tap(server.port) as tap:
        await tap.name(stream)
        await tap.speak()
        while sum(len(pcm) for _, pcm, _ in sink.chunks) < 5_000:
            await sink.change()
    ends = [start + len(pcm) / 16_000 for _, pcm, start in sink.chunks]
    starts = [start for _, _, start in sink.chunks]
    assert starts[1:] == pytest.approx(ends[:-1])
    assert server.status.padded_seconds > 0.2


async def test_wideband_is_brought_to_8k(server: AudioSocketServer, sink: RememberingSink) -> None:
    stream = uuid4()
    server.expect(stream, origin=now())
    tone = (8_000 * np.sin(np.arange(320 * 20) * 2 * np.pi * 440 / 16_000)).astype("<i2").tobytes()
    async with Tap(server.port) as tap:
        await tap.name(stream)
        for start in range(0, len(tone), 640):
            await tap.send(encode(Kind.SLIN16, tone[start : start + 640]))
        sound = await sink.until_sound(stream, len(tone) // 2 - 1_000)
    assert len(sound) <= len(tone) // 2
    assert 7_000 < np.abs(np.frombuffer(sound, dtype="<i2")).max() < 9_000


async def test_a_changed_rate_is_refused(server: AudioSocketServer, sink: RememberingSink) -> None:
    stream = uuid4()
    server.expect(stream, origin=now())
    async with Tap(server.port) as tap:
        await tap.name(stream)
        await tap.send(encode(Kind.SLIN16, bytes(640)) + encode(Kind.SLIN, FRAME))
        assert "rate changed" in await sink.until_closed(stream)


async def test_forgetting_closes_and_says_nothing(server: AudioSocketServer, sink: RememberingSink) -> None:
    stream, never = uuid4(), uuid4()
    server.expect(stream, origin=now())
    server.expect(never, origin=now())
    server.forget(never)
    async with Tap(server.port) as tap, Tap(server.port) as late:
        await tap.name(stream)
        await tap.speak()
        await sink.until_sound(stream, len(FRAME))
        server.forget(stream)
        assert await tap.refused()
        await late.name(never)
        assert await late.refused()
    assert not sink.closed_streams


async def test_closing_tells_the_sink_and_leaves_nothing(sink: RememberingSink) -> None:
    server = AudioSocketServer(ServerConfig(), sink)
    await server.start()
    stream = uuid4()
    server.expect(stream, origin=now())
    async with Tap(server.port) as tap:
        await tap.name(stream)
        await tap.speak()
        await sink.until_sound(stream, len(FRAME))
        await server.aclose()
        assert await tap.refused()
    assert sink.closed_streams == [(stream, "shutdown")]
    assert server.status.connections == 0


async def test_a_taken_port_is_said_plainly(server: AudioSocketServer, sink: RememberingSink) -> None:
    other = AudioSocketServer(ServerConfig(port=server.port), sink)
    with pytest.raises(AudioServerUnavailable, match="choose another port"):
        await other.start()
