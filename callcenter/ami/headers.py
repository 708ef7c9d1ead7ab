"""Reading the manager's headers: channel facts under a prefix, numbers, times. Strange values give neutral ones."""

import re
from math import isfinite

from callcenter.core.channel_events import ChannelFacts

_ESCAPED = re.compile(r"\\(.)")
UNKNOWN = "<unknown>"
"""What Asterisk writes for an absent name or number in events."""

_PREFIXES = (
    "", "Dest", "LocalOne", "LocalTwo", "Transferer", "Transferee", "OrigTransferer", "SecondTransferer",
    "TransferTarget", "Target", "Parkee", "Retriever", "Spyer", "Spyee",
)  # fmt: skip
_NAMES = (
    "Uniqueid", "Linkedid", "Channel", "ChannelState", "CallerIDNum", "CallerIDName", "ConnectedLineNum", "Exten",
)  # fmt: skip
_KEYS = {prefix: tuple(prefix + name for name in _NAMES) for prefix in _PREFIXES}
_STATES = {str(state): state for state in range(11)}


def facts(headers: dict[str, str], prefix: str = "") -> ChannelFacts:
    """The channel that the headers beginning with `prefix` describe."""
    get = headers.get
    key_id, linked, name, state, number, caller, connected, exten = _KEYS[prefix]
    channel_id = get(key_id, "")
    return ChannelFacts(
        channel_id,
        get(linked) or channel_id,
        get(name, ""),
        _STATES.get(get(state, ""), 0),
        known(get(number, "")),
        plain_name(get(caller, "")),
        known(get(connected, "")),
        get(exten, ""),
    )


def optional_facts(headers: dict[str, str], prefix: str = "") -> ChannelFacts | None:
    """As `facts`, or None where the message has no such channel."""
    return facts(headers, prefix) if headers.get(prefix + "Uniqueid") else None


def known(value: str) -> str:
    """`value`, or empty where the PBX says that it does not know."""
    return "" if value == UNKNOWN else value


def plain_name(value: str) -> str:
    """A caller's name without the escapes of SIP's quoted strings, which Asterisk 22.10.1 passes on: `O\\'Neil`."""
    return known(_ESCAPED.sub(r"\1", value) if "\\" in value else value)


def number(text: str) -> float:
    """A number, or 0 where there is none."""
    try:
        value = float(text)
    except ValueError:
        return 0.0
    return value if isfinite(value) else 0.0


def at_of(headers: dict[str, str], default: float) -> float:
    """When the event happened: its own `Timestamp` (`timestampevents=yes`), else `default`."""
    stamp = headers.get("Timestamp")
    return (number(stamp) or default) if stamp is not None else default


def seconds_of_clock(text: str) -> float:
    """`HH:MM:SS` in seconds."""
    seconds = 0.0
    for part in text.split(":"):
        seconds = seconds * 60 + number(part)
    return seconds
