"""What travels through the hub: a notice that something changed. Small, and free of markup; who shows it
reads the present state from the database."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol, TypeAlias

Json: TypeAlias = "str | int | float | bool | Sequence[Json] | Mapping[str, Json] | None"

TRANSIENT_KINDS = frozenset({"partial"})
"""Never kept for replay: a newer one follows within a quarter second, and the utterance replaces them all."""

RESYNC = "resync"
"""The kind that tells a reader to fetch its state anew, because notices were lost."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """One change, as subscribers of its topic see it."""

    epoch: str
    """Which run of the hub numbered it."""
    seq: int
    """Counts all topics' notices of one epoch from 1."""
    at: float
    """Unix seconds."""
    topic: str
    kind: str
    data: Mapping[str, Json]

    @property
    def id(self) -> str:
        """What a browser sends back to be given what follows."""
        return f"{self.epoch}-{self.seq}"


class Publisher(Protocol):
    """Where services put notices."""

    def publish(self, topic: str, kind: str, data: Mapping[str, Json]) -> None:
        """Tell every subscriber of `topic`. Never blocks; may be called from any thread."""


def parse_id(text: str | None) -> tuple[str, int] | None:
    """The epoch and number in a notice's id, or None when it is none of ours."""
    epoch, dash, number = (text or "").rpartition("-")
    return (epoch, int(number)) if dash and epoch and number.isascii() and number.isdigit() else None
