"""What one measurement says, with its goal: the same form for everything `make bench` prints."""

from dataclasses import dataclass
from enum import StrEnum


class Compare(StrEnum):
    """On which side of the limit is good."""

    AT_LEAST = "≥"
    LESS = "<"
    AT_MOST = "≤"


class Of(StrEnum):
    """What the limit is for."""

    VALUE = "value"
    RATIO = "ratio"


@dataclass(frozen=True, slots=True, kw_only=True)
class Goal:
    """A limit, in the unit of the result's value or as a bare ratio."""

    compare: Compare
    limit: float
    of: Of = Of.VALUE

    def is_met(self, value: float) -> bool:
        """Whether the figure is on the good side."""
        match self.compare:
            case Compare.AT_LEAST:
                return value >= self.limit
            case Compare.LESS:
                return value < self.limit
            case Compare.AT_MOST:
                return value <= self.limit


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """One line of the table."""

    name: str
    value: float
    unit: str
    ratio: float | None = None
    """To what `beside` names."""
    beside: str = ""
    """The peer or the raw library, and how the two were compared."""
    goal: Goal | None = None
    note: str = ""
    """How many samples, what else was measured."""

    @property
    def met(self) -> bool | None:
        """Whether the goal is met; None where there is none."""
        if self.goal is None:
            return None
        figure = self.ratio if self.goal.of is Of.RATIO else self.value
        return figure is not None and self.goal.is_met(figure)


def at_least(limit: float, of: Of = Of.VALUE) -> Goal:
    """`limit` or more."""
    return Goal(compare=Compare.AT_LEAST, limit=limit, of=of)


def at_most(limit: float, of: Of = Of.VALUE) -> Goal:
    """`limit` or less."""
    return Goal(compare=Compare.AT_MOST, limit=limit, of=of)


def less_than(limit: float, of: Of = Of.VALUE) -> Goal:
    """Below `limit`."""
    return Goal(compare=Compare.LESS, limit=limit, of=of)


def percentile(values: list[float], share: float) -> float:
    """The value that `share` (0 to 1) of the sorted values do not exceed, by nearest rank: with few samples that is
    a value that was really measured. Raises ValueError without values."""
    if not values:
        raise ValueError("nothing was measured")
    ordered = sorted(values)
    rank = max(0, min(len(ordered) - 1, -(-int(share * 1000) * len(ordered) // 1000) - 1))
    return ordered[rank]
