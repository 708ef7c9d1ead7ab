"""Load mode: many calls at once, and a stream of events without waiting."""

import asyncio
from pathlib import Path

from callcenter.ami.parser import AmiParser
from callcenter.sim.load import LoadPlan, event_stream, keep_busy, load_config, pour
from callcenter.sim.pbx import SimConfig, SimulatedPbx
from tests.sim.studio import ManagerClient


async def test_the_planned_number_of_calls_is_up(tmp_path: Path) -> None:
    plan = LoadPlan(calls_at_once=6, ring_seconds=1.0)
    config = load_config(plan, tmp_path / "recordings")
    pbx = SimulatedPbx(
        SimConfig(**{name: getattr(config, name) for name in ("recordings_dir", "agents", "queues")}, speed=10)
    )
    await pbx.start()
    busy = asyncio.create_task(keep_busy(pbx, plan))
    while pbx.calls_up < 6:
        await asyncio.sleep(0.01)
    client = await ManagerClient.connect(pbx.host, pbx.ami_port)
    await client.login(pbx.user, pbx.secret)
    connected: set[str] = set()
    async with asyncio.timeout(30):
        while len(connected) < 3:  # on a busy machine one agent may answer twice before another answers once
            connected.add((await client.until("AgentConnect"))["Interface"])
    busy.cancel()
    await asyncio.gather(busy, return_exceptions=True)
    assert not pbx.switch.channels
    client.close()
    await pbx.aclose()


async def test_a_computed_stream_is_whole_and_has_no_twins() -> None:
    blocks = await event_stream(70)
    messages = AmiParser().feed(b"".join(blocks))
    assert len(messages) == len(blocks)
    created = [message.get("Uniqueid") for message in messages if message.event == "Newchannel"]
    ended = [message.get("Uniqueid") for message in messages if message.event == "Hangup"]
    assert len(set(created)) == len(created)
    assert sorted(created) == sorted(ended)
    names = {message.event for message in messages}
    assert {"AgentConnect", "QueueCallerAbandon", "AgentComplete", "NewCallerid"} <= names


async def test_blocks_are_poured_into_sessions(tmp_path: Path) -> None:
    pbx = SimulatedPbx(SimConfig(recordings_dir=tmp_path))
    await pbx.start()
    client = await ManagerClient.connect(pbx.host, pbx.ami_port)
    await client.login(pbx.user, pbx.secret)
    blocks = await event_stream(20)
    sent = asyncio.create_task(pour(pbx, blocks, 20_000))
    while len(client.events) < len(blocks) + 1:
        await client.block()
    assert await sent == len(blocks)
    client.close()
    await pbx.aclose()
