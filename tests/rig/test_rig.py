"""The rig does what scenarios and end-to-end tests rely on."""

import asyncio
import os
import wave
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from tests.rig.ami_driver import AmiDriver
from tests.rig.prompts import prompts
from tests.rig.rig import Rig

pytestmark = pytest.mark.rig

SPEECH_LEVEL = 300
"""Mean amplitude of 16-bit samples; the prompts have about 2,000, silence 0."""


def loudness(wav: Path) -> float:
    """Mean amplitude of a recording."""
    with wave.open(str(wav)) as recording:
        samples = np.frombuffer(recording.readframes(recording.getnframes()), dtype="<i2")
    return float(np.abs(samples.astype(np.int32)).mean()) if samples.size else 0.0


async def until(ready: Callable[[], bool], seconds: float = 10.0) -> None:
    """Wait for something outside our event loop; AssertionError when it does not come."""
    async with asyncio.timeout(seconds):
        while not ready():
            await asyncio.sleep(0.05)


def prompt(name: str) -> Path:
    return next(wav for wav, _ in prompts() if wav.stem == name)


async def test_an_inbound_call_is_answered_and_hung_up(rig: Rig) -> None:
    customer = await rig.customer_calls("4001", number="13800138000", name="张伟")
    agent = await rig.phone("1001").answer(after=0.2)
    await customer.wait_up()
    await customer.hangup()
    await agent.wait_ended()
    assert agent.caller == ("张伟", "13800138000")
    assert agent.cause == 16


async def test_each_leg_speaks_into_its_own_recording(rig: Rig) -> None:
    customer = await rig.customer_calls("4001")
    agent = await rig.phone("1001").answer()
    files = {party: rig.recordings_dir / f"{party}.wav" for party in ("trunk", "1001")}
    for party, file in files.items():
        channel = await rig.pbx_channel(party)
        await rig.ami.action("MixMonitor", Channel=channel, Options=f"r({file})")
    await customer.play(prompt("vm-goodbye"))
    await customer.hangup()
    await agent.wait_ended()
    await until(lambda: all(file.exists() and file.stat().st_size > 44 for file in files.values()))
    await rig.quiet()
    assert loudness(files["trunk"]) > SPEECH_LEVEL
    assert loudness(files["1001"]) < SPEECH_LEVEL


async def test_a_queue_offers_the_next_agent_when_one_declines(rig: Rig) -> None:
    customer = await rig.customer_calls("4020")
    await rig.phone("1001").decline(after=0.1)
    second = await rig.phone("1002").answer(after=0.1)
    await customer.hangup()
    await second.wait_ended()
    assert second.answered_at is not None


async def test_a_refer_moves_the_customer(rig: Rig) -> None:
    customer = await rig.customer_calls("4001")
    first = await rig.phone("1001").answer()
    await asyncio.sleep(0.5)
    await rig.refer(first, "1002")
    second = await rig.phone("1002").answer()
    assert customer.ended_at is None
    await second.hangup()
    await customer.wait_ended()


async def test_the_manager_link_can_be_cut_and_restored(rig: Rig) -> None:
    through = await AmiDriver.connect(rig.ami_proxy.port, rig.ami_user, rig.ami_secret)
    assert (await through.action("Ping"))["Response"] == "Success"
    await rig.ami_proxy.cut()
    with pytest.raises((OSError, EOFError)):
        await through.action("Ping")
    await rig.ami_proxy.restore()
    again = await AmiDriver.connect(rig.ami_proxy.port, rig.ami_user, rig.ami_secret)
    assert (await again.action("Ping"))["Ping"] == "Pong"
    await again.close()


async def test_the_pbx_can_crash_and_come_back(rig: Rig) -> None:
    pid = rig.pbx_pid
    await rig.kill_pbx()
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)
    await rig.start_pbx()
    customer = await rig.customer_calls("4001")
    await rig.phone("1001").answer()
    await customer.wait_up()


async def test_nothing_of_the_rig_is_left_behind() -> None:
    async with Rig() as rig:
        pid, folder = rig.pbx_pid, rig.folder
    assert not folder.exists()
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)


def test_the_prompts_have_words() -> None:
    found = prompts()
    assert len(found) > 500
    assert dict(found)[prompt("vm-goodbye")] == "Goodbye"
