"""Which events a session gets: its classes and its live filters. Pure."""

import re
from dataclasses import dataclass, field

ALL_CLASSES = frozenset({"call", "agent", "system", "dtmf", "user", "security", "reporting", "cdr", "dialplan"})
_CRITERION = re.compile(r"(action|name|header|method)\(([^)]*)\)")


@dataclass(slots=True)
class EventFilter:
    """Classes wanted, and event names excluded by Filter actions."""

    allowed: frozenset[str]
    """The user's read classes in manager.conf."""
    wanted: frozenset[str] = ALL_CLASSES
    excluded: set[str] = field(default_factory=set)

    def set_mask(self, mask: str) -> None:
        """`on`, `off` or class names with commas."""
        words = {word.strip().lower() for word in mask.split(",") if word.strip()}
        self.wanted = ALL_CLASSES if words & {"on", "all"} else frozenset(words - {"off"})

    def add(self, criteria: str) -> bool:
        """A MatchCriteria `action(exclude),name(X),method(none)`. False when it is another form, which Asterisk
        22.10.1 refuses as well."""
        parts = dict(_CRITERION.findall(criteria))
        if parts.get("action") != "exclude" or not parts.get("name") or parts.get("method") != "none":
            return False
        self.excluded.add(parts["name"])
        return True

    def passes(self, event: str, privilege: str) -> bool:
        """Whether an event of this name and Privilege header is sent."""
        kind = privilege.partition(",")[0]
        return kind in self.allowed and kind in self.wanted and event not in self.excluded
