"""What each action does to the simulated PBX. Actions of a real Asterisk that nothing here sends are answered as
Asterisk answers an unknown one."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Protocol

from callcenter.sim.calls.click_to_call import CallOrder
from callcenter.sim.calls.line import HangUp, Line, SendTo
from callcenter.sim.manager import lists
from callcenter.sim.manager.originate import Nowhere, read_originate
from callcenter.sim.manager.protocol import Action, ActionRefused, Headers, response
from callcenter.sim.manager.variables import value_of
from callcenter.sim.media.recorder import RecordingRefused
from callcenter.sim.media.tap import TapOrder
from callcenter.sim.switch import events
from callcenter.sim.switch.model import Channel
from callcenter.sim.switch.queues import WaitingQueue, member_status
from callcenter.sim.switch.switch import Switch

MODULES = {
    "chan_audiosocket",
    "res_audiosocket",
    "app_audiosocket",
    "app_chanspy",
    "app_mixmonitor",
    "app_queue",
    "func_callerid",
    "func_cdr",
}
"""What ModuleCheck finds loaded."""
OF_THE_SESSION = ("Challenge", "Events", "Filter", "Login", "Logoff")
"""Actions that the session answers itself."""
VERSION = "22.10.1"


class Exchange(Protocol):
    """The parts of the PBX that actions work on."""

    switch: Switch
    queues: dict[str, WaitingQueue]
    started_at: float

    def line_of(self, channel: Channel) -> Line | None:
        """The call a channel belongs to."""
        ...

    def tap(self, order: TapOrder) -> None:
        """Starts a tap."""
        ...

    def call(self, order: CallOrder) -> None:
        """Starts a click-to-call."""
        ...

    def record(self, channel: Channel, file: str, options: str) -> str:
        """Starts a recording; its id. Raises RecordingRefused."""
        ...

    def stop_recording(self, channel: Channel, recording: str) -> bool:
        """Ends one recording, or all of the channel; False when there is none."""
        ...


class Actions:
    """Carries out actions."""

    def __init__(self, exchange: Exchange) -> None:
        self._exchange = exchange
        by_name: dict[str, Callable[[Action], list[Headers]]] = {
            "Ping": self._ping,
            "ListCommands": self._commands,
            "CoreShowChannels": self._channels,
            "Status": self._status,
            "QueueStatus": self._queues,
            "BridgeList": self._bridges,
            "CoreStatus": self._core_status,
            "CoreSettings": self._core_settings,
            "Getvar": self._getvar,
            "ModuleCheck": self._module,
            "Originate": self._originate,
            "MixMonitor": self._record,
            "StopMixMonitor": self._stop_recording,
            "Hangup": self._hang_up,
            "Redirect": self._send,
            "BlindTransfer": self._send,
            "QueuePause": self._pause,
            "UserEvent": self._user_event,
        }
        self._names = [*by_name, *OF_THE_SESSION]
        self._handlers = {name.lower(): handler for name, handler in by_name.items()}

    def handle(self, action: Action) -> list[Headers]:
        """The answers in order; an action that cannot be carried out is answered with an error."""
        handler = self._handlers.get(action.name)
        if handler is None:
            text = (
                "Invalid/unknown command: "
                + action.get("action")
                + ". Use Action: ListCommands to show available commands."
            )
            return [response(action, "Error", text)]
        try:
            return handler(action)
        except (ActionRefused, RecordingRefused) as error:
            return [response(action, "Error", str(error))]

    def _now(self) -> float:
        return self._exchange.switch.clock.now()

    def _channel(self, action: Action) -> Channel:
        name = action.get("channel")
        if not name:
            raise ActionRefused("No channel specified")
        channel = self._exchange.switch.channels.get(name)
        if channel is None:
            raise ActionRefused("No such channel")
        return channel

    def _ping(self, action: Action) -> list[Headers]:
        return [response(action, "Success", "", ("Ping", "Pong"), ("Timestamp", f"{self._now():.6f}"))]

    def _commands(self, action: Action) -> list[Headers]:
        return [response(action, "Success", "", *((name, "(Priv: <none>)") for name in sorted(self._names)))]

    def _channels(self, action: Action) -> list[Headers]:
        return lists.channel_list(action, self._exchange.switch.channels.values(), self._now())

    def _status(self, action: Action) -> list[Headers]:
        channels = [self._channel(action)] if action.get("channel") else self._exchange.switch.channels.values()
        return lists.status_list(action, channels, self._now())

    def _bridges(self, action: Action) -> list[Headers]:
        return lists.bridge_list(action, self._exchange.switch.channels.values())

    def _queues(self, action: Action) -> list[Headers]:
        wanted = action.get("queue")
        queues = [queue for queue in self._exchange.queues.values() if wanted in ("", queue.name)]
        return lists.queue_list(action, queues, self._now())

    def _core_status(self, action: Action) -> list[Headers]:
        started = datetime.fromtimestamp(self._exchange.started_at, UTC)
        values = {
            "CoreStartupDate": f"{started:%Y-%m-%d}",
            "CoreStartupTime": f"{started:%H:%M:%S}",
            "CoreReloadDate": f"{started:%Y-%m-%d}",
            "CoreReloadTime": f"{started:%H:%M:%S}",
            "CoreCurrentCalls": str(len(self._exchange.switch.channels)),
        }
        return [response(action, "Success", "", *values.items())]

    def _core_settings(self, action: Action) -> list[Headers]:
        values = {"AMIversion": "11.0.0", "AsteriskVersion": VERSION, "SystemName": "", "CoreMaxCalls": "0"}
        return [response(action, "Success", "", *values.items())]

    def _getvar(self, action: Action) -> list[Headers]:
        variable = action.get("variable")
        value = value_of(self._channel(action), variable) if action.get("channel") else ""
        return [response(action, "Success", "", ("Variable", variable), ("Value", value))]

    def _module(self, action: Action) -> list[Headers]:
        if action.get("module").removesuffix(".so") in MODULES:
            return [response(action, "Success", "", ("Version", ""))]
        return [response(action, "Error", "Module not loaded")]

    def _originate(self, action: Action) -> list[Headers]:
        order = read_originate(action)
        if isinstance(order, TapOrder):
            self._exchange.tap(order)
        elif isinstance(order, Nowhere):
            where = [("Channel", order.channel), ("Application", order.application), ("Data", order.data)]
            self._exchange.switch.emit(events.originate_response(None, order.action_id, where, reason=0))
        else:
            self._exchange.call(order)
        return [response(action, "Success", "Originate successfully queued")]

    def _record(self, action: Action) -> list[Headers]:
        channel = self._channel(action)
        recording = self._exchange.record(channel, action.get("file"), action.get("options"))
        return [response(action, "Success", "", ("MixMonitorID", recording))]

    def _stop_recording(self, action: Action) -> list[Headers]:
        if self._exchange.stop_recording(self._channel(action), action.get("mixmonitorid")):
            return [response(action, "Success")]
        return [response(action, "Error", "Could not stop monitoring channel")]

    def _hang_up(self, action: Action) -> list[Headers]:
        channel = self._channel(action)
        line = self._exchange.line_of(channel)
        if line is None:
            self._exchange.switch.hang_up(channel)
        else:
            line.inbox.put_nowait(HangUp(channel))
        return [response(action, "Success", "Channel Hungup")]

    def _send(self, action: Action) -> list[Headers]:
        channel = self._channel(action)
        line = self._exchange.line_of(channel)
        if line is None or channel.bridge is None:
            raise ActionRefused("Channel is not in a bridge")
        announced = action.name == "blindtransfer"
        line.inbox.put_nowait(SendTo(action.get("exten"), action.get("context") or "internal", announced))
        return [response(action, "Success", "Transfer succeeded" if announced else "Redirect successful")]

    def _pause(self, action: Action) -> list[Headers]:
        paused = action.get("paused").lower() in ("true", "yes", "1")
        found = False
        for queue in self._exchange.queues.values():
            for member in queue.members:
                if member.interface == action.get("interface") and action.get("queue") in ("", queue.name):
                    member.paused, member.paused_reason, found = paused, action.get("reason"), True
                    event = member_status(queue.name, member)
                    event[0] = ("Event", "QueueMemberPause")
                    self._exchange.switch.emit(event)
        if not found:
            raise ActionRefused("Interface not found")
        return [response(action, "Success", f"Interface {'' if paused else 'un'}paused successfully")]

    def _user_event(self, action: Action) -> list[Headers]:
        extra = [(key.title(), value) for key, value in action.headers.items() if key not in ("action", "actionid")]
        self._exchange.switch.emit([("Event", "UserEvent"), ("Privilege", "user,all"), *extra])
        return [response(action, "Success", "Event Sent")]
