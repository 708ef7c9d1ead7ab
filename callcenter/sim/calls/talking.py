"""Two parties in a bridge: what they say, holds, and how the talk ends."""

from dataclasses import dataclass

from callcenter.core.transcript import Speaker
from callcenter.sim.calls.line import Command, HangUp, Interrupted, Line, SpokenTurn
from callcenter.sim.calls.queueing import QueueVisit
from callcenter.sim.calls.scenario import Hold
from callcenter.sim.switch import events
from callcenter.sim.switch.model import Channel

GAP_SECONDS = 0.6
"""Silence between two turns: what people leave (longer than the recogniser's end-of-utterance silence)."""
LATE_SECONDS = 0.05
FIRST_WORD_SECONDS = 0.8
"""From the answer to the first word."""


@dataclass(slots=True, kw_only=True)
class Pair:
    """Two parties who talk. `caller` is the one of them whose channel runs the dialplan."""

    customer: Channel
    agent: Channel
    caller: Channel
    visit: QueueVisit | None = None

    @property
    def callee(self) -> Channel:
        """The other."""
        return self.agent if self.caller is self.customer else self.customer

    def other(self, channel: Channel) -> Channel:
        """Whom this one talks to."""
        return self.agent if channel is self.customer else self.customer


async def talk(
    line: Line, pair: Pair, dialogue: str, language: str, *, silence: float = 0.0, hold: Hold | None = None
) -> Command | None:
    """Says the dialogue. A command that ended it, or None at its end."""
    try:
        await line.pause(max(silence, FIRST_WORD_SECONDS if dialogue else 0.0))
        for turn in line.stage.library.turns(dialogue, language) if dialogue else ():
            channel = pair.agent if turn.speaker is Speaker.AGENT else pair.customer
            await _say(line, channel, turn)
            if hold is not None and turn.number == hold.after_turn:
                await _hold(line, pair, hold.seconds)
        if hold is not None and not dialogue:
            await _hold(line, pair, hold.seconds)
            await line.pause(GAP_SECONDS)
    except Interrupted as interruption:
        return interruption.command
    return None


async def _say(line: Line, channel: Channel, turn: SpokenTurn) -> None:
    """The turn and the silence after it. On a computer that cannot keep up the speech comes later than the clock
    says: then it is waited for."""
    voices = line.stage.voices
    voices.speak(channel, turn.pcm)
    try:
        await line.pause(turn.seconds)
        while voices.is_speaking(channel):
            await line.pause(LATE_SECONDS)
        await line.pause(GAP_SECONDS)
    finally:
        voices.hush(channel)


async def _hold(line: Line, pair: Pair, seconds: float) -> None:
    switch = line.stage.switch
    switch.emit(events.of_channel("Hold", pair.agent, ("MusicClass", "default")))
    switch.emit(events.of_channel("MusicOnHoldStart", pair.customer, ("Class", "default")))
    await line.pause(seconds)
    switch.emit(events.of_channel("Unhold", pair.agent))
    switch.emit(events.of_channel("MusicOnHoldStop", pair.customer))


def end_talk(line: Line, pair: Pair, first: Channel, *, by_manager: bool = False) -> None:
    """`first` hangs up. A manager's hang-up raises no HangupRequest (ami.md §D.6 of Asterisk 22.10.1)."""
    switch = line.stage.switch
    if by_manager:
        switch.emit(events.soft_hangup_request(first))
    else:
        switch.emit(events.hangup_request(first, 16))
    if pair.visit is not None:
        pair.visit.complete(line, "agent" if first is pair.agent else "caller")
    switch.leave(first)
    switch.leave(pair.other(first))
    switch.emit(events.soft_hangup_request(pair.caller))
    switch.hang_up(pair.callee)
    switch.hang_up(pair.caller)


def end_by(line: Line, pair: Pair, command: HangUp) -> None:
    """A manager hung one of the two up."""
    first = command.channel if command.channel in (pair.agent, pair.customer) else pair.customer
    end_talk(line, pair, first, by_manager=True)
