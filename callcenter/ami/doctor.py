"""What a PBX must have and allow for us, checked against the PBX itself; every finding says the line that mends it.

Nothing rings: rights are read from `ListCommands` (which lists only what this user may do, Asterisk 22.10.1), and the
one call made is between the PBX and ourselves."""

import re
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from callcenter.ami import actions
from callcenter.ami.action import SafeAction
from callcenter.ami.doctor_probe import Probe
from callcenter.ami.doctor_tap import check_tap
from callcenter.ami.errors import AmiActionRefused, AmiActionTimeout, AmiLinkLost, AmiLoginRefused
from callcenter.ami.findings import Finding, PbxCheckConfig, Verdict, fail, ok, warn

__all__ = ["Finding", "PbxCheckConfig", "Verdict", "check_pbx"]

OLDEST_VERSION = 18
"""AudioSocket as a channel and the events we read are in 18 and later."""

READ = "system,call,agent,dtmf,user,dialplan"
WRITE = "system,call,agent,originate,reporting"
"""Least classes (ami.md §D.10); `system` is for MixMonitor, Filter and ModuleCheck."""

NEEDED_ACTIONS: dict[str, tuple[str, str, bool]] = {
    "CoreShowChannels": ("reporting", "pick up calls again after a lost link", True),
    "Getvar": ("reporting", "respect hidden numbers and recover answer times", True),
    "Originate": ("originate", "listen live and dial by click", True),
    "MixMonitor": ("system", "record calls", True),
    "Hangup": ("call", "hang up by button", False),
    "BlindTransfer": ("call", "transfer by button", False),
    "QueuePause": ("agent", "pause queue members", False),
    "Filter": ("system", "have fewer events sent", False),
}
"""Action to the write class that allows it, what we do with it, and whether we cannot do without."""

NEEDED_MODULES: dict[str, tuple[str, bool]] = {
    "chan_audiosocket": ("live listening", True),
    "res_audiosocket": ("live listening", True),
    "app_chanspy": ("live listening", True),
    "app_mixmonitor": ("recordings", True),
    "app_queue": ("queues", False),
    "func_callerid": ("hidden numbers", False),
    "func_cdr": ("answer times after a lost link", False),
}


async def check_pbx(config: PbxCheckConfig) -> list[Finding]:
    """Every check in order; what cannot be checked for want of an earlier one is left out. Never raises for what is
    wrong with the PBX."""
    try:
        async with _logged_in(config) as probe:
            return [finding async for finding in _checks(config, probe)]
    except AmiLoginRefused as refused:
        lines = f"[{config.ami.username}]\nsecret = …\npermit = <our address>/255.255.255.255"
        return [ok("pbx.reachable", _reached(config)), fail("pbx.login", str(refused), lines)]
    except (AmiLinkLost, AmiActionTimeout) as lost:
        lines = f"[general]\nenabled = yes\nport = {config.ami.port}\nbindaddr = 0.0.0.0"
        return [fail("pbx.reachable", str(lost), lines)]


@asynccontextmanager
async def _logged_in(config: PbxCheckConfig) -> AsyncIterator[Probe]:
    probe = Probe(config.ami, time.time)
    try:
        await probe.session.open()
        yield probe
    finally:
        await probe.session.close()


def _reached(config: PbxCheckConfig) -> str:
    return f"{config.ami.host} port {config.ami.port} is an Asterisk manager."


async def _checks(config: PbxCheckConfig, probe: Probe) -> AsyncIterator[Finding]:
    user = config.ami.username
    yield ok("pbx.reachable", _reached(config))
    yield ok("pbx.login", f"The manager user {user!r} may log in.")
    if not config.ami.tls and config.ami.host not in ("localhost", "127.0.0.1", "::1"):
        yield warn("pbx.tls", "The manager link is not encrypted.", "[general]\ntlsenable = yes\ntlsbindaddr = …:5039")
    yield await _version(probe)
    allowed = await _allowed_actions(probe)
    for finding in _write_classes(user, allowed):
        yield finding
    async for finding in _read_classes(user, probe, may_originate="Originate" in allowed):
        yield finding
    if "ModuleCheck" in allowed:
        async for finding in _modules(probe):
            yield finding
    if "Originate" in allowed:
        async for finding in check_tap(config, probe):
            yield finding


async def _version(probe: Probe) -> Finding:
    answer = await _try(probe, actions.core_settings())
    version = answer.get("AsteriskVersion", "")
    match = re.search(r"(\d+)\.", version)
    if not match:
        return warn("pbx.version", f"The version of Asterisk could not be told ({version or 'no answer'}).")
    if int(match[1]) < OLDEST_VERSION:
        return fail("pbx.version", f"Asterisk {version} is too old; {OLDEST_VERSION} or later is needed.")
    return ok("pbx.version", f"Asterisk {version}.")


async def _allowed_actions(probe: Probe) -> set[str]:
    return set(await _try(probe, actions.list_commands()))


def _write_classes(user: str, allowed: set[str]) -> list[Finding]:
    """One finding per missing right, or one that all are there."""
    missing = [
        (fail if vital else warn)(
            f"pbx.write.{kind}", f"{user!r} may not use {action}: we could not {use}.", f"[{user}]\nwrite = {WRITE}"
        )
        for action, (kind, use, vital) in NEEDED_ACTIONS.items()
        if action not in allowed
    ]
    return missing or [ok("pbx.write", f"{user!r} has every right we use.")]


async def _read_classes(user: str, probe: Probe, *, may_originate: bool) -> AsyncIterator[Finding]:
    """Seen by the events that come: FullyBooted is of class `system`; OriginateResponse, of a call to a place that
    does not exist, of class `call`. The classes `agent` and `dtmf` show only in real calls."""
    lines = f"[{user}]\nread = {READ}"
    if not await probe.event("FullyBooted"):
        yield warn("pbx.read.system", "A restart of the PBX could not be told from a lost link.", lines)
    if not may_originate:
        return
    await _try(probe, actions.originate_nowhere())
    answer = await probe.event("OriginateResponse")
    if answer is None:
        yield fail("pbx.read.call", f"{user!r} gets no events of calls.", lines)
        return
    yield ok("pbx.read", f"{user!r} gets the events of calls. Queue events need {READ!r}; they show with a call.")
    if not answer.get("Timestamp"):
        text = "Events carry no time of their own, so a delay on the way counts as a delay of the call."
        yield warn("pbx.timestamps", text, "[general]\ntimestampevents = yes")


async def _modules(probe: Probe) -> AsyncIterator[Finding]:
    missing = False
    for module, (use, vital) in NEEDED_MODULES.items():
        try:
            await probe.session.send(actions.module_check(module))
        except AmiActionRefused:
            missing = True
            text = f"The module {module} is not loaded: no {use}."
            yield (fail if vital else warn)(f"pbx.module.{module}", text, f"; modules.conf\nload = {module}.so")
    if not missing:
        yield ok("pbx.modules", "Every module we use is loaded.")


async def _try(probe: Probe, action: SafeAction) -> dict[str, str]:
    """The headers of the answer; empty when it is refused."""
    try:
        return (await probe.session.send(action)).headers
    except AmiActionRefused:
        return {}
