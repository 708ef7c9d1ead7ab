"""The manager interface answers as Asterisk 22.10.1 does (the limits and messages are those measured there)."""

import asyncio
import hashlib
import socket
from collections.abc import Awaitable, Callable

import pytest

from callcenter.ami import actions
from callcenter.ami.config import AmiConfig
from callcenter.ami.doctor import check_pbx
from callcenter.ami.findings import PbxCheckConfig, Verdict
from callcenter.ami.link import AmiLink
from callcenter.sim.calls.scenario import Ring, Scenario
from callcenter.sim.pbx import SimulatedPbx
from tests.sim.studio import ManagerClient

LogIn = Callable[[], Awaitable[ManagerClient]]
CALL = Scenario(
    id="", number="19900000001", to="4020", queue="service", talk_seconds=60, rings=(Ring(agent="1001", seconds=2),)
)


async def test_it_greets_and_asks_who_is_there(pbx: SimulatedPbx) -> None:
    client = await ManagerClient.connect(pbx.host, pbx.ami_port)
    assert client.banner == b"Asterisk Call Manager/11.0.0\r\n"
    answer = await client.send(Action="Ping", ActionID="1")
    assert answer == {"Response": "Error", "ActionID": "1", "Message": "Permission denied"}
    client.close()


async def test_a_wrong_secret_is_refused_and_the_line_closed(pbx: SimulatedPbx) -> None:
    client = await ManagerClient.connect(pbx.host, pbx.ami_port)
    answer = await client.login(pbx.user, "guess")
    assert answer["Message"] == "Authentication failed"
    with pytest.raises(ConnectionError):
        await client.block()
    client.close()


async def test_a_challenge_keeps_the_secret_off_the_wire(pbx: SimulatedPbx) -> None:
    client = await ManagerClient.connect(pbx.host, pbx.ami_port)
    challenge = (await client.send(Action="Challenge", AuthType="MD5"))["Challenge"]
    key = hashlib.md5(f"{challenge}{pbx.secret}".encode()).hexdigest()
    answer = await client.send(Action="Login", AuthType="MD5", Username=pbx.user, Key=key)
    assert answer["Message"] == "Authentication accepted"
    client.close()


@pytest.mark.parametrize(
    ("headers", "message"),
    [
        ({"Action": "Ping", "X": "y" * 1100}, "Failed to parse message: line too long"),
        ({"Action": "Ping"} | {f"K{n}": "" for n in range(130)}, "Too many lines in message"),
        ({"Action": "Dance"}, "Invalid/unknown command: Dance. Use Action: ListCommands to show available commands."),
        ({"Action": "Hangup", "Channel": "PJSIP/1001-000000ff"}, "No such channel"),
        ({"Action": "MixMonitor", "File": "a.wav"}, "No channel specified"),
        ({"Action": "Originate", "Channel": "SIP/1"}, "Channel specified does not exist"),
        ({"Action": "Filter", "Operation": "Add", "MatchCriteria": "name(VarSet)"}, "Failed to add filter"),
        (
            {"Action": "Filter", "MatchCriteria": "action(exclude),name(X),header(Y),method(regex)", "Filter": "["},
            "Failed to add filter",
        ),
        ({"Action": "QueuePause", "Interface": "PJSIP/9"}, "Interface not found"),
    ],
)
async def test_bad_actions_are_answered_with_the_reason(log_in: LogIn, headers: dict[str, str], message: str) -> None:
    client = await log_in()
    assert (await client.send(**headers)) == {"Response": "Error", "Message": message}
    assert (await client.send(Action="Ping"))["Ping"] == "Pong"


async def test_a_call_is_seen_with_timestamps_and_in_lists(pbx: SimulatedPbx, log_in: LogIn) -> None:
    client = await log_in()
    task = asyncio.create_task(pbx.play(CALL))
    ringing = await client.until("AgentCalled")
    assert float(ringing["Timestamp"]) > 1_000_000_000
    await client.send(Action="QueueStatus", ActionID="q")
    entry = await client.until("QueueEntry")
    assert entry["CallerIDNum"] == "19900000001"
    assert entry["CallerIDName"] == "unknown"
    await client.until("QueueStatusComplete")
    bridged = await client.until("BridgeEnter")
    answer = await client.send(Action="Getvar", Channel=ringing["Channel"], Variable="CDR(answer,u)", ActionID="v")
    assert float(answer["Value"]) <= float(bridged["Timestamp"])
    await client.send(Action="CoreShowChannels", ActionID="c")
    assert (await client.until("CoreShowChannelsComplete"))["ListItems"] == "2"
    await client.send(Action="Status", ActionID="s")
    assert (await client.until("Status"))["DNID"] == "4020"
    await client.send(Action="Hangup", Channel=ringing["Channel"])
    await task
    assert pbx.calls_up == 0
    assert not pbx.switch.channels


async def test_a_session_gets_the_events_it_asked_for(pbx: SimulatedPbx, log_in: LogIn) -> None:
    everything, agents_only, filtered = [await log_in() for _ in range(3)]
    await agents_only.send(Action="Events", EventMask="agent")
    for exclude, pattern in (
        ("action(exclude),name(NewConnectedLine),method(none)", ""),
        ("action(exclude),name(Newchannel),header(Channel),method(regex)", "^PJSIP/trunk"),
    ):
        order = {"Operation": "Add", "MatchCriteria": exclude, "Filter": pattern}
        assert (await filtered.send(Action="Filter", **order))["Response"] == "Success"
    short = Scenario(id="", number="1", to="4020", queue="service", talk_seconds=1, rings=(Ring(seconds=1),))
    await pbx.play(short)
    for client in (everything, filtered):
        await client.until("Hangup")
    await agents_only.until("AgentComplete")
    seen = {client: {event["Event"] for event in client.events} for client in (everything, agents_only, filtered)}
    assert {"Newchannel", "NewConnectedLine", "AgentCalled"} <= seen[everything]
    assert "Newchannel" not in seen[agents_only]
    created = [event["Channel"] for event in filtered.events if event["Event"] == "Newchannel"]
    assert [channel.partition("-")[0] for channel in created] == ["PJSIP/1001"]
    assert "NewConnectedLine" not in seen[filtered]


async def test_a_paused_member_is_not_rung(pbx: SimulatedPbx, log_in: LogIn) -> None:
    client = await log_in()
    assert (await client.send(Action="QueuePause", Interface="PJSIP/1001", Paused="true"))["Response"] == "Success"
    paused = [(e["Queue"], e["Paused"]) for e in client.events if e["Event"] == "QueueMemberPause"]
    assert paused == [("service", "1"), ("service-en", "1")]
    call = Scenario(id="", number="1", to="4020", queue="service", talk_seconds=1, rings=(Ring(seconds=1),))
    await pbx.play(call)
    assert (await client.until("AgentCalled"))["Interface"] == "PJSIP/1002"


@pytest.mark.parametrize("announced", [True, False])
async def test_a_manager_sends_the_caller_to_another_agent(pbx: SimulatedPbx, log_in: LogIn, announced: bool) -> None:
    client = await log_in()
    task = asyncio.create_task(pbx.play(CALL))
    first = await client.until("AgentConnect")
    await client.until("BridgeEnter")
    await client.until("BridgeEnter")
    action, channel = ("BlindTransfer", "DestChannel") if announced else ("Redirect", "Channel")
    answer = await client.send(Action=action, Channel=first[channel], Context="internal", Exten="1002")
    assert answer["Response"] == "Success"
    begun = await client.until("DialBegin")
    assert begun["DestChannel"].startswith("PJSIP/1002-")
    assert begun["CallerIDNum"] == "19900000001"
    names = [event["Event"] for event in client.events]
    assert ("BlindTransfer" in names) is announced
    assert "HangupRequest" not in names
    await client.until("BridgeEnter")
    await task


async def test_click_to_call_rings_the_agent_first(pbx: SimulatedPbx, log_in: LogIn) -> None:
    client = await log_in()
    order = {"Channel": "PJSIP/1001", "Context": "internal", "Exten": "919900000003", "CallerID": '"Li" <199>'}
    answer = await client.send(Action="Originate", Async="true", ActionID="c2c", **order)
    assert answer["Message"] == "Originate successfully queued"
    agent = await client.until("OriginateResponse")
    assert (agent["ActionID"], agent["Response"], agent["Reason"]) == ("c2c", "Success", "4")
    dialled = await client.until("DialBegin")
    assert dialled["DialString"] == "19900000003@trunk"
    await client.until("BridgeEnter")


async def test_the_products_own_link_is_content(pbx: SimulatedPbx) -> None:
    config = AmiConfig(host=pbx.host, port=pbx.ami_port, username=pbx.user, secret=pbx.secret)
    seen: list[str] = []
    async with AmiLink(config) as link:
        task = asyncio.create_task(pbx.play(CALL))
        async for received in link:
            seen.append(received.message.event)
            if received.message.event == "AgentConnect":
                answer = await link.send(actions.core_settings())
                assert answer.get("AsteriskVersion").startswith("22.")
                await link.send(actions.hangup(received.message.get("Channel")))
            if received.message.event == "AgentComplete":
                break
        await task
        assert not link.status().filters_refused
    assert "DeviceStateChange" not in seen, "the product's filters leave it out"
    assert seen.index("QueueCallerJoin") < seen.index("AgentConnect") < seen.index("AgentComplete")


async def test_doctor_finds_nothing_wrong(pbx: SimulatedPbx) -> None:
    ami = AmiConfig(host=pbx.host, port=pbx.ami_port, username=pbx.user, secret=pbx.secret)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    recordings = pbx.recordings_dir
    check = PbxCheckConfig(
        ami=ami,
        audio_host="127.0.0.1",
        audio_bind="127.0.0.1",
        audio_port=port,
        recordings_on_pbx=str(recordings),
        recordings_here=recordings,
    )
    findings = await check_pbx(check)
    assert {finding.check for finding in findings} >= {"pbx.modules", "pbx.audiosocket", "pbx.recordings", "pbx.write"}
    assert [finding for finding in findings if finding.verdict is not Verdict.OK] == []
