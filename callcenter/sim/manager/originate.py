"""Reads an Originate: a tap, or a click-to-call. Other uses are refused, as nothing here would answer them."""

import re
from dataclasses import dataclass
from uuid import UUID

from callcenter.sim.calls.click_to_call import CallOrder
from callcenter.sim.manager.protocol import Action, ActionRefused
from callcenter.sim.media.tap import TapOrder
from callcenter.sim.switch.model import Party

_TAP = re.compile(r"AudioSocket/(\[[^\]]+\]|[^:/]+):(\d+)/([0-9a-fA-F-]{36})")
_CALLER_ID = re.compile(r'\s*"?([^"<]*?)"?\s*(?:<([^>]*)>)?\s*')


@dataclass(frozen=True, slots=True, kw_only=True)
class Nowhere:
    """A Local channel to a place that does not exist: no dialplan is behind this PBX."""

    channel: str
    application: str
    data: str
    action_id: str


def read_originate(action: Action) -> TapOrder | CallOrder | Nowhere:
    """Raises ActionRefused."""
    channel = action.get("channel")
    if channel.startswith("Local/"):
        return Nowhere(
            channel=channel,
            application=action.get("application"),
            data=action.get("data"),
            action_id=action.action_id,
        )
    if tap := _TAP.fullmatch(channel):
        return _tap(action, tap)
    if channel.startswith("PJSIP/") and action.get("exten"):
        return CallOrder(
            extension=channel.removeprefix("PJSIP/"),
            exten=action.get("exten"),
            context=action.get("context", "internal"),
            caller=_party(action.get("callerid")),
            action_id=action.action_id,
        )
    raise ActionRefused("Channel specified does not exist" if channel else "Channel not specified")


def _tap(action: Action, tap: "re.Match[str]") -> TapOrder:
    application, data = action.get("application"), action.get("data")
    if (application == "ChanSpy" and not data) or (application == "Wait" and not data.isdecimal()):
        raise ActionRefused(f"{application} needs Data")
    if application not in ("ChanSpy", "Wait"):
        raise ActionRefused("The simulated PBX knows AudioSocket only with Application: ChanSpy or Wait")
    try:
        stream = UUID(tap[3])
    except ValueError as error:
        raise ActionRefused("AudioSocket needs a UUID") from error
    host = tap[1].strip("[]")
    return TapOrder(
        host=host,
        port=int(tap[2]),
        stream=stream,
        application=application,
        data=data,
        action_id=action.action_id,
    )


def _party(caller_id: str) -> Party:
    match = _CALLER_ID.fullmatch(caller_id)
    if match is None:
        return Party()
    name, number = match[1] or "", match[2] or ""
    return Party(number or name, name if number else "")
