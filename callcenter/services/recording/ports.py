"""What recording needs from the store, as a Protocol."""

from collections.abc import Sequence
from typing import Protocol

from callcenter.services.recordings import RecordingFacts


class Row(Protocol):
    """A row of the shelf."""

    @property
    def path(self) -> str:
        """Relative to the recordings folder."""

    @property
    def starts_at_seconds(self) -> float:
        """Call seconds of its first sample."""


class RecordingShelf(Protocol):
    """`services.recordings.Shelf`. Every method blocks for a short transaction."""

    def begun(self, call_key: str, path: str, *, layout: str, starts_at_seconds: float) -> int | None:
        """The PBX records into `path`."""

    def finished(self, path: str, facts: RecordingFacts) -> int | None:
        """The file is whole; its number."""

    def missing(self, path: str, reason: str) -> None:
        """There is no usable file."""

    def unfinished(self) -> Sequence[Row]:
        """Rows nobody looked at since their call ended."""
