"""A call through transfers, cut links, crashes of the PBX and of the product: nothing lost, nothing doubled, gaps
marked."""

import asyncio
from pathlib import Path

import pytest
from playwright.async_api import expect

from callcenter.core.transcript import Speaker
from callcenter.store.tables import Call
from tests.e2e.conftest import SignIn
from tests.e2e.product import Product
from tests.e2e.speech import Turn, dialogue
from tests.rig.legs import Leg
from tests.rig.rig import Rig

pytestmark = [pytest.mark.rig, pytest.mark.models, pytest.mark.samples]

NUMBER = "13800138000"
LANGUAGE = "en"


def said_by(speaker: Speaker) -> list[Turn]:
    return [turn for turn in dialogue("brakes_failed", LANGUAGE) if turn.speaker is speaker]


async def start_call(rig: Rig, did: str = "4001", extension: str = "1001") -> tuple[Leg, Leg]:
    """A call that is up: the customer's leg and the agent's."""
    customer = await rig.customer_calls(did, number=NUMBER, name="Wang")
    agent = await rig.phone(extension).rings()
    await agent.answer()
    return customer, agent


def the_one_call(calls: list[Call]) -> Call:
    assert len(calls) == 1, [call.model_dump() for call in calls]
    return calls[0]


async def hears(product: Product, speaker: Speaker, after: int = 0) -> None:
    """Wait until more than `after` utterances of this speaker are stored."""
    async with asyncio.timeout(30):
        while True:
            calls = product.calls()
            if calls and len([u for u in product.utterances(calls[0]) if u.speaker == speaker]) > after:
                return
            await asyncio.sleep(0.2)


@pytest.mark.browser
@pytest.mark.timeout(240)
async def test_a_blind_transfer_moves_the_pop(rig: Rig, tmp_path: Path, sign_in: SignIn) -> None:
    async with Product(rig, tmp_path / "product", language=LANGUAGE) as product:
        product.add_agent("lina", "1001")
        product.add_agent("zhou", "1002")
        product.add_customer("王建国", NUMBER)
        first, second = await sign_in(product, "lina"), await sign_in(product, "zhou")
        customer, agent = await start_call(rig)
        await expect(first.locator("#desk")).to_have_attribute("data-state", "talking")

        await rig.refer(agent, "1002")
        takes_over = await rig.phone("1002").rings()
        await expect(second.locator("#desk")).to_have_attribute("data-state", "ringing")
        await expect(second.locator("#customer")).to_contain_text("王建国")
        await expect(second.locator("#call-bar")).to_contain_text("138 0013 8000")
        await takes_over.answer()
        await expect(second.locator("#desk")).to_have_attribute("data-state", "talking")
        await expect(first.locator("#desk")).not_to_have_attribute("data-state", "talking")

        await customer.play(said_by(Speaker.CUSTOMER)[0].wav)
        await hears(product, Speaker.CUSTOMER)
        await takes_over.play(said_by(Speaker.AGENT)[0].wav)
        await expect(second.locator(".line[data-speaker=agent]").first).to_be_visible()
        await customer.hangup()
        call = the_one_call(await product.until_ended())
        assert [t["kind"] for t in call.transfers] == ["blind"]
        assert (call.final_agent, call.customer_number) == ("1002", NUMBER)
        assert [a["extension"] for a in call.agents] == ["1001", "1002"]
        recording = await product.until_transcribed(call)
        assert recording.status == "transcribed", recording.error


@pytest.mark.timeout(180)
async def test_the_link_cut_in_mid_call(rig: Rig, tmp_path: Path) -> None:
    async with Product(rig, tmp_path / "product", language=LANGUAGE) as product:
        customer, agent = await start_call(rig)
        await customer.play(said_by(Speaker.CUSTOMER)[0].wav)
        await hears(product, Speaker.CUSTOMER)
        await rig.ami_proxy.cut()
        await asyncio.sleep(2)
        await rig.ami_proxy.restore()
        await agent.play(said_by(Speaker.AGENT)[0].wav)
        async with asyncio.timeout(30):
            while not any(gap.restored_at for gap in product.gaps()):
                await asyncio.sleep(0.2)
        await customer.hangup()
        call = the_one_call(await product.until_ended())
        assert call.disposition == "answered"
        assert call.gap is not None
        assert agent.answered_at is not None
        assert customer.ended_at is not None
        assert call.talk_seconds == pytest.approx(customer.ended_at - agent.answered_at, abs=0.15)
        assert len(product.gaps()) == 1
        # Audio does not go through the manager link: what was said while it was cut is heard all the same.
        assert {u.speaker for u in product.utterances(call)} == {"customer", "agent"}
        assert (await product.until_transcribed(call)).status == "transcribed"


@pytest.mark.timeout(180)
async def test_the_pbx_killed_and_restarted_in_mid_call(rig: Rig, tmp_path: Path) -> None:
    async with Product(rig, tmp_path / "product", language=LANGUAGE) as product:
        customer, _ = await start_call(rig)
        await customer.play(said_by(Speaker.CUSTOMER)[0].wav)
        await hears(product, Speaker.CUSTOMER)
        await rig.kill_pbx()
        await rig.start_pbx()
        lost = the_one_call(await product.until_ended(seconds=60))
        assert lost.gap is not None
        assert lost.disposition in ("answered", "lost")
        assert product.utterances(lost)
        recording = await product.until_transcribed(lost)
        assert recording.status == "transcribed", recording.error

        await rig.phones.hang_up_everything()
        customer, _ = await start_call(rig)
        await customer.hangup(after=1)
        calls = await product.until_ended(2)
        assert [call.disposition for call in calls][-1] == "answered"
        assert len({call.call_key for call in calls}) == 2


@pytest.mark.timeout(240)
async def test_the_product_killed_in_mid_call(rig: Rig, tmp_path: Path) -> None:
    async with Product(rig, tmp_path / "product", language=LANGUAGE) as product:
        customer, agent = await start_call(rig)
        await customer.play(said_by(Speaker.CUSTOMER)[0].wav)
        await hears(product, Speaker.CUSTOMER)
        (before,) = product.calls()
        heard_before = [u.text for u in product.utterances(before)]

        await product.kill()
        await asyncio.sleep(1)
        await product.start()
        await agent.play(said_by(Speaker.AGENT)[0].wav)
        await hears(product, Speaker.AGENT)
        await customer.hangup()
        call = the_one_call(await product.until_ended())
        assert call.id == before.id
        assert call.disposition == "answered"
        assert call.gap is not None
        assert call.hangup_by == "customer"
        assert agent.answered_at is not None
        assert customer.ended_at is not None
        assert call.talk_seconds == pytest.approx(customer.ended_at - agent.answered_at, abs=0.15)
        texts = [u.text for u in product.utterances(call)]
        assert [t for t in texts if t in heard_before] == heard_before
        assert len(texts) == len(set(texts)), "something was stored twice"
        assert [gap.restored_at is not None for gap in product.gaps()] == [True]
        recording = await product.until_transcribed(call)
        assert recording.status == "transcribed", recording.error
        assert recording.duration_seconds == pytest.approx(call.talk_seconds, abs=1.0)
