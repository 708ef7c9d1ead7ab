"""Ringing one phone from the dialplan (Dial), with the events of a real Asterisk in its order."""

from callcenter.sim.calls.line import HangUp, Interrupted, Line
from callcenter.sim.calls.scenario import Outcome
from callcenter.sim.switch import events
from callcenter.sim.switch.model import Channel, ChannelState, Party

REFUSALS = {
    Outcome.BUSY: (17, 486, "BUSY"),
    Outcome.DECLINED: (21, 403, "NOANSWER"),
}
"""Outcome to cause, SIP code and DialStatus (22.10.1: a decline is a NOANSWER to Dial)."""


class CallerGone(Exception):
    """The caller hung up while the phone rang."""


async def ring(
    line: Line, caller: Channel, device: str, party: Party, *, dial_string: str, seconds: float, outcome: Outcome
) -> Channel | None:
    """Rings the device; its channel when answered, else None and the channel is gone. Raises CallerGone."""
    switch = line.stage.switch
    is_phone = party.number in line.stage.agents
    target = switch.new_channel(
        device,
        caller=party if is_phone else Party(),
        context="internal" if is_phone else "from-trunk",
        exten="s",
        within=caller,
    )
    line.channels.append(target)
    target.application, target.application_data = "AppDial", "(Outgoing Line)"
    target.exten = caller.exten
    if not is_phone:
        target.connected = caller.caller
        switch.set_caller(target, party)
    switch.connect_line(target, caller.caller)
    switch.emit(events.dial("DialBegin", caller, target, ("DialString", dial_string)))
    switch.connect_line(caller, party)
    if outcome is not Outcome.BUSY:
        switch.set_state(target, ChannelState.RINGING)
        switch.emit(events.dial("DialState", caller, target, ("DialStatus", "RINGING")))
    outcome = await ringing(line, caller, target, seconds if outcome is not Outcome.BUSY else 0.5, outcome)
    if outcome is Outcome.ANSWERED:
        return _answered(line, caller, target)
    _refused(line, caller, target, outcome)
    return None


async def ringing(line: Line, caller: Channel, target: Channel, seconds: float, outcome: Outcome) -> Outcome:
    """Waits; a manager's hang-up of the ringing phone is a decline. Raises CallerGone."""
    try:
        await line.pause(seconds)
    except Interrupted as interruption:
        command = interruption.command
        if isinstance(command, HangUp) and command.channel is target:
            return Outcome.DECLINED
        if isinstance(command, HangUp):
            raise CallerGone from interruption
    return outcome


def _answered(line: Line, caller: Channel, target: Channel) -> Channel:
    switch = line.stage.switch
    switch.set_state(target, ChannelState.UP)
    target.exten = ""
    switch.emit(events.dial("DialEnd", caller, target, ("DialStatus", "ANSWER")))
    if caller.state is not ChannelState.UP:
        switch.set_state(caller, ChannelState.UP)
    switch.bridge(target, caller)
    return target


def _refused(line: Line, caller: Channel, target: Channel, outcome: Outcome) -> None:
    switch = line.stage.switch
    cause, tech, status = REFUSALS.get(outcome, (0, None, "NOANSWER"))
    if tech is not None:
        switch.emit(events.hangup_request(target, cause, tech))
    switch.emit(events.dial("DialEnd", caller, target, ("DialStatus", status)))
    switch.hang_up(target, cause, tech)


def cancel_ringing(line: Line, caller: Channel) -> None:
    """The caller gave up while phones rang: his request first, then theirs (in_abandoned_ringing)."""
    switch = line.stage.switch
    target = next((c for c in line.channels if c.state is ChannelState.RINGING and c.name in switch.channels), None)
    switch.emit(events.hangup_request(caller, 16))
    if target is not None:
        switch.emit(events.dial("DialEnd", caller, target, ("DialStatus", "CANCEL")))
    switch.emit(events.soft_hangup_request(caller))
    switch.hang_up(caller)
    if target is not None:
        switch.hang_up(target)


def nobody_answered(line: Line, caller: Channel, outcome: Outcome) -> None:
    """Every ring was in vain: the dialplan ends the caller's channel."""
    switch = line.stage.switch
    if outcome is Outcome.BUSY:
        switch.set_state(caller, ChannelState.BUSY)
        switch.emit(events.hangup_request(caller, 17, 486))
        switch.emit(events.soft_hangup_request(caller, 486))
        switch.hang_up(caller, 17, 486)
        return
    tech = 480 if caller.state is not ChannelState.UP else None
    switch.emit(events.soft_hangup_request(caller, tech))
    switch.hang_up(caller, 19, tech)
