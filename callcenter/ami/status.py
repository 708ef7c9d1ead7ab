"""How the link to a PBX is doing, for the system page."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkStatus:
    """Times are Unix seconds."""

    connected: bool
    """Logged in and, as far as the pings say, alive."""
    connection: int
    """Number of the present or last connection; the same number as in the journal."""
    since: float | None
    """When the present state began."""
    last_message_at: float | None
    event_delay_seconds: float | None
    """Arrival minus the last event's own Timestamp; None where the PBX sends none (`timestampevents`)."""
    reconnects: int
    """Connections made after the first."""
    skipped: int
    """Events journalled but not needed."""
    oversized: int
    """Blocks dropped for their length on all connections."""
    queue_length: int
    """Messages received and not yet taken by the consumer."""
    journal_lost: int
    """Blocks that could not be journalled."""
    protocol_version: str
    filters_refused: bool
    """The PBX would not filter events for us: all of them cross the wire. Harmless, but wasteful."""
    last_error: str
    """Why the link is or was last down; empty if it never was."""
