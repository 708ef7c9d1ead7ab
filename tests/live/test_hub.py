"""The hub: replay, overflow, slow readers, shutdown."""

import asyncio
import threading

import pytest
from hypothesis import given
from hypothesis import strategies as st

from callcenter.live.hub import IDLE_TOPICS, QUEUE_NOTICES, RING_NOTICES, RING_SECONDS, Hub, Subscription
from callcenter.live.notices import RESYNC, Notice, parse_id


class Clock:
    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


async def taken(subscription: Subscription) -> list[Notice]:
    return await subscription.take(5)


async def test_a_notice_reaches_the_readers_of_its_topic_only() -> None:
    hub = Hub()
    mine, _ = hub.subscribe(["extension:8001"])
    other, _ = hub.subscribe(["extension:8002"])
    hub.publish("extension:8001", "call", {"id": 7})
    hub.publish("extension:8002", "call", {"id": 8})
    assert [n.data["id"] for n in await taken(mine)] == [7]
    assert [n.data["id"] for n in await taken(other)] == [8]


async def test_what_was_missed_is_replayed_in_order_across_topics() -> None:
    hub = Hub()
    hub.publish("a", "call", {"n": 1})
    since = hub.last_id
    for n, topic in enumerate(("a", "b", "c", "a"), 2):
        hub.publish(topic, "call", {"n": n})
    _, missed = hub.subscribe(["a", "b"], since)
    assert missed is not None
    assert [n.data["n"] for n in missed] == [2, 3, 5]


async def test_partials_are_not_replayed() -> None:
    hub = Hub()
    since = hub.last_id
    hub.publish("a", "partial", {"n": 1})
    hub.publish("a", "utterance", {"n": 2})
    _, missed = hub.subscribe(["a"], since)
    assert [n.kind for n in missed or ()] == ["utterance"]


@pytest.mark.parametrize("last", [None, "", "nonsense", "other-3", "-5", "e-x"])
async def test_an_id_of_another_run_cannot_be_replayed(last: str | None) -> None:
    hub = Hub(epoch="e")
    hub.publish("a", "call", {})
    assert hub.subscribe(["a"], last)[1] is None


async def test_a_ring_that_overflowed_says_so_only_to_whom_it_concerns() -> None:
    hub = Hub()
    since = hub.last_id
    for n in range(RING_NOTICES + 1):
        hub.publish("busy", "call", {"n": n})
    hub.publish("calm", "call", {})
    assert hub.subscribe(["busy"], since)[1] is None
    assert len(hub.subscribe(["calm"], since)[1] or ()) == 1


async def test_old_notices_are_forgotten() -> None:
    clock = Clock()
    hub = Hub(clock=clock)
    since = hub.last_id
    hub.publish("a", "call", {"n": 1})
    clock.now += RING_SECONDS + 1
    hub.publish("a", "call", {"n": 2})
    assert hub.subscribe(["a"], since)[1] is None


async def test_topics_that_ended_are_dropped_and_their_readers_resync() -> None:
    clock = Clock()
    hub = Hub(clock=clock)
    since = hub.last_id
    hub.publish("call:1", "call", {})
    clock.now += RING_SECONDS + 1
    for n in range(IDLE_TOPICS + 1):
        hub.publish(f"t{n}", "call", {})
    assert hub.subscribe(["call:1"], since)[1] is None
    assert hub.subscribe(["call:1"], hub.last_id)[1] == []


async def test_a_slow_reader_is_told_to_resync_and_the_others_are_not() -> None:
    hub = Hub()
    slow, _ = hub.subscribe(["a"])
    for n in range(QUEUE_NOTICES + 1):
        hub.publish("a", "call", {"n": n})
    notices = await taken(slow)
    assert [n.kind for n in notices] == [RESYNC]
    hub.publish("a", "call", {"n": "next"})
    assert [n.data["n"] for n in await taken(slow)] == ["next"]


async def test_forgetting_tells_everybody() -> None:
    hub = Hub()
    reader, _ = hub.subscribe(["a", "b"])
    hub.publish("a", "call", {})
    before = "0-0".replace("0-", f"{hub.epoch}-")
    hub.forget()
    assert [n.kind for n in await taken(reader)] == ["call", RESYNC]
    assert hub.subscribe(["a"], before)[1] is None
    assert hub.subscribe(["a"], hub.last_id)[1] == []


async def test_publishing_from_threads_loses_nothing() -> None:
    hub = Hub()
    reader, _ = hub.subscribe(["a"])

    def publish_many() -> None:
        for _ in range(50):
            hub.publish("a", "call", {})

    threads = [threading.Thread(target=publish_many) for _ in range(4)]
    for thread in threads:
        thread.start()
    seen: list[int] = []
    while len(seen) < 200:
        seen += [n.seq for n in await taken(reader)]
    for thread in threads:
        thread.join()
    assert seen == sorted(seen)
    assert len(set(seen)) == 200


async def test_a_reader_waits_until_something_comes() -> None:
    hub = Hub()
    reader, _ = hub.subscribe(["a"])
    waiting = asyncio.create_task(taken(reader))
    await asyncio.sleep(0)
    hub.publish("a", "call", {"n": 1})
    assert [n.data["n"] for n in await waiting] == [1]
    assert await reader.take(0) == []


async def test_closing_ends_every_stream_at_once() -> None:
    hub = Hub()
    reader, _ = hub.subscribe(["a"])
    waiting = asyncio.create_task(reader.take(3600))
    await asyncio.sleep(0)
    hub.close()
    assert await waiting == []
    assert reader.is_closed
    late, _ = hub.subscribe(["a"])
    assert late.is_closed
    hub.publish("a", "call", {})


async def test_a_reader_that_left_is_forgotten() -> None:
    hub = Hub()
    reader, _ = hub.subscribe(["a", "b"])
    assert hub.subscribers == 1
    reader.close()
    reader.close()
    assert hub.subscribers == 0
    assert not hub.has_subscribers("a")


@given(
    topics=st.lists(st.sampled_from("abc"), max_size=60),
    cut=st.integers(0, 60),
    wanted=st.frozensets(st.sampled_from("abc"), min_size=1),
)
def test_reading_on_after_any_cut_gives_what_an_unbroken_reader_got(
    topics: list[str], cut: int, wanted: frozenset[str]
) -> None:
    async def play() -> None:
        hub = Hub()
        whole, _ = hub.subscribe(wanted)
        for topic in topics[:cut]:
            hub.publish(topic, "call", {})
        last = hub.last_id
        for topic in topics[cut:]:
            hub.publish(topic, "call", {})
        _, missed = hub.subscribe(wanted, last)
        since = parse_id(last)
        assert since is not None
        assert missed == [n for n in await whole.take(0.01) if n.seq > since[1]]

    asyncio.run(play())
