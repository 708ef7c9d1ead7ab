"""Load: many calls at once, with or without sound, and a stream of events faster than any telephone system's."""

import asyncio
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from callcenter.core.call_record import Direction
from callcenter.sim.calls.line import Line, SpokenTurn, Stage
from callcenter.sim.calls.scenario import Ring, Scenario
from callcenter.sim.calls.script import play_call
from callcenter.sim.manager.protocol import encode, stamped
from callcenter.sim.pbx import SimConfig, SimulatedPbx
from callcenter.sim.switch.clock import StillClock
from callcenter.sim.switch.model import Channel, Party
from callcenter.sim.switch.queues import Member, WaitingQueue, follow_devices
from callcenter.sim.switch.switch import Switch

FIRST_EXTENSION = 2001
DIALOGUES = ("oil_and_media", "sunroof_part", "brakes_failed", "maintenance_booking", "gearbox_third_time")


@dataclass(frozen=True, slots=True, kw_only=True)
class LoadPlan:
    """How much load."""

    calls_at_once: int
    language: str = "en"
    ring_seconds: float = 2.0
    pause_seconds: float = 2.0
    """Between two calls of one agent."""

    def extensions(self) -> list[str]:
        """One agent for each call."""
        return [str(FIRST_EXTENSION + index) for index in range(self.calls_at_once)]


def load_config(plan: LoadPlan, recordings_dir: Path) -> SimConfig:
    """A PBX with enough agents."""
    names = {extension: f"Agent {extension}" for extension in plan.extensions()}
    return SimConfig(
        recordings_dir=recordings_dir, agents=names, queues={"service": tuple(names)}, language=plan.language
    )


async def keep_busy(pbx: SimulatedPbx, plan: LoadPlan) -> None:
    """Keeps `calls_at_once` calls going until it is cancelled; they start evenly spread over the ring and pause."""
    spread = (plan.ring_seconds + plan.pause_seconds) / max(1, plan.calls_at_once)

    async def one(index: int, extension: str) -> None:
        await pbx.switch.clock.sleep(spread * index)
        turn = index
        while True:
            await pbx.play(_load_call(plan, extension, DIALOGUES[turn % len(DIALOGUES)]))
            await pbx.switch.clock.sleep(plan.pause_seconds)
            turn += 1

    async with asyncio.TaskGroup() as group:
        for index, extension in enumerate(plan.extensions()):
            group.create_task(one(index, extension))


def _load_call(plan: LoadPlan, extension: str, dialogue: str) -> Scenario:
    return Scenario(
        id=f"load-{extension}",
        number=f"1990001{extension}",
        to="02820000100",
        queue="service",
        language=plan.language,
        dialogue=dialogue,
        rings=(Ring(agent=extension, seconds=plan.ring_seconds),),
    )


class _Nothing:
    """No words and no sound."""

    def turns(self, dialogue: str, language: str) -> Iterable[SpokenTurn]:
        return ()

    def speak(self, channel: Channel, pcm: bytes) -> None:
        return

    def is_speaking(self, channel: Channel) -> bool:
        return False

    def hush(self, channel: Channel) -> None:
        return


async def event_stream(calls: int, *, start: float = 1_795_300_000.0, gap_seconds: float = 1.0) -> list[bytes]:
    """The events of `calls` queue calls, one block each, as a manager connection would get them: call after call,
    each with identifiers and times of its own."""
    clock = StillClock(start)
    blocks: list[bytes] = []
    switch = Switch(clock, lambda event: blocks.append(encode(stamped(event, clock.now()))))
    stage = _stage(switch)
    for number in range(calls):
        direction = Direction.OUTBOUND if number % 5 == 4 else Direction.INBOUND
        scenario = Scenario(
            id="",
            direction=direction,
            number=f"199{number % 10**8:08d}",
            to="913900139000" if direction is Direction.OUTBOUND else "02820000100",
            queue=None if direction is Direction.OUTBOUND else "service",
            talk_seconds=30.0,
            hangs_up_after=8.0 if number % 7 == 6 and direction is Direction.INBOUND else None,
            rings=(Ring(seconds=5.0 if number % 7 != 6 else 20.0),),
        )
        await play_call(Line(stage), scenario)
        await clock.sleep(gap_seconds)
    return blocks


def _stage(switch: Switch) -> Stage:
    agents = {str(1001 + n): Party(str(1001 + n), f"Agent {n}") for n in range(10)}
    members = [Member(extension=e, name=party.name, login_at=0) for e, party in agents.items()]
    queues = {"service": WaitingQueue(name="service", members=members)}
    follow_devices(switch, queues)
    return Stage(switch=switch, queues=queues, agents=agents, library=_Nothing(), voices=_Nothing())


async def pour(pbx: SimulatedPbx, blocks: Iterable[bytes], events_per_second: float) -> int:
    """Sends the blocks to every session at that pace, in small batches; how many were sent. Infinity = at once."""
    sent = 0
    loop = asyncio.get_running_loop()
    began = loop.time()
    for batch in _batches(blocks, 50):
        pbx.broadcast(b"".join(batch))
        sent += len(batch)
        await asyncio.sleep(max(0.0, began + sent / events_per_second - loop.time()))
    return sent


def _batches(blocks: Iterable[bytes], size: int) -> Iterator[list[bytes]]:
    batch: list[bytes] = []
    for block in blocks:
        batch.append(block)
        if len(batch) == size:
            yield batch
            batch = []
    if batch:
        yield batch
