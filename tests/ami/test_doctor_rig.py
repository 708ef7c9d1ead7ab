"""Doctor and link against a real Asterisk."""

import asyncio
import socket
from dataclasses import replace
from pathlib import Path

import pytest

from callcenter.ami import actions
from callcenter.ami.config import AmiConfig
from callcenter.ami.doctor import check_pbx
from callcenter.ami.findings import Finding, PbxCheckConfig, Verdict
from callcenter.ami.link import AmiLink
from tests.rig.conftest import rig  # noqa: F401 - the fixture
from tests.rig.rig import Rig

pytestmark = pytest.mark.rig


def free_port() -> int:
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        return int(sock.getsockname()[1])


def pbx(rig: Rig) -> PbxCheckConfig:  # noqa: F811
    return PbxCheckConfig(
        ami=AmiConfig(host=rig.ami_host, port=rig.ami_port, username=rig.ami_user, secret=rig.ami_secret),
        audio_host="127.0.0.1",
        audio_bind="127.0.0.1",
        audio_port=free_port(),
        recordings_on_pbx=str(rig.recordings_dir),
        recordings_here=rig.recordings_dir,
    )


def bad(findings: list[Finding]) -> dict[str, Verdict]:
    return {finding.check: finding.verdict for finding in findings if finding.verdict is not Verdict.OK}


async def test_a_pbx_set_up_as_documented_has_nothing_to_mend(rig: Rig) -> None:  # noqa: F811
    findings = await check_pbx(pbx(rig))
    assert bad(findings) == {}
    assert {"pbx.audiosocket", "pbx.recordings", "pbx.read", "pbx.write"} <= {f.check for f in findings}
    assert list(rig.recordings_dir.iterdir()) == []


async def test_what_is_wrong_is_found(rig: Rig, tmp_path: Path) -> None:  # noqa: F811
    config = pbx(rig)
    wrong_password = replace(config, ami=replace(config.ami, secret="wrong"))
    assert bad(await check_pbx(wrong_password)) == {"pbx.login": Verdict.FAIL}
    no_pbx = replace(config, ami=replace(config.ami, port=free_port()))
    assert bad(await check_pbx(no_pbx)) == {"pbx.reachable": Verdict.FAIL}
    not_shared = replace(config, recordings_here=tmp_path)
    assert bad(await check_pbx(not_shared)) == {"pbx.recordings": Verdict.FAIL}
    wrong_address = replace(config, audio_host="127.0.0.77", audio_bind="127.0.0.1")
    assert bad(await check_pbx(wrong_address)) == {"pbx.audiosocket": Verdict.FAIL}


async def test_the_link_survives_a_restart(rig: Rig) -> None:  # noqa: F811
    config = replace(pbx(rig).ami, retry_min=0.1, retry_max=0.5)
    async with AmiLink(config) as link:
        await _until(link, connected=True)
        await rig.kill_pbx()
        await _until(link, connected=False)
        await rig.start_pbx()
        await _until(link, connected=True)
        assert (await link.send(actions.ping())).get("Ping") == "Pong"
        assert link.status().reconnects == 1
        assert not link.status().filters_refused
    assert {received.connection for received in [r async for r in link]} == {1, 2}


async def _until(link: AmiLink, *, connected: bool) -> None:
    async with asyncio.timeout(60):
        while link.status().connected is not connected:
            await asyncio.sleep(0.02)
