"""How to reach one PBX's manager interface, and the limits of the link."""

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True, kw_only=True)
class EventFilter:
    """Events that the PBX should not send us."""

    event: str
    """Name of the event."""
    header: str = ""
    """Only those where this header …"""
    pattern: str = ""
    """… matches this POSIX extended regular expression; both empty = all of that name."""


DEFAULT_FILTERS = (
    # Nine in ten events of the class `dialplan`; what stays is voicemail (VoiceMail, Record, MinivmRecord)
    # and MIXMONITOR_FILENAME.
    EventFilter(event="Newexten", header="Application", pattern="^[^VRM]"),
    EventFilter(event="VarSet", header="Variable", pattern="^([^M]|M[^I])"),
    *(
        EventFilter(event=name)
        for name in (
            "DeviceStateChange",
            "ExtensionStatus",
            "PresenceStateChange",
            "QueueMemberStatus",
            "RTCPSent",
            "RTCPReceived",
            "TestEvent",
            "Cdr",
            "CEL",
            "DTMFBegin",
            "ContactStatus",
            "PeerStatus",
            "Registry",
        )
    ),
)
"""Asked for after every login. Of a full stream they leave about a third (ami.md §D.10)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AmiConfig:
    """Times are seconds."""

    host: str
    """Name, IPv4 or IPv6 address."""
    port: int = 5038
    username: str
    secret: str
    tls: bool = False
    tls_ca_file: Path | None = None
    """Trust this certificate (or authority) instead of the system's."""
    tls_fingerprint: str = ""
    """SHA-256 of the PBX's certificate in hex, colons allowed; then neither name nor authority is checked."""
    tls_server_name: str = ""
    """The name in the certificate, where it differs from `host`."""
    md5_login: bool = True
    """Challenge login: the secret itself never crosses the wire."""
    filters: tuple[EventFilter, ...] = DEFAULT_FILTERS
    """Need the write class `system` and Asterisk 18.26, 20.11, 21.6, 22.1 or later; without, all events come."""
    connect_timeout: float = 5.0
    action_timeout: float = 5.0
    ping_every: float = 10.0
    ping_timeout: float = 5.0
    retry_min: float = 0.5
    retry_max: float = 30.0
    refused_retry: float = 30.0
    """After a refused login: slow, so that no lock-out (fail2ban) is provoked."""
    queue_limit: int = 100_000
    """Blocks waiting for us before the link is closed as overrun; about 40 MB."""
    max_block_bytes: int = 1 << 20

    def __repr__(self) -> str:
        """Without the secret: this object ends up in logs."""
        return f"AmiConfig(host={self.host!r}, port={self.port}, username={self.username!r}, tls={self.tls})"
