"""What a channel's name and a dial string tell: whose channel it is, which number was called."""

import re
from dataclasses import dataclass
from enum import StrEnum

from callcenter.core.errors import ConfigError
from callcenter.core.numbers import HIDDEN


class ChannelKind(StrEnum):
    """Whose channel it is."""

    PHONE = "phone"
    """An agent's telephone."""
    TRUNK = "trunk"
    """The outside: a customer, a mobile."""
    LOCAL = "local"
    """Asterisk's internal glue; never a party."""
    TAP = "tap"
    """A recorder, announcer or listener; never a party."""


TAPS = frozenset({
    "AudioSocket", "Snoop", "Message", "UnicastRTP", "MulticastRTP", "WebSocket", "Recorder", "Announcer",
    "CBAnn", "CBRec", "ConfBridge", "Surrogate", "Parking", "Bridge", "OutgoingSpoolFailed", "AsyncGoto",
})  # fmt: skip
"""Technologies of helper channels (ami.md §D.19, Asterisk 22.10.1)."""

PHONE_TECHNOLOGIES = frozenset({"PJSIP", "SIP", "IAX2", "SCCP", "Skinny", "MGCP", "UNISTIM", "WebRTC"})
"""Technologies whose endpoint is a telephone's name; DAHDI and the like number their ports."""

_ZOMBIE = "<ZOMBIE>"
_NUMBER = re.compile(r"\+?[\d*#]{2,}")


class BadExtensionPattern(ConfigError):
    """`extension_pattern` cannot be used."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TrackerConfig:
    """How this PBX names things."""

    extension_pattern: str = r"\d{2,6}"
    """An endpoint fully matching it is an agent's telephone; a group named `ext` gives the extension, else all of it.
    Every other endpoint is the outside."""
    trunks: frozenset[str] = frozenset()
    """Endpoints that look like an extension and are a trunk."""
    outside_prefixes: tuple[str, ...] = ()
    """Digits dialled for an outside line. Used only where the PBX does not show the number as sent to the trunk."""
    settle_seconds: float = 1.0
    """A call is final this long after its last hang-up: queue facts may come late (ami.md §D.8)."""


@dataclass(frozen=True, slots=True)
class Identity:
    """Whose channel a name says it is."""

    kind: ChannelKind
    extension: str | None
    """Of a telephone."""


class Namer:
    """Reads channel names by one configuration."""

    def __init__(self, config: TrackerConfig) -> None:
        """Raises `BadExtensionPattern`."""
        try:
            self._pattern = re.compile(config.extension_pattern)
        except re.error as error:
            text = f"The pattern of extensions {config.extension_pattern!r} is no regular expression: {error}."
            raise BadExtensionPattern(text) from error
        self._trunks = config.trunks

    def identify(self, name: str) -> Identity:
        """`PJSIP/1001-0000002a` → telephone 1001; `Local/…;1` → local; `AudioSocket/…` → tap."""
        technology, _, rest = name.removesuffix(_ZOMBIE).partition("/")
        if technology == "Local":
            return Identity(ChannelKind.LOCAL, None)
        if technology in TAPS or not rest:
            return Identity(ChannelKind.TAP, None)
        endpoint = rest.rpartition("-")[0] or rest
        match = self._pattern.fullmatch(endpoint)
        if technology not in PHONE_TECHNOLOGIES or endpoint in self._trunks or match is None:
            return Identity(ChannelKind.TRUNK, None)
        return Identity(ChannelKind.PHONE, match.groupdict().get("ext") or match[0])

    def is_extension(self, number: str) -> bool:
        """Whether a number looks like one of the PBX's own telephones."""
        return number not in self._trunks and self._pattern.fullmatch(number) is not None


def number_in_dial_string(dial_string: str) -> str:
    """The number sent to a trunk: `13900139000@trunk`, `PJSIP/trunk/sip:139…@host`, `SIP/trunk/139…`, `g0/139…`.
    Empty where there is none. The last part that looks like a number wins: what comes before names the trunk."""
    target = dial_string.partition("^")[0].partition(",")[0]
    parts = [part.removeprefix("sip:").removeprefix("tel:") for part in re.split(r"[/@;]", target)]
    numbers = [part for part in parts if _NUMBER.fullmatch(part)]
    if "@" in target:
        return numbers[0] if numbers else ""
    return numbers[-1] if numbers else ""


def outside_number(exten: str, prefixes: tuple[str, ...]) -> str:
    """The customer's number out of what the agent dialled, a known outside prefix removed."""
    for prefix in prefixes:
        if exten.startswith(prefix) and len(exten) - len(prefix) >= 5:
            return exten.removeprefix(prefix)
    return exten


def is_hidden(number: str) -> bool:
    """Whether there is no caller id, or a word for "not to be known"."""
    return number.lower() in HIDDEN
