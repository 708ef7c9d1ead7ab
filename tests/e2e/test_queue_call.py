"""One inbound queue call with real speech on both legs, from the first ring to the transcript of its recording: real
Asterisk, real models, real browser."""

from pathlib import Path

import pytest
from playwright.async_api import Page, expect

from callcenter.core.transcript import Speaker
from callcenter.store.tables import Call, UtteranceRow
from tests.e2e.conftest import SignIn
from tests.e2e.product import Product
from tests.e2e.speech import Turn, dialogue, error_rate
from tests.rig.legs import Leg
from tests.rig.rig import Rig

pytestmark = [pytest.mark.rig, pytest.mark.models, pytest.mark.samples, pytest.mark.browser]

NUMBER = "13800138000"
WORST_ERROR_RATE = {"en": 0.25, "zh": 0.45}
"""Of synthetic voices over a telephone line, whole dialogue: a recogniser that is broken is far worse."""


async def talk(turns: list[Turn], customer: Leg, agent: Leg) -> None:
    for turn in turns:
        await (customer if turn.speaker is Speaker.CUSTOMER else agent).play(turn.wav)


@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.timeout(420)
async def test_from_ring_to_transcript(language: str, rig: Rig, tmp_path: Path, sign_in: SignIn) -> None:
    turns = dialogue("brakes_failed", language)
    async with Product(rig, tmp_path / "product", language=language) as product:
        product.add_agent("lina", "1001")
        product.add_supervisor("boss")
        product.add_customer("王建国", NUMBER)
        desk, wall = await sign_in(product, "lina"), await sign_in(product, "boss")

        customer = await rig.customer_calls("4020", number=NUMBER, name="Wang")
        ringing = await rig.phone("1001").rings()
        await pop_is_shown_while_it_rings(desk)
        await ringing.answer()
        await expect(desk.locator("#desk")).to_have_attribute("data-state", "talking")

        await talk(turns, customer, ringing)
        await expect(desk.locator(".line[data-speaker=customer] mark").first).to_be_visible()
        await expect(desk.locator(".line[data-speaker=agent]").first).to_be_visible()
        await expect(desk.locator(".alert").first).to_be_visible()
        await expect(wall.locator(".alert, [data-sev]").first).to_be_visible()

        await customer.hangup()
        await ringing.wait_ended()
        (call,) = await product.until_ended()
        await expect(desk.locator("#desk")).to_have_attribute("data-state", "wrap_up")
        times_are_right(call, customer, ringing)

        words_are_right(turns, product.utterances(call, "live"), language)
        assert product.flags(call), "no complaint was flagged live"

        recording = await product.until_transcribed(call)
        assert recording.status == "transcribed", recording.error
        assert recording.duration_seconds == pytest.approx(call.talk_seconds, abs=1.0)
        assert len(recording.sha256) == 64
        words_are_right(turns, product.utterances(call, "recording"), language)
        assert product.flags(call, "recording")

        await desk.goto(f"{product.address}/calls/{call.id}")
        await expect(desk.locator(".line").first).to_be_visible()


async def pop_is_shown_while_it_rings(desk: Page) -> None:
    await expect(desk.locator("#desk")).to_have_attribute("data-state", "ringing")
    await expect(desk.locator("#customer")).to_contain_text("王建国")


def times_are_right(call: Call, customer: Leg, agent: Leg) -> None:
    """Against what the telephones saw, within a tenth of a second."""
    assert (call.direction, call.queue, call.final_agent) == ("inbound", "support", "1001")
    assert (call.disposition, call.hangup_by) == ("answered", "customer")
    assert agent.answered_at is not None
    assert customer.ended_at is not None
    talked = customer.ended_at - agent.answered_at
    assert call.talk_seconds == pytest.approx(talked, abs=0.1)
    assert call.answered_at is not None
    assert call.answered_at.timestamp() == pytest.approx(agent.answered_at, abs=0.1)


def words_are_right(turns: list[Turn], rows: list[UtteranceRow], language: str) -> None:
    for speaker in (Speaker.CUSTOMER, Speaker.AGENT):
        said = " ".join(turn.text for turn in turns if turn.speaker is speaker)
        heard = " ".join(row.text for row in rows if row.speaker == speaker)
        rate = error_rate(said, heard, language)
        assert rate < WORST_ERROR_RATE[language], f"{speaker}: {rate:.2f}\nsaid:  {said}\nheard: {heard}"
