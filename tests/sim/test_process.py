"""The simulated PBX in a process of its own: starts, plays what it is told, ends with us."""

from pathlib import Path

import pytest

from callcenter.sim.process import PbxProcess, SimulatorFailed
from tests.sim.studio import ManagerClient


async def test_it_plays_and_ends(tmp_path: Path) -> None:
    pbx = PbxProcess(tmp_path)
    await pbx.start()
    client = await ManagerClient.connect(pbx.host, pbx.ami_port)
    assert (await client.login(pbx.user, pbx.secret))["Response"] == "Success"
    pbx.play("no_such_file", "x")
    pbx.play("demo", "oil_complaint_zh")
    assert (await client.until("AgentCalled"))["CallerIDNum"] == "19900000001"
    await pbx.aclose()
    with pytest.raises(ConnectionError):
        while True:
            await client.block()
    client.close()


async def test_a_port_in_use_is_told(tmp_path: Path) -> None:
    first = PbxProcess(tmp_path)
    await first.start()
    second = PbxProcess(tmp_path, port=first.ami_port)
    with pytest.raises(SimulatorFailed):
        await second.start()
    await first.aclose()
