"""Plays simulated calls without waiting, and a small manager client for the ones over sockets."""

import asyncio
from collections.abc import Iterable
from typing import TypeVar, cast

from callcenter.sim.calls.line import Command, Line, SpokenTurn, Stage
from callcenter.sim.calls.scenario import Scenario
from callcenter.sim.calls.script import play_call
from callcenter.sim.manager.protocol import encode, stamped
from callcenter.sim.switch.clock import StillClock
from callcenter.sim.switch.events import Headers
from callcenter.sim.switch.model import Channel, Party
from callcenter.sim.switch.queues import Member, WaitingQueue, follow_devices
from callcenter.sim.switch.switch import Switch

T = TypeVar("T")
AGENTS = {"1001": "Alice", "1002": "Bob", "1003": "Carol"}


class Silence:
    """Voices that say nothing and dialogues without turns."""

    def turns(self, dialogue: str, language: str) -> Iterable[SpokenTurn]:
        return ()

    def speak(self, channel: Channel, pcm: bytes) -> None:
        return

    def is_speaking(self, channel: Channel) -> bool:
        return False

    def hush(self, channel: Channel) -> None:
        return


class ScriptedClock(StillClock):
    """Gives a command at a moment, as a manager would."""

    def __init__(self) -> None:
        super().__init__()
        self.orders: list[tuple[float, Command]] = []

    async def wait(self, inbox: asyncio.Queue[T], seconds: float) -> T | None:
        if self.orders and self.orders[0][0] <= self.now() + seconds:
            at, command = self.orders.pop(0)
            await self.sleep(at - self.now())
            return cast(T, command)
        return await super().wait(inbox, seconds)


class Studio:
    """A switch whose time does not wait."""

    def __init__(self) -> None:
        self.clock = ScriptedClock()
        self.events: list[tuple[float, Headers]] = []
        self.switch = Switch(self.clock, lambda event: self.events.append((self.clock.now(), event)))
        members = [Member(extension=e, name=name, login_at=0) for e, name in AGENTS.items()]
        self.queues = {"support": WaitingQueue(name="support", members=members)}
        follow_devices(self.switch, self.queues)
        self.line = Line(
            Stage(
                switch=self.switch,
                queues=self.queues,
                agents={e: Party(e, name) for e, name in AGENTS.items()},
                library=Silence(),
                voices=Silence(),
                trunk_party=Party("02188880000", "Acme"),
            )
        )

    async def play(self, scenario: Scenario) -> list[Headers]:
        await play_call(self.line, scenario)
        return [event for _, event in self.events]

    def raw(self) -> bytes:
        """What a manager connection would have received."""
        return b"".join(encode(stamped(event, at)) for at, event in self.events)


class ManagerClient:
    """Sends actions, keeps what comes."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader, self._writer = reader, writer
        self.events: list[dict[str, str]] = []

    @classmethod
    async def connect(cls, host: str, port: int) -> "ManagerClient":
        client = cls(*await asyncio.open_connection(host, port))
        client.banner = await client._reader.readline()
        return client

    banner: bytes = b""

    async def login(self, user: str, secret: str) -> dict[str, str]:
        answer = await self.send(Action="Login", Username=user, Secret=secret)
        if answer["Response"] == "Success":
            await self.until("FullyBooted")
        return answer

    async def send(self, **headers: str) -> dict[str, str]:
        lines = "".join(f"{key}: {value}\r\n" for key, value in headers.items())
        self._writer.write(lines.encode() + b"\r\n")
        while True:
            block = await self.block()
            if "Response" in block and "Event" not in block:
                return block

    async def until(self, event: str) -> dict[str, str]:
        while True:
            block = await self.block()
            if block.get("Event") == event:
                return block

    async def block(self) -> dict[str, str]:
        lines: list[str] = []
        while (line := (await asyncio.wait_for(self._reader.readline(), 20)).decode()) != "\r\n":
            if not line:
                raise ConnectionError("closed")
            lines.append(line.rstrip("\r\n"))
        block = {key: value.strip() for key, _, value in (line.partition(":") for line in lines)}
        if "Event" in block:
            self.events.append(block)
        return block

    def close(self) -> None:
        self._writer.close()
