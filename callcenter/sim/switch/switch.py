"""Channels and bridges, and what happens to them. Each change raises the events that Asterisk raises for it."""

import random
from collections.abc import Callable
from uuid import UUID

from callcenter.sim.switch import events
from callcenter.sim.switch.clock import Clock
from callcenter.sim.switch.events import Headers
from callcenter.sim.switch.model import Bridge, Channel, ChannelState, Party

DEVICE_STATES = {
    ChannelState.RING: "INUSE",
    ChannelState.RINGING: "RINGING",
    ChannelState.UP: "INUSE",
    ChannelState.BUSY: "INUSE",
}
"""What a device is while one of its channels is in a state."""


class Switch:
    """The state of the simulated PBX. `emit` gets every event as headers."""

    def __init__(self, clock: Clock, emit: Callable[[Headers], None], seed: int = 1) -> None:
        self.clock = clock
        self.emit = emit
        self.channels: dict[str, Channel] = {}
        """By name, in order of creation."""
        self.watchers: list[Callable[[Channel], None]] = []
        """Told of each channel just before it is hung up."""
        self.device_watchers: list[Callable[[str, str], None]] = []
        """Told of each device and its new state."""
        self._devices: dict[str, str] = {}
        self._serial = 0
        self._random = random.Random(seed)  # noqa: S311 - identifiers of a simulation

    def new_channel(
        self,
        device: str,
        *,
        caller: Party,
        context: str,
        exten: str,
        state: ChannelState = ChannelState.DOWN,
        within: Channel | None = None,
        name: str = "",
    ) -> Channel:
        """A channel of the device appears; `within` is the channel whose call it belongs to. `name` replaces the
        usual DEVICE-SERIAL."""
        uniqueid = f"{int(self.clock.now())}.{self._serial}"
        channel = Channel(
            name=name or f"{device}-{self._serial:08x}",
            uniqueid=uniqueid,
            linkedid=within.linkedid if within else uniqueid,
            created_at=self.clock.now(),
            caller=caller,
            context=context,
            exten=exten,
            state=state,
        )
        self._serial += 1
        self.channels[channel.name] = channel
        self.emit(events.of_channel("Newchannel", channel))
        return channel

    def set_state(self, channel: Channel, state: ChannelState) -> None:
        """Newstate, and the device with it."""
        channel.state = state
        if state is ChannelState.UP and channel.answered_at is None:
            channel.answered_at = self.clock.now()
        self.emit(events.of_channel("Newstate", channel))
        self._set_device(channel.device, DEVICE_STATES.get(state, "NOT_INUSE"))

    def connect_line(self, channel: Channel, party: Party, *, told: bool = True) -> None:
        """The channel learns whom it is connected with; `told` raises NewConnectedLine."""
        channel.connected = party
        if told:
            self.emit(events.of_channel("NewConnectedLine", channel))

    def set_caller(self, channel: Channel, party: Party) -> None:
        """The dialplan changes the caller id."""
        channel.caller = party
        self.emit(events.new_caller_id(channel))

    def bridge(self, *channels: Channel) -> Bridge:
        """Puts the channels together, in the order given."""
        bridge = Bridge(uniqueid=str(UUID(int=self._random.getrandbits(128), version=4)))
        self.emit(events.of_bridge("BridgeCreate", bridge))
        for channel in channels:
            bridge.channels.append(channel)
            channel.bridge = bridge
            self.emit(events.of_bridge("BridgeEnter", bridge, channel))
        return bridge

    def leave(self, channel: Channel) -> None:
        """The channel leaves its bridge; an empty bridge is destroyed."""
        bridge = channel.bridge
        if bridge is None:
            return
        bridge.channels.remove(channel)
        channel.bridge = None
        self.emit(events.of_bridge("BridgeLeave", bridge, channel))
        if not bridge.channels:
            self.emit(events.of_bridge("BridgeDestroy", bridge))

    def hang_up(self, channel: Channel, cause: int = 16, tech_cause: int | None = None) -> None:
        """The channel ends. Hanging up twice does nothing."""
        if self.channels.pop(channel.name, None) is None:
            return
        self.leave(channel)
        for watcher in list(self.watchers):
            watcher(channel)
        self.emit(events.hangup(channel, cause, tech_cause))
        self._set_device(channel.device, self._state_of(channel.device))

    def is_busy(self, device: str) -> bool:
        """Whether the device rings or talks."""
        return self._devices.get(device, "NOT_INUSE") != "NOT_INUSE"

    def _state_of(self, device: str) -> str:
        states = [channel.state for channel in self.channels.values() if channel.device == device]
        return DEVICE_STATES.get(max(states), "NOT_INUSE") if states else "NOT_INUSE"

    def _set_device(self, device: str, state: str) -> None:
        if self._devices.get(device, "NOT_INUSE") == state:
            return
        self._devices[device] = state
        if state == "NOT_INUSE":
            del self._devices[device]
        for watcher in self.device_watchers:
            watcher(device, state)
        self.emit(events.device_state(device, state))
