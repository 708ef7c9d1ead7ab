"""Speech in real time: every 20 ms each speaking channel yields one frame to those who listen to it. A silent
channel yields none, as a real tap carries none (measured on Asterisk 22.10.1)."""

import asyncio
import contextlib
import time
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass

from callcenter.sim.switch.model import Channel

FRAME_SECONDS = 0.02
FRAME_BYTES = 320
"""20 ms at 8 kHz, 16 bits."""
MOST_FRAMES_AT_ONCE = 5
"""After a stall of the computer 100 ms are caught up; the rest of the speech comes later, nothing of it is lost."""

Listener = Callable[[bytes], None]


@dataclass(slots=True)
class _Speech:
    channel: Channel
    pcm: bytes
    position: int = 0


class Sound:
    """Plays what channels say. `near` listeners hear a channel's own party, `far` ones whom it is bridged with."""

    def __init__(self, speed: float = 1.0) -> None:
        self._speed = speed
        self._speaking: dict[str, _Speech] = {}
        self._near: dict[str, list[Listener]] = defaultdict(list)
        self._far: dict[str, list[Listener]] = defaultdict(list)
        self._task: asyncio.Task[None] | None = None

    def speak(self, channel: Channel, pcm: bytes) -> None:
        """See Voices."""
        if pcm:
            self._speaking[channel.uniqueid] = _Speech(channel, pcm)

    def hush(self, channel: Channel) -> None:
        """See Voices."""
        self._speaking.pop(channel.uniqueid, None)

    def is_speaking(self, channel: Channel) -> bool:
        """See Voices."""
        return channel.uniqueid in self._speaking

    def listen(self, channel: Channel, listener: Listener, *, far: bool = False) -> Callable[[], None]:
        """From now on; returns what ends it."""
        board = self._far if far else self._near
        board[channel.uniqueid].append(listener)

        def stop() -> None:
            with contextlib.suppress(ValueError):
                board[channel.uniqueid].remove(listener)
            if not board[channel.uniqueid]:
                del board[channel.uniqueid]

        return stop

    def start(self) -> None:
        """Begins to run in the current event loop."""
        self._task = asyncio.get_running_loop().create_task(self._run(), name="sim-sound")

    async def aclose(self) -> None:
        """Ends at once."""
        if self._task is not None:
            self._task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._task

    async def _run(self) -> None:
        began, done = time.monotonic(), 0
        while True:
            due = int((time.monotonic() - began) * self._speed / FRAME_SECONDS)
            for _ in range(min(due - done, MOST_FRAMES_AT_ONCE)):
                self.tick()
            done = max(done, due)
            next_at = began + (done + 1) * FRAME_SECONDS / self._speed
            await asyncio.sleep(max(0.0005, next_at - time.monotonic()))

    def tick(self) -> None:
        """One frame of everybody who speaks."""
        for key, speech in list(self._speaking.items()):
            frame = speech.pcm[speech.position : speech.position + FRAME_BYTES]
            speech.position += FRAME_BYTES
            if speech.position >= len(speech.pcm):
                self._speaking.pop(key, None)
            if frame:
                self._deliver(speech.channel, frame.ljust(FRAME_BYTES, b"\0"))

    def _deliver(self, channel: Channel, frame: bytes) -> None:
        for listener in list(self._near.get(channel.uniqueid, ())):
            listener(frame)
        for other in channel.bridge.channels if channel.bridge else ():
            if other is not channel:
                for listener in list(self._far.get(other.uniqueid, ())):
                    listener(frame)
