"""The PBX's clock seen from ours. Pure."""

from collections import deque


class PbxTime:
    """Events carry the PBX's time, audio is stamped with ours. The shortest delay seen lately is the
    difference between the clocks plus a network's millisecond (idle Asterisk 22.10.1: 0.7 ms median from
    event to arrival)."""

    def __init__(self, remembered: int = 64) -> None:
        self._delays: deque[float] = deque(maxlen=remembered)

    def saw(self, at: float, now: float) -> None:
        """An event of the PBX's time `at` was handled at our time `now` (both Unix seconds)."""
        self._delays.append(now - at)

    @property
    def ahead(self) -> float:
        """Seconds our clock is ahead of the PBX's."""
        return min(self._delays, default=0.0)

    def since(self, at: float, now: float) -> float:
        """Seconds of real time from the PBX's moment `at` to our `now`."""
        return now - self.ahead - at
