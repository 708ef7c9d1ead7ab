"""One call's thread through time: it waits, and what others do to the call in the meantime interrupts it."""

import asyncio
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Protocol

from callcenter.core.transcript import Speaker
from callcenter.sim.switch.model import Channel, Party
from callcenter.sim.switch.queues import WaitingQueue
from callcenter.sim.switch.switch import Switch


@dataclass(frozen=True, slots=True)
class HangUp:
    """A manager action ends this channel."""

    channel: Channel


@dataclass(frozen=True, slots=True)
class SendTo:
    """A manager action sends the customer to an extension: `announced` as BlindTransfer does, or as Redirect
    does, which raises no transfer event (ami.md of Asterisk 22.10.1)."""

    exten: str
    context: str
    announced: bool


Command = HangUp | SendTo


class Interrupted(Exception):
    """A command arrived while the call waited."""

    def __init__(self, command: Command) -> None:
        super().__init__(repr(command))
        self.command = command


@dataclass(frozen=True, slots=True, kw_only=True)
class SpokenTurn:
    """One turn with its sound: 8 kHz 16-bit little-endian; empty where no sample speech is there."""

    number: int
    speaker: Speaker
    seconds: float
    pcm: bytes


class Library(Protocol):
    """Where dialogues come from."""

    def turns(self, dialogue: str, language: str) -> Iterable[SpokenTurn]:
        """The dialogue's turns in order."""
        ...


class Voices(Protocol):
    """What makes channels heard."""

    def speak(self, channel: Channel, pcm: bytes) -> None:
        """Begins now; replaces what the channel was saying."""
        ...

    def is_speaking(self, channel: Channel) -> bool:
        """Has not come to the end."""
        ...

    def hush(self, channel: Channel) -> None:
        """Says no more."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Stage:
    """What every call plays on."""

    switch: Switch
    queues: dict[str, WaitingQueue]
    agents: dict[str, Party]
    """Extension to the agent as others see him."""
    library: Library
    voices: Voices
    trunk: str = "PJSIP/trunk"
    trunk_party: Party = field(default_factory=lambda: Party("02820000100", "Chenxi Yunchi"))
    """What we show to those we call."""
    transfer_context: str = "internal"


@dataclass(slots=True)
class Line:
    """One call while it lasts."""

    stage: Stage
    inbox: "asyncio.Queue[Command]" = field(default_factory=asyncio.Queue)
    channels: list[Channel] = field(default_factory=list)
    """Every channel the call has had, so that commands find their call; the caller's is the first."""
    gives_up_at: float | None = None
    """When the caller hangs up unless somebody answered (Unix seconds)."""

    async def pause(self, seconds: float) -> None:
        """Waits. Raises Interrupted."""
        clock = self.stage.switch.clock
        left = None if self.gives_up_at is None else self.gives_up_at - clock.now()
        patient = left is None or left > seconds
        command = await clock.wait(self.inbox, seconds if left is None or patient else left)
        if command is not None:
            raise Interrupted(command)
        if not patient:
            raise Interrupted(HangUp(self.channels[0]))

    def ended(self) -> bool:
        """None of its channels is left."""
        return not any(channel.name in self.stage.switch.channels for channel in self.channels)
