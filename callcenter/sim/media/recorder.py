"""MixMonitor: writes what a channel's party says (`r`), what it hears (`t`) and both mixed to WAV files, in step
with the call by silence. Files lie in the recordings folder and nowhere else."""

import re
import wave
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from callcenter.core.errors import BadInput
from callcenter.sim.media.sound import Sound
from callcenter.sim.switch.clock import Clock
from callcenter.sim.switch.model import Channel

RATE = 8000


class RecordingRefused(BadInput):
    """The action's file or options cannot be used."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordingOrder:
    """Which files; None = not asked for."""

    received: Path | None
    transmitted: Path | None
    mixed: Path | None


def read_order(folder: Path, file: str, options: str) -> RecordingOrder:
    """From the action's File and Options headers. Raises RecordingRefused for a path outside the folder."""
    received = re.search(r"r\(([^)]*)\)", options)
    transmitted = re.search(r"t\(([^)]*)\)", options)
    return RecordingOrder(
        received=_inside(folder, received.group(1)) if received else None,
        transmitted=_inside(folder, transmitted.group(1)) if transmitted else None,
        mixed=_inside(folder, file) if file else None,
    )


def _inside(folder: Path, name: str) -> Path:
    path = PurePosixPath(name)
    if path.is_absolute():
        try:
            path = path.relative_to(PurePosixPath(folder.as_posix()))
        except ValueError as error:
            raise RecordingRefused(f"{name} is not in the recordings folder") from error
    if ".." in path.parts or path.suffix != ".wav":
        raise RecordingRefused(f"{name} is not the name of a .wav file in the recordings folder")
    return folder / path


class _Track:
    """One file, padded with silence up to the moment of each frame."""

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._file = wave.open(str(path), "wb")  # noqa: SIM115 - open as long as the call
        self._file.setnchannels(1)
        self._file.setsampwidth(2)
        self._file.setframerate(RATE)

    def add(self, frame: bytes, at_seconds: float) -> None:
        """`at_seconds` since the recording began. Small jitter is not padded."""
        missing = int(at_seconds * RATE) - self._file.getnframes()
        if missing > RATE // 10:
            self._file.writeframesraw(bytes(2 * missing))
        self._file.writeframesraw(frame)

    def close(self, at_seconds: float) -> None:
        """Silence to the end, then the header's length is put right."""
        missing = int(at_seconds * RATE) - self._file.getnframes()
        if missing > 0:
            self._file.writeframesraw(bytes(2 * missing))
        self._file.close()


class Recorder:
    """One MixMonitor on one channel."""

    def __init__(self, channel: Channel, order: RecordingOrder, sound: Sound, clock: Clock) -> None:
        self.channel = channel
        self._clock, self._began = clock, clock.now()
        paths = (order.received, order.transmitted, order.mixed)
        self._near, self._far, self._mixed = (_Track(path) if path else None for path in paths)
        self._stops = [sound.listen(channel, self._said), sound.listen(channel, self._heard, far=True)]

    def _said(self, frame: bytes) -> None:
        self._write(self._near, frame)

    def _heard(self, frame: bytes) -> None:
        self._write(self._far, frame)

    def _write(self, track: _Track | None, frame: bytes) -> None:
        at = self._clock.now() - self._began
        for each in (track, self._mixed):
            if each is not None:
                each.add(frame, at)

    def close(self) -> None:
        """Ends the files. Closing twice does nothing."""
        if not self._stops:
            return
        for stop in self._stops:
            stop()
        self._stops = []
        length = self._clock.now() - self._began
        for track in (self._near, self._far, self._mixed):
            if track is not None:
                track.close(length)
