"""From the bytes of the telephone system to the painted screen pop: parser, tracker, call log, hub, presenter, stream,
Chromium. Alone, and beside 200 other agents' streams with 100 lines of transcript a second.

The browser's clock and ours are the same machine's; their difference is measured and taken off."""

import asyncio
import contextlib
import hashlib
import os
import tempfile
import time
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import uvicorn
from playwright.async_api import Page, async_playwright

from callcenter.ami.messages import Received
from callcenter.ami.parser import AmiParser
from callcenter.ami.translate import WANTED, Translator
from callcenter.core.calls import CallTracker
from callcenter.core.events import CallOffered
from callcenter.core.roles import Role
from callcenter.services.call_log import CallLog
from callcenter.services.follow_calls import CallFollower
from callcenter.sim.load import event_stream
from callcenter.store.database import Database
from callcenter.store.tables import Call, SessionRow, User
from callcenter.store.types import now
from tests import builders
from tests.bench.result import Result, less_than, percentile
from tests.site import Site, make_site

CHROMIUM = os.environ.get("CHROMIUM", "/usr/bin/chromium")
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking"]
CLIENTS = 200
LINES_A_SECOND = 100
POPS = 40
WARM_UP = 5
GOAL_MS = 100.0
WATCH = """(() => {
  window.pops = {};
  const now = () => (performance.timeOrigin + performance.now()) / 1000;
  document.addEventListener("live:after", () => {
    const { call, state } = document.getElementById("desk")?.dataset ?? {};
    if (!call || state !== "ringing" || call in window.pops) return;
    requestAnimationFrame(() => {
      const { port1, port2 } = new MessageChannel();
      port1.onmessage = () => (window.pops[call] = now());
      port2.postMessage(0);
    });
  });
})()"""


@dataclass(frozen=True, slots=True, kw_only=True)
class RingingCall:
    """One call's events, cut where the agent's phone begins to ring."""

    extension: str
    before: Sequence[bytes]
    ring: bytes
    after: Sequence[bytes]


def results() -> list[Result]:
    """For `make bench`."""
    with tempfile.TemporaryDirectory() as folder:
        alone, crowded = asyncio.run(_measure(Path(folder)))
    beside = f"with {CLIENTS} streams and {LINES_A_SECOND} lines a second"
    return [*_lines("alone", alone), *_lines(beside, crowded)]


def _lines(how: str, seconds: list[float]) -> list[Result]:
    milliseconds = [1000 * s for s in seconds]
    note = f"{len(milliseconds)} pops, longest {max(milliseconds):.0f} ms; AMI bytes to painted page in Chromium"
    return [
        Result(name=f"pop painted, p50, {how}", value=percentile(milliseconds, 0.5), unit="ms", note=note),
        Result(
            name=f"pop painted, p95, {how}",
            value=percentile(milliseconds, 0.95),
            unit="ms",
            note=note,
            goal=less_than(GOAL_MS),
        ),
    ]


async def _measure(folder: Path) -> tuple[list[float], list[float]]:
    site = make_site(folder)
    calls = [await _ringing_call(time.time() + 100 * n) for n in range(2 * (POPS + WARM_UP))]
    tokens = add_agents(site.database, [calls[0].extension, *(f"9{n:03d}" for n in range(CLIENTS))])
    number = "19900000000"
    with site.database.transaction() as session:
        wang = builders.make_customer(session, number=number, plates=(("粤B12345", "途岳"), ("粤B54321", "朗逸")))
        builders.make_case(session, wang)
        for days in range(6):
            builders.make_order(session, wang, days=days + 5)
    async with _serving(site), _browsing(site, tokens[0]) as page:
        skew = await _clock_skew(page)
        follower = CallFollower(
            database=site.database,
            hub=site.hub,
            call_log=CallLog(),
            tracker=CallTracker(),
            translate=Translator().translate,
        )
        half = len(calls) // 2
        alone = [await _one_pop(site, page, follower, call) - skew for call in calls[:half]]
        async with _crowd(site, tokens[1:]):
            crowded = [await _one_pop(site, page, follower, call) - skew for call in calls[half:]]
    return alone[WARM_UP:], crowded[WARM_UP:]


async def _ringing_call(start: float) -> RingingCall:
    blocks = await event_stream(1, start=start)
    tracker, translator, parser = CallTracker(), Translator(), AmiParser(wanted=WANTED)
    for index, block in enumerate(blocks):
        for message in parser.feed(block):
            for channel_event in translator.translate(Received(message, start, 1)):
                for event in tracker.handle(channel_event):
                    if isinstance(event, CallOffered):
                        before, after = blocks[:index], blocks[index + 1 :]
                        return RingingCall(extension=event.extension, before=before, ring=block, after=after)
    raise RuntimeError("the simulated call rang at nobody")


async def _one_pop(site: Site, page: Page, follower: CallFollower, call: RingingCall) -> float:
    """Seconds from the bytes to the paint, by two clocks."""
    parser = AmiParser(wanted=WANTED)
    await _feed(follower, parser, call.before)
    before = set(await page.evaluate("Object.keys(pops)"))
    began = time.time()
    await _feed(follower, parser, [call.ring])
    painted: dict[str, float] = {}
    async with asyncio.timeout(30):
        while not painted:
            await asyncio.sleep(0.1)
            pops: dict[str, float] = await page.evaluate("pops")
            painted = {key: at for key, at in pops.items() if key not in before}
    await _feed(follower, parser, call.after)
    await follower.tick(time.time() + 600)
    with site.database.transaction() as session:
        for key in painted:
            session.get_one(Call, int(key)).wrapped_up_at = now()
    return next(iter(painted.values())) - began


async def _feed(follower: CallFollower, parser: AmiParser, blocks: Sequence[bytes]) -> None:
    for block in blocks:
        for message in parser.feed(block):
            await follower.handle(Received(message, time.time(), 1))


def add_agents(database: Database, extensions: Sequence[str]) -> list[str]:
    """Signed-in agents without the time of hashing a password each; returns their cookies."""
    tokens = [f"bench-token-{extension}" for extension in extensions]
    with database.transaction() as session:
        for extension, token in zip(extensions, tokens, strict=True):
            user = User(
                name=f"a{extension}", full_name=extension, password_hash="-", role=Role.AGENT, extension=extension
            )
            session.add(user)
            session.flush()
            digest = hashlib.sha256(token.encode()).hexdigest()
            session.add(
                SessionRow(token_hash=digest, user_id=user.id or 0, csrf_token="-", created_at=now(), seen_at=now())
            )
    return tokens


@contextlib.asynccontextmanager
async def _serving(site: Site) -> AsyncIterator[None]:
    server = uvicorn.Server(uvicorn.Config(site.app, host="127.0.0.1", port=0, log_level="warning", lifespan="off"))
    task = asyncio.create_task(server.serve())
    while not server.started:
        await asyncio.sleep(0.01)
    site.url = f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    yield
    site.hub.close()
    server.should_exit = True
    await task


@contextlib.asynccontextmanager
async def _browsing(site: Site, token: str) -> AsyncIterator[Page]:
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        context = await browser.new_context(viewport={"width": 1366, "height": 625})
        await context.add_cookies([{"name": "callcenter", "value": token, "url": site.url}])
        await context.add_init_script(WATCH)
        page = await context.new_page()
        await page.goto(f"{site.url}/desk")
        await page.wait_for_selector("#live[data-state=live]")
        yield page
        await browser.close()


async def _clock_skew(page: Page) -> float:
    """How far the browser's clock is ahead: of many questions the one answered fastest."""
    best = (1.0, 0.0)
    for _ in range(30):
        asked = time.time()
        theirs = await page.evaluate("(performance.timeOrigin + performance.now()) / 1000")
        answered = time.time()
        best = min(best, (answered - asked, theirs - (asked + answered) / 2))
    return best[1]


@contextlib.asynccontextmanager
async def _crowd(site: Site, tokens: Sequence[str]) -> AsyncIterator[None]:
    """Other agents' streams in a process of their own, and what is said to them."""
    host, port = site.url.removeprefix("http://").split(":")
    program = await asyncio.create_subprocess_exec(
        "python3", "-c", _READERS, host, port, *tokens, stdout=asyncio.subprocess.PIPE
    )
    assert program.stdout is not None
    await program.stdout.readline()
    talk = asyncio.create_task(_talk(site))
    try:
        yield
    finally:
        talk.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await talk
        program.terminate()
        await program.wait()


async def _talk(site: Site) -> None:
    """Every third line a finished utterance, read from the database; the others words that still change."""
    with site.database.transaction() as session:
        rows = [
            (call.id, builders.make_utterance(session, call, "我的车修了三次都没修好，发动机还是异响。").id)
            for call in (builders.make_finished_call(session) for _ in range(CLIENTS))
        ]
    count = 0
    began = time.monotonic()
    while True:
        index = count % CLIENTS
        _say(site, f"extension:9{index:03d}", *rows[index], whole=count % 3 == 0)
        count += 1
        await asyncio.sleep(max(0.0, began + count / LINES_A_SECOND - time.monotonic()))


def _say(site: Site, topic: str, call_id: int | None, utterance_id: int | None, *, whole: bool) -> None:
    if whole:
        site.hub.publish(topic, "utterance", {"call_id": call_id, "utterance_id": utterance_id, "revision": 1})
        return
    words: dict[str, Any] = {"leg": "leg-customer", "seq": 1, "speaker": "customer", "start": 2.0}
    site.hub.publish(topic, "partial", {"call_id": call_id, "text": "我的车修了三次", **words})


_READERS = """
import asyncio, sys
host, port, *tokens = sys.argv[1:]
async def read(token):
    reader, writer = await asyncio.open_connection(host, int(port))
    writer.write(f"GET /live?page=desk HTTP/1.1\\r\\nHost: {host}\\r\\nCookie: callcenter={token}\\r\\n\\r\\n".encode())
    await reader.readuntil(b"event: hello")
    ready.append(token)
    if len(ready) == len(tokens):
        print("ready", flush=True)
    while await reader.read(65536):
        pass
ready = []
async def main():
    await asyncio.gather(*(read(token) for token in tokens))
asyncio.run(main())
"""


def run() -> None:
    """Print the figures."""
    for result in results():
        print(f"{result.name}: {result.value:.1f} {result.unit} ({result.note})")


if __name__ == "__main__":
    run()
