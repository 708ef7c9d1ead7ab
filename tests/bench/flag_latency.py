"""From the end of the words to the flag on the agent's page, the whole product in between: a simulated PBX streams
complaint calls, one in Mandarin and one in English at a time, to `callcenter run` with the installed models; two
agents' desks are open in Chromium. The end of the words is the last loud frame the PBX sent of the utterance; a flag
raised from partials may come before it and then counts negative."""

import asyncio
import math
import os
import tempfile
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from playwright.async_api import Browser, async_playwright
from sqlmodel import col, select

from callcenter.core.roles import Role
from callcenter.sim.calls.scenario import Ring, Scenario
from callcenter.sim.pbx import SimConfig, SimulatedPbx
from callcenter.store.database import Database
from callcenter.store.tables import Call, FlagRow, UtteranceRow
from tests.bench.product import PASSWORD, product
from tests.bench.result import Goal, Result, less_than, percentile
from tests.bench.said import SaidVoices, note_what_is_said

CHROMIUM = os.environ.get("CHROMIUM", "/usr/bin/chromium")
ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking"]
DIALOGUES = ("brakes_failed", "oil_and_media", "gearbox_third_time")
DESKS = {"zh": "1001", "en": "1002"}
"""Language of the calls to the extension that takes them."""
QUEUES = {"zh": "service", "en": "service-en"}
FEWEST_FLAGS = 10
GOAL_P50, GOAL_P95 = 0.8, 1.5
LATE_FLAGS_SECONDS = 4.0
END_MARGIN_SECONDS = 0.3
"""How far the recogniser's idea of an utterance's end may lie before the sound's."""
WATCH = """(() => {
  const seen = new Set();
  const look = () => {
    for (const item of document.querySelectorAll("[id^=judge-item-]")) {
      const id = item.id.slice("judge-item-".length);
      if (seen.has(id)) continue;
      seen.add(id);
      requestAnimationFrame(() => {
        const { port1, port2 } = new MessageChannel();
        port1.onmessage = () => flagPainted(Number(id), Date.now() / 1000);
        port2.postMessage(0);
      });
    }
  };
  new MutationObserver(look).observe(document, { subtree: true, childList: true, attributeFilter: ["id"] });
})()"""
"""Tells when each flag's entry was painted, in Unix seconds."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """One flag. Times are seconds from the end of something to the painted flag."""

    rule: str
    language: str
    after_utterance: float
    """Infinite when it never came to the page."""
    after_words: float | None
    """From the end of the matched words, where the recogniser says when they were spoken."""


def results() -> list[Result]:
    """Everything, then by language."""
    with tempfile.TemporaryDirectory() as folder:
        shown = asyncio.run(measure(Path(folder)))
    if len(shown) < FEWEST_FLAGS:
        raise AssertionError(f"only {len(shown)} flags came to the page: {[flag.rule for flag in shown]}")
    return list(_figures(shown))


def _figures(shown: list[Shown]) -> Iterator[Result]:
    every = [flag.after_utterance for flag in shown]
    early = sum(seconds < 0 for seconds in every)
    lost = sum(math.isinf(seconds) for seconds in every)
    note = f"{len(every)} flags, {early} before the end of the utterance, {lost} never on the page"
    yield _figure("p50", 0.5, every, goal=less_than(GOAL_P50), note=note)
    yield _figure("p95", 0.95, every, goal=less_than(GOAL_P95), note=f"longest {max(every):.2f} s")
    for language, name in (("zh", "Mandarin"), ("en", "English")):
        part = [flag.after_utterance for flag in shown if flag.language == language]
        if part:
            yield _figure(f"{name} p50", 0.5, part, note=f"{len(part)} flags")
            yield _figure(f"{name} p95", 0.95, part)
    exact = [flag.after_words for flag in shown if flag.after_words is not None]
    if exact:
        yield _figure("p50 after the matched words alone", 0.5, exact, note=f"{len(exact)} flags with word times")
        yield _figure("p95 after the matched words alone", 0.95, exact)


def _figure(name: str, share: float, values: list[float], *, goal: Goal | None = None, note: str = "") -> Result:
    return Result(name=f"flag painted, {name}", value=percentile(values, share), unit="s", goal=goal, note=note)


async def measure(folder: Path) -> list[Shown]:
    """Play every dialogue in both languages."""
    pbx = SimulatedPbx(SimConfig(recordings_dir=folder / "recordings"))
    said = note_what_is_said(pbx)
    await pbx.start()
    users = tuple((f"agent{extension}", Role.AGENT, extension) for extension in DESKS.values())
    try:
        async with product(pbx, folder / "product", users=users) as up, _browser() as browser:
            painted: dict[int, float] = {}
            for name, _, _ in users:
                await _desk(browser, up.address, name, lambda flag, at: painted.setdefault(flag, at))
            await asyncio.gather(*(_talk(pbx, language) for language in DESKS))
            await asyncio.sleep(LATE_FLAGS_SECONDS)
            return list(_shown(up.database, said, painted))
    finally:
        await pbx.aclose()


async def _talk(pbx: SimulatedPbx, language: str) -> None:
    for number, dialogue in enumerate(DIALOGUES):
        scenario = Scenario(
            id=f"{dialogue}_{language}",
            number=f"1990000{number:02d}{DESKS[language][-2:]}",
            to="02820000100",
            queue=QUEUES[language],
            rings=(Ring(agent=DESKS[language], seconds=2.0),),
            language=language,
            dialogue=dialogue,
        )
        assert any(turn.pcm for turn in pbx.library.turns(dialogue, language)), "no sample speech: make samples"
        await pbx.play(scenario)
        await asyncio.sleep(1.0)


def _shown(database: Database, said: SaidVoices, painted: dict[int, float]) -> Iterator[Shown]:
    with database.session() as session:
        statement = (
            select(FlagRow, UtteranceRow, Call)
            .where(FlagRow.source == "live", col(FlagRow.retracted_at).is_(None))
            .where(FlagRow.utterance_id == UtteranceRow.id, FlagRow.call_id == Call.id)
        )
        found = session.exec(statement).all()
    for flag, utterance, call in found:
        began = call.started_at.timestamp()
        ended = said.last_sound(utterance.leg_key, began + utterance.end_seconds + END_MARGIN_SECONDS)
        at = painted.get(flag.id or 0, math.inf)
        assert ended is not None, f"flag {flag.rule} of call {call.id}: its leg never spoke"
        matched = matched_end(utterance, flag)
        yield Shown(
            rule=flag.rule,
            language=utterance.language,
            after_utterance=at - ended,
            after_words=at - began - matched if matched is not None else None,
        )


def matched_end(utterance: UtteranceRow, flag: FlagRow) -> float | None:
    """When the last matched word ended, in call seconds; None where the words have no times."""
    position = 0
    for word in utterance.words:
        found = utterance.text.find(str(word["w"]), position)
        if found < 0:
            return None
        position = found + len(str(word["w"]))
        if position >= flag.end:
            return float(word["t"]) + float(word["d"])
    return None


@asynccontextmanager
async def _browser() -> AsyncIterator[Browser]:
    async with async_playwright() as playwright:
        running = await playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        try:
            yield running
        finally:
            await running.close()


async def _desk(browser: Browser, address: str, name: str, painted: Callable[[int, float], object]) -> None:
    """The agent's desk, with its stream open; `painted` is told of each flag and when (again after a reload)."""
    context = await browser.new_context(viewport={"width": 1366, "height": 768})
    await context.expose_function("flagPainted", painted)
    await context.add_init_script(WATCH)
    page = await context.new_page()
    await page.goto(address)
    await page.fill("input[name=name]", name)
    await page.fill("input[name=password]", PASSWORD)
    await page.keyboard.press("Enter")
    await page.wait_for_selector("#desk")
    await page.wait_for_selector("#live[data-state=live]")
