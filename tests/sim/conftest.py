"""A simulated PBX on loopback, ten times as fast as the world, with two short made-up voices."""

import json
import math
import struct
import wave
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import pytest

from callcenter.sim.pbx import SimConfig, SimulatedPbx
from tests.sim.studio import ManagerClient

TURN_SECONDS = 1.0


def tone(hertz: float, seconds: float = TURN_SECONDS) -> bytes:
    """A sine, 8 kHz 16-bit; never zero for a whole frame."""
    count = int(8000 * seconds)
    return b"".join(struct.pack("<h", int(9000 * math.sin(2 * math.pi * hertz * n / 8000))) for n in range(count))


@pytest.fixture
def samples(tmp_path: Path) -> Path:
    """Clips for maintenance_booking in English: the agent hums low, the customer high."""
    folder, clips = tmp_path / "samples", []
    (folder / "en").mkdir(parents=True)
    for turn in range(1, 8):
        speaker, hertz = ("agent", 300.0) if turn % 2 else ("customer", 900.0)
        file = f"en/{turn}.wav"
        with wave.open(str(folder / file), "wb") as sound:
            sound.setnchannels(1)
            sound.setsampwidth(2)
            sound.setframerate(8000)
            sound.writeframes(tone(hertz))
        clip = {"dialogue": "maintenance_booking", "turn": turn, "speaker": speaker, "language": "en", "text": ""}
        clips.append({**clip, "voice": "", "seconds": TURN_SECONDS, "file": file, "key": ""})
    (folder / "manifest.json").write_text(json.dumps({"schema": 1, "clips": clips}))
    return folder


@pytest.fixture
async def pbx(tmp_path: Path, samples: Path) -> AsyncIterator[SimulatedPbx]:
    pbx = SimulatedPbx(SimConfig(recordings_dir=tmp_path / "recordings", samples=samples, speed=10))
    await pbx.start()
    yield pbx
    await pbx.aclose()


@pytest.fixture
async def log_in(pbx: SimulatedPbx) -> AsyncIterator[Callable[[], Awaitable[ManagerClient]]]:
    clients: list[ManagerClient] = []

    async def connect() -> ManagerClient:
        client = await ManagerClient.connect(pbx.host, pbx.ami_port)
        clients.append(client)
        assert (await client.login(pbx.user, pbx.secret))["Response"] == "Success"
        return client

    yield connect
    for client in clients:
        client.close()
