"""The PostgreSQL transport: two processes' hubs hear each other."""

import asyncio
import json
from collections.abc import AsyncIterator

import psycopg
import pytest
import pytest_asyncio

from callcenter.live.hub import Subscription
from callcenter.live.notices import RESYNC, Notice
from callcenter.live.postgres import PAYLOAD_BYTES, PostgresHub, decode, encode


def test_a_payload_comes_back_as_it_went() -> None:
    assert decode(encode("call:7", "partial", {"text": "退车", "seq": 3})) == (
        "call:7",
        "partial",
        {"text": "退车", "seq": 3},
    )


def test_what_is_too_long_for_the_database_becomes_a_resync() -> None:
    payload = encode("call:7", "partial", {"text": "退" * PAYLOAD_BYTES})
    assert json.loads(payload) == ["call:7", RESYNC, {}]


@pytest_asyncio.fixture
async def hubs(postgres_url: str) -> AsyncIterator[tuple[PostgresHub, PostgresHub]]:
    pair = (PostgresHub(postgres_url), PostgresHub(postgres_url))
    for hub in pair:
        await asyncio.to_thread(hub.start)
    yield pair
    for hub in pair:
        await asyncio.to_thread(hub.close)


async def take(subscription: Subscription, count: int) -> list[Notice]:
    notices: list[Notice] = []
    async with asyncio.timeout(20):
        while len(notices) < count:
            notices += await subscription.take(1)
    return notices


@pytest.mark.postgres
async def test_both_processes_hear_a_notice_in_order(hubs: tuple[PostgresHub, PostgresHub]) -> None:
    one, two = hubs
    readers = [hub.subscribe(["supervisors"])[0] for hub in hubs]
    for n in range(20):
        one.publish("supervisors", "call", {"n": n})
    for reader in readers:
        assert [notice.data["n"] for notice in await take(reader, 20)] == list(range(20))
    assert one.epoch != two.epoch


@pytest.mark.postgres
async def test_after_a_lost_connection_readers_resync_and_go_on(
    hubs: tuple[PostgresHub, PostgresHub], postgres_url: str
) -> None:
    reader, _ = hubs[1].subscribe(["a"])
    with psycopg.connect(postgres_url, autocommit=True) as admin:
        admin.execute("select pg_terminate_backend(pid) from pg_stat_activity where query like 'listen %'")
    assert [notice.kind for notice in await take(reader, 1)] == [RESYNC]
    hubs[0].publish("a", "call", {"n": 1})
    assert [notice.kind for notice in await take(reader, 1)] == ["call"]
