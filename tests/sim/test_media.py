"""Taps carry one party's speech and nothing while it is silent; recordings hold each party in step with the call."""

import asyncio
import uuid
import wave
from collections.abc import Awaitable, Callable
from pathlib import Path

import numpy as np
import pytest

from callcenter.ami import actions
from callcenter.audio.audiosocket import FrameParser, Kind
from callcenter.sim.calls.scenario import Ring, Scenario
from callcenter.sim.pbx import SimulatedPbx
from tests.sim.conftest import tone
from tests.sim.studio import ManagerClient

LogIn = Callable[[], Awaitable[ManagerClient]]
TALK = Scenario(
    id="",
    number="19900000006",
    to="4020",
    queue="service",
    language="en",
    dialogue="maintenance_booking",
    rings=(Ring(agent="1001", seconds=2),),
)


class TapServer:
    """An AudioSocket server that keeps what it hears."""

    def __init__(self) -> None:
        self.heard: dict[uuid.UUID, bytes] = {}
        self.closed: set[uuid.UUID] = set()
        self.hang_up_after: int | None = None

    async def __aenter__(self) -> "TapServer":
        self._server = await asyncio.start_server(self._take, "127.0.0.1", 0)
        self.port: int = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(self, *_: object) -> None:
        self._server.close()

    async def _take(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        parser, stream = FrameParser(), uuid.UUID(int=0)
        while data := await reader.read(4096):
            for frame in parser.feed(data):
                if frame.kind is Kind.UUID:
                    stream = uuid.UUID(bytes=frame.payload)
                    self.heard[stream] = b""
                else:
                    assert frame.kind is Kind.SLIN
                    assert len(frame.payload) == 320
                    self.heard[stream] += frame.payload
            if self.hang_up_after is not None and len(self.heard[stream]) >= self.hang_up_after:
                writer.write(b"\0\0\0")
                break
        self.closed.add(stream)
        writer.close()


def as_headers(action: object) -> dict[str, str]:
    """Of one of our own actions, as they go over the wire."""
    lines = str(action).replace("\r\n", "\n").strip().split("\n")
    return dict(line.split(": ", 1) for line in lines)


async def tap(client: ManagerClient, channel: str, port: int) -> uuid.UUID:
    stream = uuid.uuid4()
    order = {"Channel": f"AudioSocket/127.0.0.1:{port}/{stream}", "Application": "ChanSpy", "Data": f"{channel},qoES"}
    assert (await client.send(Action="Originate", Async="true", **order))["Response"] == "Success"
    return stream


@pytest.mark.parametrize("moment", ["AgentCalled", "AgentConnect"])
async def test_each_tap_hears_one_party(pbx: SimulatedPbx, log_in: LogIn, moment: str) -> None:
    client = await log_in()
    async with TapServer() as server:
        call = asyncio.create_task(pbx.play(TALK))
        seen = await client.until(moment)
        customer = await tap(client, seen["Channel"], server.port)
        agent = await tap(client, seen["DestChannel"], server.port)
        await call
        while len(server.closed) < 2:
            await asyncio.sleep(0.01)
        # A tap armed late misses the first words, never a later one.
        assert (tone(300) * 4).endswith(server.heard[agent])
        assert (tone(900) * 3).endswith(server.heard[customer])
        assert len(server.heard[agent]) >= len(tone(300)) * 3
        assert len(server.heard[customer]) >= len(tone(900)) * 2
    await client.send(Action="Ping")
    ended = [event for event in client.events if event["Event"] in ("ChanSpyStop", "Hangup")]
    spied = {event["SpyeeChannel"] for event in ended if event["Event"] == "ChanSpyStop"}
    assert spied == {seen["Channel"], seen["DestChannel"]}
    assert sum(event.get("Channel", "").startswith("AudioSocket/") for event in ended) == 2
    assert not pbx.switch.channels


async def test_a_tap_ends_when_the_server_hangs_up(pbx: SimulatedPbx, log_in: LogIn) -> None:
    client = await log_in()
    async with TapServer() as server:
        server.hang_up_after = 3200
        call = asyncio.create_task(pbx.play(TALK))
        seen = await client.until("AgentConnect")
        await tap(client, seen["DestChannel"], server.port)
        stopped = await client.until("ChanSpyStop")
        assert stopped["SpyeeChannel"] == seen["DestChannel"]
        assert seen["DestChannel"] in pbx.switch.channels
        await call


async def test_a_tap_to_nobody_fails(pbx: SimulatedPbx, log_in: LogIn) -> None:
    client = await log_in()
    async with TapServer() as server:
        port = server.port
    await tap(client, "PJSIP/1001-00000001", port)
    answer = await client.until("OriginateResponse")
    assert (answer["Response"], answer["Uniqueid"]) == ("Failure", "<unknown>")


async def test_the_tap_of_a_channel_that_is_gone_closes(pbx: SimulatedPbx, log_in: LogIn) -> None:
    client = await log_in()
    async with TapServer() as server:
        stream = await tap(client, "PJSIP/1001-000000ff", server.port)
        hung_up = await client.until("Hangup")
        assert hung_up["Channel"].startswith("AudioSocket/")
        assert server.heard[stream] == b""


def read(path: Path) -> "np.ndarray[tuple[int], np.dtype[np.int16]]":
    with wave.open(str(path)) as sound:
        assert (sound.getframerate(), sound.getnchannels(), sound.getsampwidth()) == (8000, 1, 2)
        return np.frombuffer(sound.readframes(sound.getnframes()), dtype="<i2")


async def test_a_recording_of_the_customers_channel_holds_both_sides(
    pbx: SimulatedPbx, log_in: LogIn, tmp_path: Path
) -> None:
    client = await log_in()
    call = asyncio.create_task(pbx.play(TALK))
    seen = await client.until("AgentConnect")
    order = actions.mix_monitor(
        seen["Channel"], mixed="day/both.wav", received="day/customer.wav", transmitted="day/agent.wav", options="S"
    )
    answer = await client.send(**as_headers(order))
    assert answer["MixMonitorID"]
    await call
    folder = pbx.recordings_dir / "day"
    customer, agent, both = (read(folder / name) for name in ("customer.wav", "agent.wav", "both.wav"))
    assert abs(len(customer) - len(agent)) <= 160
    assert np.count_nonzero(np.abs(customer) > 100) > 2.5 * 8000
    assert np.count_nonzero(np.abs(agent) > 100) > 3.5 * 8000
    assert not np.any((np.abs(customer[: len(agent)]) > 100) & (np.abs(agent[: len(customer)]) > 100))
    assert np.count_nonzero(np.abs(both) > 100) > 6 * 8000
    assert "MixMonitorStop" not in {event["Event"] for event in client.events}


async def test_a_recording_is_stopped_by_its_id(pbx: SimulatedPbx, log_in: LogIn) -> None:
    client = await log_in()
    call = asyncio.create_task(pbx.play(TALK))
    channel = (await client.until("AgentConnect"))["Channel"]
    started = await client.send(Action="MixMonitor", Channel=channel, File="one.wav")
    stopped = await client.send(Action="StopMixMonitor", Channel=channel, MixMonitorID=started["MixMonitorID"])
    assert stopped["Response"] == "Success"
    again = await client.send(Action="StopMixMonitor", Channel=channel, MixMonitorID=started["MixMonitorID"])
    assert again["Response"] == "Error"
    await client.send(Action="Hangup", Channel=channel)
    await call


@pytest.mark.parametrize("file", ["../out.wav", "/etc/out.wav", "a/../../b.wav", "x.sh"])
async def test_recordings_stay_in_their_folder(pbx: SimulatedPbx, log_in: LogIn, file: str) -> None:
    client = await log_in()
    call = asyncio.create_task(pbx.play(TALK))
    channel = (await client.until("AgentConnect"))["Channel"]
    for order in ({"File": file}, {"Options": f"r({file})"}):
        assert (await client.send(Action="MixMonitor", Channel=channel, **order))["Response"] == "Error"
    await client.send(Action="Hangup", Channel=channel)
    await call
