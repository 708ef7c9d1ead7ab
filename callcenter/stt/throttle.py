"""At most four partials a second a call; the newest of each leg waits its turn, older ones are dropped. Pure."""

from callcenter.stt.pool_types import LegOutput

GAP_SECONDS = 0.25


class Throttle:
    """Partials by group (call) and leg."""

    def __init__(self) -> None:
        self._last: dict[str, float] = {}
        self._waiting: dict[str, tuple[str, LegOutput]] = {}

    def offer(self, now: float, group: str, leg: str, output: LegOutput) -> list[LegOutput]:
        """Take a partial; returns what may be shown now."""
        self._waiting.pop(leg, None)
        self._waiting[leg] = (group, output)
        return self.due(now)

    def due(self, now: float) -> list[LegOutput]:
        """What may be shown now, the longest waiting first."""
        ready: list[LegOutput] = []
        for leg, (group, output) in list(self._waiting.items()):
            if now - self._last.get(group, float("-inf")) >= GAP_SECONDS:
                self._last[group] = now
                del self._waiting[leg]
                ready.append(output)
        if not self._waiting and len(self._last) > 1000:
            self._last.clear()  # calls long gone
        return ready

    def drop(self, leg: str) -> None:
        """The leg's partial is out of date."""
        self._waiting.pop(leg, None)
