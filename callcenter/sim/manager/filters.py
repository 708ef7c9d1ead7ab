"""Which events a session gets: its classes and its live filters. Pure."""

import re
from dataclasses import dataclass, field

from callcenter.sim.manager.protocol import Headers

ALL_CLASSES = frozenset({"call", "agent", "system", "dtmf", "user", "security", "reporting", "cdr", "dialplan"})
_CRITERION = re.compile(r"(action|name|header|method)\(([^)]*)\)")


@dataclass(frozen=True, slots=True)
class Exclusion:
    """Events of a name that are not sent: all, or those whose header matches."""

    event: str
    header: str = ""
    pattern: re.Pattern[str] | None = None

    def takes(self, headers: Headers) -> bool:
        """Whether this event is left out."""
        if headers[0][1] != self.event:
            return False
        if self.pattern is None:
            return True
        return any(key == self.header and self.pattern.search(value) for key, value in headers)


@dataclass(slots=True)
class EventFilter:
    """Classes wanted, and events excluded by Filter actions."""

    allowed: frozenset[str]
    """The user's read classes in manager.conf."""
    wanted: frozenset[str] = ALL_CLASSES
    excluded: list[Exclusion] = field(default_factory=list)

    def set_mask(self, mask: str) -> None:
        """`on`, `off` or class names with commas."""
        words = {word.strip().lower() for word in mask.split(",") if word.strip()}
        self.wanted = ALL_CLASSES if words & {"on", "all"} else frozenset(words - {"off"})

    def add(self, criteria: str, pattern: str) -> bool:
        """A Filter action's MatchCriteria and Filter: `action(exclude),name(X),method(none)`, or with `header(Y)`
        and `method(regex)`. False when it is another form: those without `method` Asterisk 22.10.1 refuses too."""
        parts = dict(_CRITERION.findall(criteria))
        if parts.get("action") != "exclude" or not parts.get("name"):
            return False
        if parts.get("method") == "none" and not pattern:
            self.excluded.append(Exclusion(parts["name"]))
            return True
        if parts.get("method") != "regex" or not parts.get("header"):
            return False
        try:
            self.excluded.append(Exclusion(parts["name"], parts["header"], re.compile(pattern)))
        except re.error:
            return False
        return True

    def passes(self, event: Headers) -> bool:
        """Whether it is sent. Its first two headers are Event and Privilege."""
        kind = event[1][1].partition(",")[0]
        return kind in self.allowed and kind in self.wanted and not any(x.takes(event) for x in self.excluded)
