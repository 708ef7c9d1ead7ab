"""When the simulated PBX really said what it says: the moment of every loud frame of every leg, noted as the frame
goes out to the taps. The truth that latencies are measured from, whatever the product believes."""

import time
from bisect import bisect_right
from collections import defaultdict
from collections.abc import Callable
from dataclasses import replace

import numpy as np

from callcenter.sim.media.sound import Sound
from callcenter.sim.pbx import SimulatedPbx
from callcenter.sim.switch.model import Channel

LOUD_SHARE = 0.05
"""Of the clip's peak (-26 dB): a last consonant is above it, the telephone line's hiss below."""


class SaidVoices:
    """The PBX's sound, with a note of what was heard when. Times are Unix seconds."""

    def __init__(self, sound: Sound) -> None:
        self._sound = sound
        self._loud: dict[str, list[float]] = defaultdict(list)
        self._stops: dict[str, Callable[[], None]] = {}

    def speak(self, channel: Channel, pcm: bytes) -> None:
        """See sim.calls.line.Voices."""
        limit = LOUD_SHARE * _peak(pcm)
        moments = self._loud[channel.uniqueid]

        def heard(frame: bytes) -> None:
            if _peak(frame) > limit:
                moments.append(time.time())

        self._stops[channel.uniqueid] = self._sound.listen(channel, heard)
        self._sound.speak(channel, pcm)

    def is_speaking(self, channel: Channel) -> bool:
        """See sim.calls.line.Voices."""
        return self._sound.is_speaking(channel)

    def hush(self, channel: Channel) -> None:
        """See sim.calls.line.Voices."""
        if stop := self._stops.pop(channel.uniqueid, None):
            stop()
        self._sound.hush(channel)

    def last_sound(self, leg: str, until: float) -> float | None:
        """The last moment up to `until` at which this leg spoke."""
        moments = self._loud[leg]
        index = bisect_right(moments, until)
        return moments[index - 1] if index else None


def note_what_is_said(pbx: SimulatedPbx) -> SaidVoices:
    """From now on; before the first call."""
    voices = SaidVoices(pbx.sound)
    pbx.stage = replace(pbx.stage, voices=voices)
    return voices


def _peak(pcm: bytes) -> float:
    samples = np.frombuffer(pcm, dtype="<i2").astype(np.int32)
    return float(np.abs(samples).max(initial=0))
