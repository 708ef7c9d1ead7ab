"""The product's link, translation and tracker on a living PBX: what they say is what the telephones saw."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import pytest

from callcenter.ami.config import AmiConfig
from callcenter.ami.link import AmiLink
from callcenter.ami.translate import WANTED, Translator
from callcenter.core.call_record import CallRecord
from callcenter.core.calls import CallTracker
from callcenter.core.events import CallAnswered, CallEnded, CallEvent, CallOffered
from callcenter.services.ask_pbx import AskPbx
from tests.replays import comparison
from tests.replays.comparison import differences
from tests.rig.recorder import Recorder
from tests.rig.rig import Rig
from tests.rig.scenarios import inbound, queues, transfers
from tests.rig.scenarios.registry import Play, Stage

pytestmark = pytest.mark.rig

TICK_SECONDS = 0.25
BUSY_SECONDS = 1.5
"""How far the telephones' Asterisk and the PBX may be apart when a busy machine runs eight of them."""


@dataclass(slots=True)
class Watch:
    """What the product has understood so far."""

    link: AmiLink
    events: list[CallEvent] = field(default_factory=list)
    _changed: asyncio.Event = field(default_factory=asyncio.Event)

    def said(self, events: list[CallEvent]) -> None:
        self.events += events
        self._changed.set()

    @property
    def ended(self) -> list[CallRecord]:
        return [event.record for event in self.events if isinstance(event, CallEnded)]

    async def until_ended(self, count: int) -> list[CallRecord]:
        """Await the end of so many calls, in order of start."""
        async with asyncio.timeout(10):
            while len(self.ended) < count:
                self._changed.clear()
                await self._changed.wait()
        return sorted(self.ended, key=lambda record: record.started_at)


@asynccontextmanager
async def watching(rig: Rig) -> AsyncIterator[Watch]:
    """The product connected through the proxy as the documented manager user."""
    config = AmiConfig(
        host=rig.ami_host,
        port=rig.ami_proxy.port,
        username=rig.ami_user,
        secret=rig.ami_secret,
        retry_min=0.1,
        retry_max=0.2,
    )
    async with AmiLink(config, wanted=WANTED) as link:
        watch, asking = Watch(link), AskPbx(link)
        tracker, translator = CallTracker(), Translator()

        async def follow() -> None:
            async for received in link:
                for event in translator.translate(received):
                    watch.said(tracker.handle(event))
                asking.ask(tracker.take_wanted())

        async def tick() -> None:
            while True:
                await asyncio.sleep(TICK_SECONDS)
                watch.said(tracker.tick(time.time()))

        tasks = [asyncio.create_task(follow()), asyncio.create_task(tick())]
        try:
            async with asyncio.timeout(10):
                while not link.status().connected:
                    await asyncio.sleep(0.05)
            yield watch
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            await asking.aclose()


SCENARIOS: tuple[Play, ...] = (
    inbound.ringgroup_local_optimised,
    queues.queue_declined_then_answered,
    transfers.blind_xfer_from_queue,
    transfers.att_xfer_dtmf,
)


async def wrong_in(play: Play) -> list[list[str]]:
    """What the product got wrong of each call of a scenario, played on a rig of its own."""
    async with Rig() as rig, watching(rig) as watch:
        recorder = Recorder(rig.ami_port, "recorder", rig.ami_secret)
        truths = await play(Stage(rig=rig, recorder=recorder))
        records = await watch.until_ended(len(truths))
    return [differences(record, truth, "") for record, truth in zip(records, truths, strict=True)]


async def test_live_calls_come_out_true(monkeypatch: pytest.MonkeyPatch) -> None:
    """Side by side, since each takes as long as its calls do."""
    monkeypatch.setattr(comparison, "SECONDS", BUSY_SECONDS)
    wrong = await asyncio.gather(*(wrong_in(play) for play in SCENARIOS))
    assert wrong == [[[]] for _ in SCENARIOS]


async def test_a_ringing_phone_is_known_before_it_is_answered(rig: Rig) -> None:
    async with watching(rig) as watch:
        customer = await rig.customer_calls("4020", number="13800138000", name="张伟")
        agent = await rig.phone("1001").answer(after=0.5)
        await asyncio.sleep(0.5)
        await customer.hangup()
        await agent.wait_ended()
        (record,) = await watch.until_ended(1)
    kinds = [type(event) for event in watch.events]
    assert kinds.index(CallOffered) < kinds.index(CallAnswered)
    assert (record.customer_number, record.customer_name) == ("13800138000", "张伟")


async def test_a_call_survives_a_cut_link(rig: Rig) -> None:
    async with watching(rig) as watch:
        customer = await rig.customer_calls("4001")
        agent = await rig.phone("1001").answer(after=0.3)
        await asyncio.sleep(0.5)
        await rig.ami_proxy.cut()
        await asyncio.sleep(1)
        await rig.ami_proxy.restore()
        await asyncio.sleep(1)
        await customer.hangup()
        await agent.wait_ended()
        (record,) = await watch.until_ended(1)
    assert record.gap is not None
    assert customer.created_at and customer.answered_at and customer.ended_at
    assert abs(record.started_at - customer.created_at) < BUSY_SECONDS
    assert record.answered_at and abs(record.answered_at - customer.answered_at) < BUSY_SECONDS
    assert record.ended_at and abs(record.ended_at - customer.ended_at) < BUSY_SECONDS


async def test_a_crashed_pbx_ends_its_calls_and_serves_the_next(rig: Rig) -> None:
    async with watching(rig) as watch:
        await rig.customer_calls("4001")
        await rig.phone("1001").answer(after=0.2)
        await asyncio.sleep(0.5)
        await rig.kill_pbx()
        await rig.phones.hang_up_everything()
        await rig.start_pbx()
        (lost,) = await watch.until_ended(1)
        customer = await rig.customer_calls("4001", number="13822222222")
        agent = await rig.phone("1001").answer(after=0.2)
        await customer.hangup()
        await agent.wait_ended()
        _, after = await watch.until_ended(2)
    assert lost.gap is not None
    assert (after.customer_number, after.final_agent) == ("13822222222", "1001")


async def test_a_number_that_the_caller_hides_is_hidden(rig: Rig) -> None:
    async with watching(rig) as watch:
        customer = await rig.customer_calls("4001", name="Zhang San", hidden=True, asserted=True)
        agent = await rig.phone("1001").answer(after=0.5)
        await customer.hangup()
        await agent.wait_ended()
        (record,) = await watch.until_ended(1)
    assert record.number_hidden
    assert record.customer_number == ""
