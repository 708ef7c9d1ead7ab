"""The hardened client alone, as a user of asterisk-ami would use it: every row of ami.md §B.2 that concerns it."""

import asyncio
import threading
from collections.abc import AsyncIterator

import pytest
from asterisk.ami import Event

from callcenter.ami import actions
from callcenter.ami.action import SafeAction
from callcenter.ami.client import HardenedAMIClient
from callcenter.ami.config import AmiConfig
from callcenter.ami.errors import AmiLinkLost, AmiProtocolError
from tests.fakes_ami import FakeManager, running


@pytest.fixture
async def manager() -> AsyncIterator[FakeManager]:
    async with running(FakeManager()) as fake:
        yield fake


def config(manager: FakeManager, **changes: object) -> AmiConfig:
    fields: dict[str, object] = {"host": "127.0.0.1", "port": manager.port, "username": "cc", "secret": "s3cret"}
    return AmiConfig(**{**fields, **changes})  # type: ignore[arg-type]


class Heard:
    """Collects what listeners are told, from the reader thread."""

    def __init__(self) -> None:
        self.events: list[Event] = []
        self._changed = threading.Condition()

    def on_event(self, event: Event, **_: object) -> None:
        with self._changed:
            self.events.append(event)
            self._changed.notify_all()

    def wait(self, count: int) -> list[Event]:
        with self._changed:
            assert self._changed.wait_for(lambda: len(self.events) >= count, timeout=10)
        return self.events


async def connected(client: HardenedAMIClient) -> HardenedAMIClient:
    await asyncio.to_thread(client.connect)
    return client


async def test_login_and_events_with_the_librarys_vocabulary(manager: FakeManager) -> None:
    client, heard = await connected(HardenedAMIClient(config(manager))), Heard()
    client.add_event_listener(heard.on_event)
    future = client.send_action(actions.login("cc", "s3cret"))
    assert (await asyncio.to_thread(lambda: future.response)).keys["Message"] == "Authentication accepted"
    await manager.connections[0].send("Event: X\nVariable: a=1\nVariable: b=2\nName: 张\u2028伟\n\n")
    event = (await asyncio.to_thread(heard.wait, 2))[1]
    assert event["Variable"] == ["a=1", "b=2"]
    assert event["Name"] == "张\u2028伟"
    client.disconnect()


async def test_a_quiet_link_lives_on(manager: FakeManager) -> None:
    """The library's reader dies after 3 s without data; ours has no time-out at all to reach."""
    client, heard = await connected(HardenedAMIClient(config(manager, action_timeout=0.05))), Heard()
    client.add_event_listener(heard.on_event)
    await asyncio.sleep(0.3)
    await manager.connections[0].send("Event: Later\n\n")
    assert (await asyncio.to_thread(heard.wait, 1))[0].name == "Later"
    assert not client.finished.is_set()
    client.disconnect()


async def test_a_failing_listener_does_not_end_the_feed(manager: FakeManager) -> None:
    client, heard = await connected(HardenedAMIClient(config(manager))), Heard()

    def failing(event: Event, **more: object) -> None:
        heard.on_event(event, **more)
        raise RuntimeError("listener")

    client.add_event_listener(failing)
    await manager.connections[0].send("Event: A\n\nEvent: B\n\n")
    assert [event.name for event in await asyncio.to_thread(heard.wait, 2)] == ["A", "B"]
    client.disconnect()


async def test_an_unanswered_action_is_none_and_forgotten(manager: FakeManager) -> None:
    manager.answers["Ping"] = None
    client = await connected(HardenedAMIClient(config(manager, action_timeout=0.05)))
    future = client.send_action(actions.ping())
    assert await asyncio.to_thread(lambda: future.response) is None
    for _ in range(1500):
        client.send_action(actions.ping())
    assert len(client._futures) <= 1000
    client.disconnect()


async def test_a_failing_callback_still_answers(manager: FakeManager) -> None:
    client = await connected(HardenedAMIClient(config(manager)))
    future = client.send_action(actions.ping(), callback=lambda _: 1 / 0)
    assert (await asyncio.to_thread(lambda: future.response)).status == "Success"
    client.disconnect()


async def test_many_threads_send_whole_actions(manager: FakeManager) -> None:
    client = await connected(HardenedAMIClient(config(manager)))

    def hundred() -> list[str]:
        return [client.send_action(actions.ping()).response.status for _ in range(100)]

    results = await asyncio.gather(*(asyncio.to_thread(hundred) for _ in range(8)))
    assert results == [["Success"] * 100] * 8
    assert len({action["ActionID"] for action in manager.actions("Ping")}) == 800
    client.disconnect()


async def test_a_large_action_is_sent_whole(manager: FakeManager) -> None:
    client = await connected(HardenedAMIClient(config(manager)))
    keys = {f"K{number}": "x" * 1000 for number in range(120)}
    future = client.send_action(SafeAction("Big", keys))
    assert (await asyncio.to_thread(lambda: future.response)).status == "Success"
    assert manager.actions("Big")[0]["K119"] == "x" * 1000
    client.disconnect()


async def test_the_end_is_told_once(manager: FakeManager) -> None:
    ends: asyncio.Queue[object] = asyncio.Queue()
    loop = asyncio.get_running_loop()

    def tell(error: AmiLinkLost | None) -> None:
        loop.call_soon_threadsafe(ends.put_nowait, error)

    client = await connected(HardenedAMIClient(config(manager), on_closed=tell))
    manager.connections[0].close()
    assert await asyncio.wait_for(ends.get(), 10) is None
    with pytest.raises(AmiLinkLost):
        client.send(actions.ping())


async def test_something_else_answers() -> None:
    async with running(FakeManager(greeting=b"SSH-2.0-OpenSSH_9.2\r\n")) as fake:
        with pytest.raises(AmiProtocolError, match="no Asterisk manager"):
            await connected(HardenedAMIClient(config(fake)))


async def test_nothing_greets() -> None:
    async with running(FakeManager(greeting=b"")) as fake:
        with pytest.raises(AmiLinkLost, match="no manager greeting"):
            await connected(HardenedAMIClient(config(fake, connect_timeout=0.1)))


async def test_nobody_listens(manager: FakeManager) -> None:
    with pytest.raises(AmiLinkLost, match="No connection to"):
        await connected(HardenedAMIClient(config(manager, port=1)))


async def test_ipv6_and_names() -> None:
    async with running(FakeManager(), host="::1") as fake:
        client = await connected(HardenedAMIClient(config(fake, host="::1")))
        client.disconnect()
    async with running(FakeManager(), host="localhost") as fake:
        client = await connected(HardenedAMIClient(config(fake, host="localhost")))
        client.disconnect()
