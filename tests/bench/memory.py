"""Memory: of the product at rest, with its speech models, of each live leg; and whether it stays where it is while
100,000 calls go through parser, translation and tracker, and thousands through the call log.

Of processes the resident set (RSS) is told, as an administrator sees it; of legs the growth of what is the
processes' own (USS), since shared pages of the model file are no leg's."""

import asyncio
import gc
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import psutil

from callcenter.ami.messages import Received
from callcenter.ami.parser import AmiParser
from callcenter.ami.translate import WANTED, Translator
from callcenter.core.calls import CallTracker
from callcenter.core.events import CallEnded
from callcenter.live.hub import Hub
from callcenter.sim.load import LoadPlan, event_stream, keep_busy, load_config
from callcenter.sim.pbx import SimulatedPbx
from tests.bench.ami import recorded_blocks
from tests.bench.call_log import empty_database, follower
from tests.bench.product import Product, product
from tests.bench.result import Result, at_most

MIB = 2**20
CALLS_BUSY = 5
"""Ten legs: as many as one worker takes by default."""
SECONDS_UP = (14, 3, 3)
"""From the first ring until every leg talks, then between looks; the most that is seen counts."""
CALLS_REPLAYED = 100_000
CALLS_A_ROUND = 1_000
CALLS_LOGGED = 2_000
FLAT_MIB = 2.0
"""Growth that is still flat: the allocator's own moods, not one kept object of 32 bytes a call."""
AFTER_RECORDINGS = 1_795_400_000.0
"""Unix seconds: later than any of them."""
_EPOCH = b"1795"
_RECOGNISER = "callcenter.stt.worker"


@dataclass(frozen=True, slots=True, kw_only=True)
class Footprint:
    """MiB."""

    product: float
    """RSS of the process that follows, listens and serves."""
    jobs: float
    """RSS of the process that works jobs off, with what starts it."""
    recognisers: tuple[float, ...]
    """RSS of each decoding process."""
    own: float
    """USS of all of them."""


def results() -> Iterator[Result]:
    """The slow parts last."""
    with tempfile.TemporaryDirectory() as folder:
        yield from asyncio.run(_product(Path(folder)))
    yield replayed()
    yield asyncio.run(logged())


# The product.


async def _product(folder: Path) -> list[Result]:
    plan = LoadPlan(calls_at_once=CALLS_BUSY)
    pbx = SimulatedPbx(load_config(plan, folder / "recordings"))
    await pbx.start()
    try:
        async with product(pbx, folder / "off", live="off", language="en") as up:
            bare = await _at_rest(up)
        async with product(pbx, folder / "auto", language="en") as up:
            loaded = await _at_rest(up)
            one = await _busy(pbx, up, LoadPlan(calls_at_once=1))
            all_ = await _busy(pbx, up, plan)
    finally:
        await pbx.aclose()
    legs = 2 * (CALLS_BUSY - 1)
    sizes = ", ".join(f"{size:.0f}" for size in loaded.recognisers)
    return [
        Result(name="idle, no models: the product's process", value=bare.product, unit="MiB RSS"),
        Result(name="idle, no models: the job worker's process", value=bare.jobs, unit="MiB RSS"),
        Result(name="idle, with models: the product's process", value=loaded.product, unit="MiB RSS"),
        Result(
            name="idle, with models: decoding processes",
            value=sum(loaded.recognisers),
            unit="MiB RSS",
            note=f"English and Mandarin, two passes; each: {sizes}",
        ),
        Result(
            name="per live leg",
            value=(all_.own - one.own) / legs,
            unit="MiB USS",
            note=f"every process, from {2} to {2 * CALLS_BUSY} legs",
        ),
    ]


async def _at_rest(up: Product) -> Footprint:
    await asyncio.sleep(5)
    return footprint(up.main)


async def _busy(pbx: SimulatedPbx, up: Product, plan: LoadPlan) -> Footprint:
    """With so many calls up."""
    calls = asyncio.create_task(keep_busy(pbx, plan))
    seen: list[Footprint] = []
    for seconds in SECONDS_UP:
        await asyncio.sleep(seconds)
        seen.append(footprint(up.main))
    calls.cancel()
    await asyncio.gather(calls, return_exceptions=True)
    return max(seen, key=lambda found: found.own)


def footprint(main: psutil.Process) -> Footprint:
    """The product's processes now."""
    children = main.children(recursive=True)
    decoding = [child for child in children if _RECOGNISER in " ".join(child.cmdline())]
    return Footprint(
        product=_rss(main),
        jobs=sum(_rss(child) for child in children if child not in decoding),
        recognisers=tuple(_rss(child) for child in decoding),
        own=sum(process.memory_full_info().uss for process in [main, *children]) / MIB,
    )


def _rss(process: psutil.Process) -> float:
    return float(process.memory_info().rss) / MIB


# Calls without end.


def replayed(calls: int = CALLS_REPLAYED) -> Result:
    """Parser, translation and tracker over queue calls of the simulated PBX and every recording of the real one, each
    round with identifiers and times of its own."""
    blocks = [*recorded_blocks(), *asyncio.run(event_stream(CALLS_A_ROUND, start=AFTER_RECORDINGS))]
    flow, ended, round_number = _Flow(), 0, 0
    rounds: list[tuple[int, float]] = []
    while ended < calls:
        ended += flow.feed(b"".join(_of_round(blocks, round_number)))
        round_number += 1
        rounds.append((ended, _settled()))
    early = next(size for done, size in rounds if done >= calls // 10)
    return Result(
        name=f"growth from {calls // 10:,} to {ended:,} replayed calls: parser, translation, tracker",
        value=rounds[-1][1] - early,
        unit="MiB RSS",
        goal=at_most(FLAT_MIB),
        note=f"{len(flow.tracker.open_calls())} calls left open",
    )


def _of_round(blocks: Sequence[bytes], number: int) -> Iterator[bytes]:
    for block in blocks:
        ended = block if block.endswith(b"\r\n\r\n") else block + b"\r\n\r\n"
        yield ended.replace(_EPOCH, b"%04d" % (2_000 + number))


class _Flow:
    """One connection's worth of parts."""

    def __init__(self) -> None:
        self.tracker = CallTracker()
        self._parser, self._translator = AmiParser(wanted=WANTED), Translator()
        self._at = 0.0

    def feed(self, data: bytes) -> int:
        """How many calls ended."""
        ended = 0
        for message in self._parser.feed(data):
            # The recordings are not in the order of their times, but what arrives later arrives later.
            self._at = max(self._at, float(message.get("Timestamp") or 0))
            for event in self._translator.translate(Received(message, self._at, 1)):
                ended += sum(isinstance(happened, CallEnded) for happened in self.tracker.handle(event))
        return ended + sum(isinstance(happened, CallEnded) for happened in self.tracker.tick(self._at + 60))


async def logged(calls: int = CALLS_LOGGED) -> Result:
    """The service that records calls and tells the pages, over a database file. The hub's clock is the calls', so that
    it forgets as it does when they come one at a time. The first half fills what has a limit: the hub's quiet topics,
    SQLite's page cache."""
    parser = AmiParser(wanted=WANTED)
    messages = list(parser.feed(b"".join(await event_stream(calls))))
    early, at = 0.0, 0.0
    with tempfile.TemporaryDirectory() as name, empty_database(Path(name), "log.db") as database:
        flow = follower(database, Hub(clock=lambda: at))
        for number, message in enumerate(messages):
            at = float(message.get("Timestamp"))
            await flow.handle(Received(message, at, 1))
            if number == len(messages) // 2:
                early = _settled()
        grown = _settled() - early
        assert flow.counts.failed_events == 0, "events were not recorded"
    return Result(
        name=f"growth from {calls // 2:,} to {calls:,} calls: the call log's service",
        value=grown,
        unit="MiB RSS",
        goal=at_most(FLAT_MIB),
    )


def _settled() -> float:
    gc.collect()
    return _rss(psutil.Process())
