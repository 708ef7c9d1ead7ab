"""The lasting link: login, pings, snapshots, reconnects, gaps, and what is never sent twice."""

import asyncio
import logging
import ssl
from collections.abc import AsyncIterator
from hashlib import sha256
from pathlib import Path

import pytest

from callcenter.ami import actions
from callcenter.ami.config import DEFAULT_FILTERS, AmiConfig, EventFilter
from callcenter.ami.errors import (
    AmiActionInFlight,
    AmiActionRefused,
    AmiActionTimeout,
    AmiLinkLost,
    AmiUnsafeValue,
)
from callcenter.ami.journal import Journal, JournalConfig, read_journals
from callcenter.ami.link import AmiLink
from callcenter.ami.messages import Received
from callcenter.ami.status import LinkStatus
from tests.fakes_ami import FakeManager, running

TLS = Path(__file__).parent / "tls"
CERTIFICATE = TLS / "certificate.pem"
"""Self-signed, for the name `pbx.test`, valid for a hundred years; with a throw-away key beside it."""


@pytest.fixture
async def manager() -> AsyncIterator[FakeManager]:
    async with running(FakeManager()) as fake:
        yield fake


def config(manager: FakeManager, **changes: object) -> AmiConfig:
    fields: dict[str, object] = {
        "host": "127.0.0.1",
        "port": manager.port,
        "username": "cc",
        "secret": "s3cret",
        "retry_min": 0.01,
        "retry_max": 0.05,
        "refused_retry": 0.05,
        "filters": (),
    }
    return AmiConfig(**{**fields, **changes})  # type: ignore[arg-type]


async def next_event(messages: AsyncIterator[Received], name: str) -> Received:
    async with asyncio.timeout(10):
        async for received in messages:
            if received.message.event == name:
                return received
    raise AssertionError(f"no {name}")


async def until_logged_in(link: AmiLink) -> None:
    async with asyncio.timeout(10):
        while not link.status().connected:
            await asyncio.sleep(0.005)


async def test_logs_in_by_challenge_and_asks_for_the_snapshot(manager: FakeManager) -> None:
    async with AmiLink(config(manager)) as link:
        await manager.wait_for("QueueStatus")
    login = manager.actions("Login")[0]
    assert "Secret" not in login
    assert login["AuthType"] == "MD5"
    names = [action["Action"] for action in manager.connections[0].received]
    assert names == ["Challenge", "Login", "CoreShowChannels", "Status", "QueueStatus"]
    ids = [action["ActionID"] for action in manager.connections[0].received[2:]]
    assert ids == ["snapshot-channels", "snapshot-status", "snapshot-queues"]
    assert not link.status().connected


async def test_plain_login(manager: FakeManager) -> None:
    async with AmiLink(config(manager, md5_login=False)):
        assert (await manager.wait_for("Login"))["Secret"] == "s3cret"


async def test_a_second_boot_asks_for_a_second_snapshot(manager: FakeManager) -> None:
    async with AmiLink(config(manager)):
        await manager.wait_for("QueueStatus")
        await manager.connections[0].send("Event: FullyBooted\nUptime: 1\n\n")
        await manager.wait_for("QueueStatus", 2)


async def test_no_fully_booted_no_wait_for_ever(manager: FakeManager, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("callcenter.ami.serve.BOOT_WAIT_SECONDS", 0.01)
    manager.fully_booted = False
    async with AmiLink(config(manager)):
        await manager.wait_for("QueueStatus")


async def test_a_cut_link_is_made_anew_with_a_new_number_and_filters(manager: FakeManager) -> None:
    async with AmiLink(config(manager, filters=(EventFilter(event="VarSet"),))) as link:
        messages = aiter(link)
        first = await next_event(messages, "FullyBooted")
        await manager.wait_for("QueueStatus")
        manager.connections[0].close()
        second = await next_event(messages, "FullyBooted")
        await manager.wait_for("QueueStatus", 2)
        assert (first.connection, second.connection) == (1, 2)
        assert len(manager.actions("Filter")) == 2
        assert link.status().reconnects == 1


async def test_refused_filters_do_no_harm(manager: FakeManager) -> None:
    manager.answers["Filter"] = "Response: Error\nMessage: Permission denied"
    async with AmiLink(config(manager, filters=DEFAULT_FILTERS)) as link:
        await manager.wait_for("QueueStatus")
        assert link.status().filters_refused


async def test_a_half_open_link_is_noticed(manager: FakeManager) -> None:
    async with AmiLink(config(manager, ping_every=0.02, ping_timeout=0.02)):
        await manager.wait_for("QueueStatus")
        manager.answers["Ping"] = None
        await manager.wait_for("Login", 2)


async def test_a_ping_that_is_refused_is_an_answer(manager: FakeManager) -> None:
    manager.answers["Ping"] = "Response: Error\nMessage: busy"
    async with AmiLink(config(manager, ping_every=0.02)) as link:
        await manager.wait_for("Ping", 3)
        assert link.status().connected
    assert len(manager.connections) == 1


async def test_a_wrong_password_is_said_once(manager: FakeManager, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING):
        async with AmiLink(config(manager, secret="wrong")) as link:
            await manager.wait_for("Login", 3)
            assert "check user name, secret" in link.status().last_error
            assert not link.status().connected
    assert len(caplog.records) == 1
    assert "wrong" not in caplog.text


async def test_the_right_password_later(manager: FakeManager) -> None:
    async with AmiLink(config(manager, secret="new")) as link:
        await manager.wait_for("Login", 2)
        manager.secret = "new"
        await until_logged_in(link)


async def test_nothing_is_sent_twice(manager: FakeManager) -> None:
    manager.answers["Originate"] = None
    async with AmiLink(config(manager)) as link:
        await manager.wait_for("QueueStatus")
        action = actions.originate_call("PJSIP/1001", "139", context="internal", action_id="c2c-1")
        call = asyncio.create_task(link.send(action))
        await manager.wait_for("Originate")
        manager.connections[0].close()
        with pytest.raises(AmiLinkLost):
            await call
        await manager.wait_for("QueueStatus", 2)
        assert len(manager.actions("Originate")) == 1


async def test_nothing_is_kept_while_there_is_no_link() -> None:
    async with running(FakeManager()) as manager:
        port = manager.port
    async with AmiLink(config(FakeManager(port=port))) as link:
        with pytest.raises(AmiLinkLost, match="no link"):
            await link.send(actions.ping())


async def test_answers(manager: FakeManager) -> None:
    manager.answers["Getvar"] = "Response: Success\nVariable: X\nValue: 1"
    manager.answers["Hangup"] = "Response: Error\nMessage: No such channel"
    manager.answers["Status"] = None
    async with AmiLink(config(manager)) as link:
        await until_logged_in(link)
        assert (await link.send(actions.getvar("X"))).get("Value") == "1"
        with pytest.raises(AmiActionRefused, match="No such channel"):
            await link.send(actions.hangup("PJSIP/1"))
        with pytest.raises(AmiActionTimeout):
            await link.send(actions.redirect("PJSIP/1", context="a", exten="b"), within=0.0001)


async def test_events_do_not_keep_an_unanswered_action_waiting(manager: FakeManager) -> None:
    manager.answers["Hangup"] = None
    async with AmiLink(config(manager)) as link:
        await manager.wait_for("QueueStatus")

        async def chatter() -> None:
            while True:
                await manager.connections[0].send("Event: Newexten\n\n")
                await asyncio.sleep(0.005)

        chat = asyncio.create_task(chatter())
        with pytest.raises(AmiActionTimeout):
            await link.send(actions.hangup("PJSIP/1"), within=0.05)
        chat.cancel()


async def test_an_action_id_in_use(manager: FakeManager) -> None:
    manager.answers["Getvar"] = None
    async with AmiLink(config(manager)) as link:
        await until_logged_in(link)
        first = asyncio.create_task(link.send(actions.getvar("X", unique_id="1.1")))
        await manager.wait_for("Getvar")
        with pytest.raises(AmiActionInFlight):
            await link.send(actions.getvar("X", unique_id="1.1"))
        first.cancel()


async def test_list_items_and_events_come_in_order(manager: FakeManager) -> None:
    manager.answers["CoreShowChannels"] = (
        b"Response: Success\r\nActionID: snapshot-channels\r\nEventList: start\r\n\r\n"
        b"Event: CoreShowChannel\r\nUniqueid: 1.1\r\n\r\nEvent: Hangup\r\nUniqueid: 1.2\r\n\r\n"
        b"Event: CoreShowChannelsComplete\r\nActionID: snapshot-channels\r\n\r\n"
    )
    async with AmiLink(config(manager)) as link:
        messages = aiter(link)
        await next_event(messages, "FullyBooted")
        names = []
        async with asyncio.timeout(10):
            async for received in messages:
                names.append(received.message.event or received.message.get("ActionID"))
                if names[-1] == "CoreShowChannelsComplete":
                    break
        assert names == ["snapshot-channels", "CoreShowChannel", "Hangup", "CoreShowChannelsComplete"]


async def test_a_slow_consumer_loses_the_link_and_no_message(manager: FakeManager) -> None:
    async with AmiLink(config(manager, queue_limit=200)) as link:
        await manager.wait_for("QueueStatus")
        for number in range(300):
            await manager.connections[0].send(f"Event: Hangup\nUniqueid: 1.{number}\n\n")
        async with asyncio.timeout(10):
            while "keep up" not in link.status().last_error:
                await asyncio.sleep(0.005)
        assert link.status().queue_length > 200
        seen = []
        messages = aiter(link)
        while (received := await anext(messages)).connection == 1:
            if received.message.event == "Hangup":
                seen.append(received.message.get("Uniqueid"))
        assert seen == [f"1.{number}" for number in range(len(seen))]
        assert received.connection == 2


async def test_everything_is_journalled_wanted_or_not(manager: FakeManager, tmp_path: Path) -> None:
    for _ in range(2):
        journal = Journal(JournalConfig(folder=tmp_path))
        async with AmiLink(config(manager), journal=journal, wanted={b"Hangup": ()}) as link:
            messages = aiter(link)
            await next_event(messages, "FullyBooted")
            await manager.connections[-1].send("Event: VarSet\nVariable: 张\n\nEvent: Hangup\n\n")
            await next_event(messages, "Hangup")
            assert link.status().skipped == 1
    records = list(read_journals(tmp_path))
    blocks = [block for _, _, block in records]
    assert blocks[0] == b"Asterisk Call Manager/11.0.0\r\n\r\n"
    assert blocks.count("Event: VarSet\r\nVariable: 张\r\n\r\n".encode()) == 2
    assert sorted({connection for _, connection, _ in records}) == [1, 2]


async def test_status_tells_delay_and_changes(manager: FakeManager) -> None:
    states: list[LinkStatus] = []
    link = AmiLink(config(manager), on_change=states.append, clock=lambda: 100.0)
    async with link:
        messages = aiter(link)
        await next_event(messages, "FullyBooted")
        await manager.connections[0].send("Event: Hangup\nTimestamp: 99.250000\n\nEvent: X\nTimestamp: soon\n\n")
        await next_event(messages, "X")
        status = link.status()
        assert status.event_delay_seconds == 0.75
        assert status.last_message_at == 100.0
        assert status.protocol_version == "11.0.0"
        manager.connections[0].close()
        await manager.wait_for("Login", 2)
    assert [state.connected for state in states][:2] == [True, False]


async def test_a_late_consumer_still_gets_what_came_before_the_close(manager: FakeManager) -> None:
    async with AmiLink(config(manager)) as link:
        await manager.wait_for("QueueStatus")
    assert "FullyBooted" in [received.message.event async for received in link]


async def test_a_fault_is_not_silent(manager: FakeManager) -> None:
    async with AmiLink(config(manager, username="a\r\nb")) as link:
        with pytest.raises(AmiUnsafeValue):
            await next_event(aiter(link), "FullyBooted")


@pytest.mark.parametrize("changes", [{"host": "a..b"}, {"host": "no.such.host.invalid"}, {"port": 99999}])
async def test_an_impossible_address_is_told_and_tried_again(manager: FakeManager, changes: dict[str, object]) -> None:
    async with AmiLink(config(manager, **changes)) as link, asyncio.timeout(20):
        while not link.status().last_error:
            await asyncio.sleep(0.005)
        assert link.status().last_error.startswith("No connection to")


async def logs_in_over_tls(**changes: object) -> bool:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(CERTIFICATE, TLS / "key.pem")
    async with running(FakeManager(), tls=context) as fake, AmiLink(config(fake, tls=True, **changes)) as link:
        async with asyncio.timeout(10):
            while not link.status().connected and not link.status().last_error:
                await asyncio.sleep(0.005)
        return link.status().connected


async def test_tls_by_authority_and_by_fingerprint() -> None:
    fingerprint = sha256(ssl.PEM_cert_to_DER_cert(CERTIFICATE.read_text())).hexdigest()
    assert await logs_in_over_tls(tls_ca_file=CERTIFICATE, tls_server_name="pbx.test")
    assert await logs_in_over_tls(tls_fingerprint=fingerprint.upper())
    assert not await logs_in_over_tls(tls_fingerprint="00" * 32)
    assert not await logs_in_over_tls(tls_ca_file=CERTIFICATE, tls_server_name="other.test")
    assert not await logs_in_over_tls()


def test_the_secret_is_in_no_log() -> None:
    assert "s3cret" not in repr(config(FakeManager()))


def test_backoff_is_capped() -> None:
    link = AmiLink(config(FakeManager(), retry_min=0.5, retry_max=30.0), jitter=lambda: 1.0)
    assert [link._backoff(n) for n in (0, 1, 5, 50)] == [0.5, 1.0, 16.0, 30.0]
    link._jitter = lambda: 0.0
    assert link._backoff(50) == 15.0
