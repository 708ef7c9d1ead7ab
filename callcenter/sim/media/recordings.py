"""The recordings that run, by their MixMonitor ids."""

from pathlib import Path

from callcenter.sim.media.recorder import Recorder, read_order
from callcenter.sim.media.sound import Sound
from callcenter.sim.switch import events
from callcenter.sim.switch.model import Channel
from callcenter.sim.switch.switch import Switch


class Recordings:
    """Starts and ends them, and ends them with their channels."""

    def __init__(self, folder: Path, switch: Switch, sound: Sound) -> None:
        self._folder, self._switch, self._sound = folder, switch, sound
        self._running: dict[str, Recorder] = {}
        self._serial = 0
        switch.watchers.append(self._channel_gone)

    def start(self, channel: Channel, file: str, options: str) -> str:
        """The new recording's id. Raises RecordingRefused."""
        order = read_order(self._folder, file, options)
        self._serial += 1
        recording = f"0x{self._serial:08x}"
        self._running[recording] = Recorder(channel, order, self._sound, self._switch.clock)
        self._switch.emit(events.of_channel("MixMonitorStart", channel))
        return recording

    def stop(self, channel: Channel, recording: str) -> bool:
        """Ends the recording of that id, or with an empty id all of the channel; False when there is none."""
        ended = [key for key in self._of(channel) if recording in ("", key)]
        for key in ended:
            self._running.pop(key).close()
            self._switch.emit(events.of_channel("MixMonitorStop", channel))
        return bool(ended)

    def close(self) -> None:
        """Ends all."""
        for recorder in self._running.values():
            recorder.close()
        self._running.clear()

    def _of(self, channel: Channel) -> list[str]:
        return [key for key, recorder in self._running.items() if recorder.channel is channel]

    def _channel_gone(self, channel: Channel) -> None:
        """No MixMonitorStop when a recording ends with its channel (22.10.1)."""
        for key in self._of(channel):
            self._running.pop(key).close()
