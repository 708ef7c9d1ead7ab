"""Queues: who waits, who takes calls, and the figures QueueStatus shows."""

from dataclasses import dataclass, field

from callcenter.sim.switch import events
from callcenter.sim.switch.events import Headers
from callcenter.sim.switch.model import Channel, Party
from callcenter.sim.switch.switch import Switch

MEMBER_STATUS = {"NOT_INUSE": 1, "INUSE": 2, "RINGING": 6}
"""Device state to the number in QueueMemberStatus (AST_DEVICE_* of Asterisk 22)."""


@dataclass(slots=True, kw_only=True)
class Member:
    """An agent's place in a queue."""

    extension: str
    name: str
    login_at: int
    calls_taken: int = 0
    last_call_at: int = 0
    in_call: bool = False
    paused: bool = False
    paused_reason: str = ""
    status: int = 1

    @property
    def interface(self) -> str:
        """The device that rings."""
        return f"PJSIP/{self.extension}"

    @property
    def party(self) -> Party:
        """As other parties see the agent."""
        return Party(self.extension, self.name)


@dataclass(slots=True, kw_only=True)
class WaitingQueue:
    """One queue; members are offered in turn, the one who waited longest first (rrmemory)."""

    name: str
    members: list[Member]
    waiting: list[tuple[Channel, float]] = field(default_factory=list)
    """Callers and when they joined (Unix seconds)."""
    completed: int = 0
    abandoned: int = 0
    hold_seconds: float = 0.0
    """Sum over the completed calls."""
    talk_seconds: float = 0.0
    _next: int = 0

    def free_member(self, switch: Switch) -> Member | None:
        """The next member in turn whose phone is free; None when all are busy or paused."""
        for step in range(len(self.members)):
            index = (self._next + step) % len(self.members)
            member = self.members[index]
            if not member.paused and not switch.is_busy(member.interface):
                self._next = (index + 1) % len(self.members)
                return member
        return None

    def member(self, extension: str) -> Member | None:
        """The member with this extension."""
        return next((member for member in self.members if member.extension == extension), None)

    def join(self, switch: Switch, caller: Channel) -> None:
        """The caller begins to wait."""
        self.waiting.append((caller, switch.clock.now()))
        switch.emit(events.device_state(f"Queue:{self.name}", "RINGING"))
        count = str(len(self.waiting))
        switch.emit(events.queue_caller("QueueCallerJoin", caller, self.name, ("Position", count), ("Count", count)))

    def position(self, caller: Channel) -> int:
        """Counts from 1."""
        return 1 + [channel for channel, _ in self.waiting].index(caller)

    def leave(self, switch: Switch, caller: Channel) -> None:
        """The caller no longer waits, for whatever reason."""
        position = self.position(caller)
        del self.waiting[position - 1]
        if not self.waiting:
            switch.emit(events.device_state(f"Queue:{self.name}", "NOT_INUSE"))
        count = ("Count", str(len(self.waiting)))
        switch.emit(events.queue_caller("QueueCallerLeave", caller, self.name, ("Position", str(position)), count))


def member_status(queue: str, member: Member) -> Headers:
    """QueueMemberStatus."""
    values = {
        "Queue": queue,
        "MemberName": member.name,
        "Interface": member.interface,
        "StateInterface": member.interface,
        "Membership": "static",
        "Penalty": "0",
        "CallsTaken": str(member.calls_taken),
        "LastCall": str(member.last_call_at),
        "LastPause": "0",
        "LoginTime": str(member.login_at),
        "InCall": str(int(member.in_call)),
        "Status": str(member.status),
        "Paused": str(int(member.paused)),
        "PausedReason": member.paused_reason,
        "Ringinuse": "0",
        "Wrapuptime": "0",
    }
    return [("Event", "QueueMemberStatus"), ("Privilege", "agent,all"), *values.items()]


def follow_devices(switch: Switch, queues: dict[str, WaitingQueue]) -> None:
    """From now on members' states follow their phones."""

    def changed(device: str, state: str) -> None:
        for queue in queues.values():
            for member in queue.members:
                if member.interface == device:
                    member.status = MEMBER_STATUS.get(state, 1)
                    switch.emit(member_status(queue.name, member))

    switch.device_watchers.append(changed)
