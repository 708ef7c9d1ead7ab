"""Doctor against a scripted manager: what each missing right or module makes it say."""

from collections.abc import AsyncIterator

import pytest

from callcenter.ami.config import AmiConfig
from callcenter.ami.doctor import NEEDED_ACTIONS, NEEDED_MODULES, READ, WRITE, check_pbx
from callcenter.ami.findings import Finding, PbxCheckConfig, Verdict
from tests.fakes_ami import FakeManager, running

ALLOWED = "Response: Success\n" + "\n".join(f"{name}: (Priv: x)" for name in [*NEEDED_ACTIONS, "ModuleCheck"])
NOWHERE = (
    b"Response: Success\r\nActionID: %b\r\n\r\n"
    b"Event: OriginateResponse\r\nTimestamp: 1795333898.375038\r\nResponse: Failure\r\n\r\n"
)


def originate(action: dict[str, str]) -> bytes:
    return NOWHERE % action["ActionID"].encode()


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("callcenter.ami.doctor_probe.EVENT_WAIT_SECONDS", 0.1)


@pytest.fixture
async def manager() -> AsyncIterator[FakeManager]:
    fake = FakeManager()
    fake.answers |= {
        "CoreSettings": "Response: Success\nAsteriskVersion: 22.10.1",
        "ListCommands": ALLOWED,
        "Originate": originate,
    }
    async with running(fake):
        yield fake


async def check(manager: FakeManager) -> dict[str, Finding]:
    ami = AmiConfig(host="127.0.0.1", port=manager.port, username="cc", secret="s3cret")
    return {finding.check: finding for finding in await check_pbx(PbxCheckConfig(ami=ami))}


async def test_all_well(manager: FakeManager) -> None:
    findings = await check(manager)
    assert {finding.verdict for finding in findings.values()} == {Verdict.OK}
    assert not any(finding.fix for finding in findings.values())


@pytest.mark.parametrize(
    ("version", "verdict"),
    [
        ("22.10.1+dfsg", Verdict.OK),
        ("certified/20.7-cert2", Verdict.OK),
        ("18.9.0", Verdict.OK),
        ("16.30.0", Verdict.FAIL),
        ("GIT-master-0f", Verdict.WARN),
    ],
)
async def test_versions(manager: FakeManager, version: str, verdict: Verdict) -> None:
    manager.answers["CoreSettings"] = f"Response: Success\nAsteriskVersion: {version}"
    assert (await check(manager))["pbx.version"].verdict is verdict


@pytest.mark.parametrize("name", NEEDED_ACTIONS)
async def test_a_missing_right(manager: FakeManager, name: str) -> None:
    kind, _, vital = NEEDED_ACTIONS[name]
    manager.answers["ListCommands"] = ALLOWED.replace(f"\n{name}:", "\nSomethingElse:")
    finding = (await check(manager))[f"pbx.write.{kind}"]
    assert finding.verdict is (Verdict.FAIL if vital else Verdict.WARN)
    assert finding.fix == f"[cc]\nwrite = {WRITE}"
    assert name in finding.text


async def test_no_events_of_calls(manager: FakeManager) -> None:
    del manager.answers["Originate"]
    finding = (await check(manager))["pbx.read.call"]
    assert (finding.verdict, finding.fix) == (Verdict.FAIL, f"[cc]\nread = {READ}")


async def test_no_system_events_and_no_timestamps(manager: FakeManager) -> None:
    manager.fully_booted = False
    manager.answers["Originate"] = lambda action: originate(action).replace(b"Timestamp", b"Other")
    findings = await check(manager)
    assert findings["pbx.read.system"].verdict is Verdict.WARN
    assert findings["pbx.timestamps"].fix == "[general]\ntimestampevents = yes"


@pytest.mark.parametrize("module", NEEDED_MODULES)
async def test_a_missing_module(manager: FakeManager, module: str) -> None:
    def answer(action: dict[str, str]) -> str:
        return "Response: Error\nMessage: no" if action["Module"] == module else "Response: Success"

    manager.answers["ModuleCheck"] = answer
    finding = (await check(manager))[f"pbx.module.{module}"]
    assert finding.verdict is (Verdict.FAIL if NEEDED_MODULES[module][1] else Verdict.WARN)
    assert f"load = {module}.so" in finding.fix


async def test_login_refused(manager: FakeManager) -> None:
    manager.secret = "other"
    findings = await check(manager)
    assert findings["pbx.login"].verdict is Verdict.FAIL
    assert "s3cret" not in str(findings)


async def test_no_answer_after_the_greeting(manager: FakeManager) -> None:
    manager.connections.clear()
    manager.answers["Challenge"] = None
    ami = AmiConfig(host="127.0.0.1", port=manager.port, username="cc", secret="s3cret", action_timeout=0.05)
    (finding,) = await check_pbx(PbxCheckConfig(ami=ami))
    assert (finding.check, finding.verdict) == ("pbx.reachable", Verdict.FAIL)
