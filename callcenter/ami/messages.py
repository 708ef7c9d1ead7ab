"""AMI messages as values: an ordered list of headers that keeps repeated keys. No I/O here."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Message:
    """One block of the manager protocol (an event, a response, or a list item)."""

    headers: dict[str, str]
    """Key to value; the first value where a key repeats."""
    repeated: dict[str, list[str]] | None = None
    """Key to all its values, for the keys that repeat (Variable, ChanVariable, Output, …)."""

    @property
    def event(self) -> str:
        """The event's name, or empty."""
        return self.headers.get("Event", "")

    @property
    def response(self) -> str:
        """The response's status, or empty."""
        return self.headers.get("Response", "")

    def get(self, key: str, default: str = "") -> str:
        """The first value of `key`."""
        return self.headers.get(key, default)

    def all(self, key: str) -> list[str]:
        """Every value of `key`, in order."""
        if self.repeated and key in self.repeated:
            return self.repeated[key]
        return [self.headers[key]] if key in self.headers else []


@dataclass(frozen=True, slots=True)
class Received:
    """A message and when it arrived."""

    message: Message
    at: float
    """Unix seconds."""
    connection: int
    """Counts the connections to this PBX from 1; a new number means that the link was down in between."""
