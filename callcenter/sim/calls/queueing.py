"""Waiting in a queue: members are rung one after another until one answers or the caller gives up."""

from dataclasses import dataclass

from callcenter.sim.calls.dialling import CallerGone, ringing
from callcenter.sim.calls.line import Interrupted, Line
from callcenter.sim.calls.scenario import Outcome, Ring
from callcenter.sim.switch import events
from callcenter.sim.switch.model import Channel, ChannelState
from callcenter.sim.switch.queues import Member, WaitingQueue

JOIN_AFTER_SECONDS = 0.5
"""Answer, then Queue: what Asterisk took on the recordings."""
RETRY_SECONDS = 1.0
"""Between two rounds of ringing (queues.conf `retry`, as recorded)."""


@dataclass(slots=True, kw_only=True)
class QueueVisit:
    """A caller's passage through a queue."""

    queue: WaitingQueue
    caller: Channel
    member: Member
    agent: Channel
    joined_at: float
    connected_at: float

    def complete(self, line: Line, reason: str) -> None:
        """AgentComplete. `reason` is agent, caller or transfer."""
        now = line.stage.switch.clock.now()
        talk, held = now - self.connected_at, self.connected_at - self.joined_at
        more = (("HoldTime", str(int(held))), ("TalkTime", str(int(talk))), ("Reason", reason))
        line.stage.switch.emit(
            events.agent("AgentComplete", self.caller, self.agent, self.queue.name, self.member.name, *more)
        )
        self.member.in_call = False
        self.member.calls_taken += 1
        self.member.last_call_at = int(now)
        self.queue.completed += 1
        self.queue.talk_seconds += talk
        self.queue.hold_seconds += held


async def wait_in_queue(line: Line, caller: Channel, name: str, rings: tuple[Ring, ...]) -> QueueVisit | None:
    """Rings as the scenario says, then, when the rings are used up, whoever is free. None when the caller gave up."""
    switch, queue = line.stage.switch, line.stage.queues[name]
    caller.application, caller.application_data = "Queue", f"{name},tT"
    switch.set_state(caller, ChannelState.UP)
    joined_at = switch.clock.now()
    try:
        await line.pause(JOIN_AFTER_SECONDS)
        caller.priority = 2
        queue.join(switch, caller)
        switch.emit(events.of_channel("MusicOnHoldStart", caller, ("Class", "default")))
        joined_at = switch.clock.now()
        for ring in _endless(rings):
            member = await _member(line, queue, ring)
            connected = await _offer(line, queue, caller, member, ring, joined_at)
            if connected is not None:
                return connected
            await line.pause(RETRY_SECONDS)
    except (CallerGone, Interrupted):
        give_up(line, queue, caller, joined_at)
    return None


def _endless(rings: tuple[Ring, ...]) -> "list[Ring]":
    """The rings of the scenario and then answering ones: a queue tries on."""
    return [*rings, *[Ring()] * 100]


async def _member(line: Line, queue: WaitingQueue, ring: Ring) -> Member:
    switch = line.stage.switch
    while True:
        member = queue.member(ring.agent) if ring.agent else queue.free_member(switch)
        if member is None and ring.agent:
            member = queue.free_member(switch)
        if member is not None and not switch.is_busy(member.interface) and not member.paused:
            return member
        await line.pause(RETRY_SECONDS)


async def _offer(
    line: Line, queue: WaitingQueue, caller: Channel, member: Member, ring: Ring, joined_at: float
) -> QueueVisit | None:
    switch = line.stage.switch
    agent = switch.new_channel(member.interface, caller=member.party, context="internal", exten="s", within=caller)
    line.channels.append(agent)
    agent.application, agent.application_data = "AppQueue", "(Outgoing Line)"
    agent.exten, agent.connected = caller.exten, caller.caller
    began = switch.clock.now()
    switch.emit(events.agent("AgentCalled", caller, agent, queue.name, member.name))
    switch.emit(events.dial("DialBegin", caller, agent, ("DialString", member.interface)))
    switch.connect_line(caller, member.party)
    switch.set_state(agent, ChannelState.RINGING)
    switch.connect_line(agent, caller.caller)
    switch.emit(events.dial("DialState", caller, agent, ("DialStatus", "RINGING")))
    outcome = await ringing(line, caller, agent, ring.seconds, ring.outcome)
    rang = switch.clock.now() - began
    if outcome is not Outcome.ANSWERED:
        _ring_no_answer(line, queue, caller, agent, member, rang)
        return None
    return _connect(line, queue, caller, agent, member, joined_at, rang)


def _ring_no_answer(
    line: Line, queue: WaitingQueue, caller: Channel, agent: Channel, member: Member, rang: float
) -> None:
    """RingTime of this event is in milliseconds, unlike AgentConnect's (22.10.1); DialEnd comes twice."""
    switch = line.stage.switch
    ring_time = ("RingTime", str(int(rang * 1000)))
    switch.emit(events.agent("AgentRingNoAnswer", caller, agent, queue.name, member.name, ring_time))
    for status in ("NOANSWER", "CANCEL"):
        switch.emit(events.dial("DialEnd", caller, agent, ("DialStatus", status)))
    switch.hang_up(agent, 0)


def _connect(
    line: Line,
    queue: WaitingQueue,
    caller: Channel,
    agent: Channel,
    member: Member,
    joined_at: float,
    rang: float,
) -> QueueVisit:
    switch = line.stage.switch
    switch.set_state(agent, ChannelState.UP)
    switch.emit(events.dial("DialEnd", caller, agent, ("DialStatus", "ANSWER")))
    switch.emit(events.of_channel("MusicOnHoldStop", caller))
    queue.leave(switch, caller)
    now = switch.clock.now()
    member.in_call = True
    times = (("HoldTime", str(int(now - joined_at))), ("RingTime", str(int(rang))))
    switch.emit(events.agent("AgentConnect", caller, agent, queue.name, member.name, *times))
    switch.bridge(agent, caller)
    return QueueVisit(queue=queue, caller=caller, member=member, agent=agent, joined_at=joined_at, connected_at=now)


def give_up(line: Line, queue: WaitingQueue, caller: Channel, joined_at: float) -> None:
    """The caller hangs up while waiting (queue_abandoned)."""
    switch = line.stage.switch
    switch.emit(events.hangup_request(caller, 16))
    agent = next((c for c in line.channels if c.state is ChannelState.RINGING and c.name in switch.channels), None)
    if any(channel is caller for channel, _ in queue.waiting):
        switch.emit(events.of_channel("MusicOnHoldStop", caller))
        for _ in range(2 if agent else 0):
            switch.emit(events.dial("DialEnd", caller, agent or caller, ("DialStatus", "CANCEL")))
        position = str(queue.position(caller))
        held = ("HoldTime", str(int(switch.clock.now() - joined_at)))
        where = (("Position", position), ("OriginalPosition", position), held)
        switch.emit(events.queue_caller("QueueCallerAbandon", caller, queue.name, *where))
        queue.abandoned += 1
        queue.leave(switch, caller)
    switch.emit(events.soft_hangup_request(caller))
    if agent is not None:
        switch.hang_up(agent, 0)
    switch.hang_up(caller)
