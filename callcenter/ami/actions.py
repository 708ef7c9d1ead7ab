"""Every action we send, one function each. The write class of manager.conf that it needs is in its docstring."""

import hashlib
import re
from pathlib import PurePosixPath
from uuid import UUID

from callcenter.ami.action import SafeAction, plain_argument
from callcenter.ami.config import EventFilter
from callcenter.ami.errors import AmiUnsafeValue

TAP_OPTIONS = "qoES"
"""ChanSpy: quietly, only what this party says, end when the party hangs up (ami.md §D.19)."""
_CALLER_ID_UNSAFE = re.compile(r'["<>\\]')


def challenge() -> SafeAction:
    """Ask for an MD5 challenge; needs nothing."""
    return SafeAction("Challenge", {"AuthType": "MD5"})


def login(username: str, secret: str) -> SafeAction:
    """Log in with the secret itself."""
    return SafeAction("Login", {"Username": username, "Secret": secret})


def login_md5(username: str, secret: str, challenge_text: str) -> SafeAction:
    """Log in with the answer to a challenge."""
    key = hashlib.md5(f"{challenge_text}{secret}".encode(), usedforsecurity=False).hexdigest()
    return SafeAction("Login", {"AuthType": "MD5", "Username": username, "Key": key})


def logoff() -> SafeAction:
    """Say good-bye."""
    return SafeAction("Logoff")


def ping() -> SafeAction:
    """Is the session alive; needs nothing."""
    return SafeAction("Ping")


def events(mask: str) -> SafeAction:
    """Which classes of events this session gets: `on`, `off`, `call,agent,…`; needs nothing."""
    return SafeAction("Events", {"EventMask": mask})


def exclude_events(which: EventFilter) -> SafeAction:
    """Have the PBX not send such events to this session; needs `system`, Asterisk 18.26, 20.11, 21.6, 22.1 or later.

    The form with `method(…)` is the one that works (22.10.1); the built-in help leaves it out."""
    criteria = f"action(exclude),name({plain_argument('Event', which.event)})"
    if which.header:
        criteria += f",header({plain_argument('Header', which.header)}),method(regex)"
    else:
        criteria += ",method(none)"
    return SafeAction("Filter", {"Operation": "Add", "MatchCriteria": criteria, "Filter": which.pattern})


def core_show_channels() -> SafeAction:
    """List channels; needs `reporting`."""
    return SafeAction("CoreShowChannels", {"ActionID": "snapshot-channels"})


def status() -> SafeAction:
    """List channels with DNID and bridge; needs `call` or `reporting`."""
    return SafeAction("Status", {"ActionID": "snapshot-status"})


def queue_status() -> SafeAction:
    """List queues, members and waiting callers; needs `reporting`."""
    return SafeAction("QueueStatus", {"ActionID": "snapshot-queues"})


def core_status() -> SafeAction:
    """Start-up time and number of calls; needs `system` or `reporting`."""
    return SafeAction("CoreStatus")


def core_settings() -> SafeAction:
    """Version of Asterisk and of the protocol; needs `system` or `reporting`."""
    return SafeAction("CoreSettings")


def module_check(module: str) -> SafeAction:
    """Is a module loaded; needs `system`."""
    return SafeAction("ModuleCheck", {"Module": plain_argument("Module", module)})


def list_commands() -> SafeAction:
    """The actions this user may use; needs nothing."""
    return SafeAction("ListCommands")


def originate_nowhere() -> SafeAction:
    """A call to a place that does not exist: no channel comes of it, only an OriginateResponse `Failure` (22.10.1)."""
    keys = {"Channel": "Local/nobody@callcenter-doctor-nowhere", "Application": "NoOp", "Async": "true"}
    return SafeAction("Originate", keys)


def originate_test(host: str, port: int, call_id: UUID, seconds: int) -> SafeAction:
    """A silent call between the PBX and our AudioSocket server that ends by itself."""
    keys = {
        "Channel": f"AudioSocket/{_audio_address(host)}:{port}/{call_id}",
        "Application": "Wait",
        "Data": str(seconds),
        "Async": "true",
    }
    return SafeAction("Originate", keys)


def command(line: str) -> SafeAction:
    """A line of Asterisk's command line; needs `command`, which we ask nobody to give: used by doctor if granted."""
    return SafeAction("Command", {"Command": line})


def getvar(variable: str, channel: str = "", unique_id: str = "") -> SafeAction:
    """A channel's (or, without channel, a global) variable or function; needs `call` or `reporting`.

    With `unique_id` the answer can be told apart by its ActionID `getvar|<unique id>|<variable>`."""
    action_id = f"getvar|{unique_id}|{variable}" if unique_id else ""
    return SafeAction("Getvar", {"ActionID": action_id, "Channel": channel, "Variable": variable})


def originate_tap(channel: str, host: str, port: int, tap_id: UUID) -> SafeAction:
    """Send what one party says to our AudioSocket server; needs `originate` (and `system` where
    `live_dangerously` rules apply). `host` is our address as the PBX reaches it."""
    keys = {
        "Channel": f"AudioSocket/{_audio_address(host)}:{port}/{tap_id}",
        "Application": "ChanSpy",
        "Data": f"{plain_argument('Channel', channel)},{TAP_OPTIONS}",
        "Async": "true",
        "ActionID": f"tap-{tap_id}",
    }
    return SafeAction("Originate", keys)


def originate_call(
    agent_channel: str,
    number: str,
    *,
    context: str,
    action_id: str,
    caller_id: str = "",
    timeout_seconds: float = 30.0,
    variables: dict[str, str] | None = None,
) -> SafeAction:
    """Click-to-call: the agent's phone rings first, then the number is dialled in `context`; needs `originate`.

    OriginateResponse `Success` means that the *agent* answered (22.10.1)."""
    keys = {
        "Channel": agent_channel,
        "Context": context,
        "Exten": plain_argument("Number", number),
        "Priority": "1",
        "CallerID": caller_id,
        "Timeout": str(round(timeout_seconds * 1000)),
        "Async": "true",
        "ActionID": action_id,
    }
    return SafeAction("Originate", keys, variables)


def caller_id(name: str, number: str) -> str:
    """`"name" <number>`. Raises AmiUnsafeValue for characters that would end either part."""
    if _CALLER_ID_UNSAFE.search(name + number):
        raise AmiUnsafeValue("A caller id cannot hold quotes, angle brackets or backslashes.")
    return f'"{name}" <{number}>' if name else f"<{number}>"


def mix_monitor(
    channel: str, *, mixed: str = "", received: str = "", transmitted: str = "", options: str = ""
) -> SafeAction:
    """Record a channel; needs `system`. `received` is the file of what this party says, `transmitted` of what it
    hears, `mixed` of both; paths are ours and relative to the PBX's recordings folder, or absolute.

    The answer's MixMonitorID stops this recording alone. `S` in `options` keeps received and transmitted in step
    by silence."""
    parts = [options]
    parts += [f"r({_recording_name(received)})"] if received else []
    parts += [f"t({_recording_name(transmitted)})"] if transmitted else []
    keys = {"Channel": channel, "File": _recording_name(mixed) if mixed else "", "Options": "".join(parts)}
    return SafeAction("MixMonitor", keys)


def stop_mix_monitor(channel: str, mix_monitor_id: str = "") -> SafeAction:
    """End one recording of a channel, or all; needs `system` or `call`."""
    return SafeAction("StopMixMonitor", {"Channel": channel, "MixMonitorID": mix_monitor_id})


def hangup(channel: str, cause: int = 16) -> SafeAction:
    """Hang up one channel (never a pattern); needs `system` or `call`."""
    if channel.startswith("/"):
        raise AmiUnsafeValue("A channel name beginning with / would be a pattern for many channels.")
    return SafeAction("Hangup", {"Channel": channel, "Cause": str(cause)})


def redirect(channel: str, *, context: str, exten: str, priority: str = "1") -> SafeAction:
    """Send a channel to a place in the dialplan; needs `call`. Raises no transfer event (ami.md §D.7)."""
    keys = {"Channel": channel, "Context": context, "Exten": exten, "Priority": priority}
    return SafeAction("Redirect", keys)


def blind_transfer(channel: str, *, context: str, exten: str) -> SafeAction:
    """Transfer whom this channel talks to; needs `call`."""
    return SafeAction("BlindTransfer", {"Channel": channel, "Context": context, "Exten": exten})


def attended_transfer(channel: str, *, context: str, exten: str) -> SafeAction:
    """Begin an attended transfer as if this channel's phone had keyed it in; needs `call`."""
    return SafeAction("Atxfer", {"Channel": channel, "Context": context, "Exten": exten})


def queue_pause(interface: str, *, paused: bool, queue: str = "", reason: str = "") -> SafeAction:
    """Pause a member in one queue or in all; needs `agent`."""
    keys = {"Interface": interface, "Paused": str(paused).lower(), "Queue": queue, "Reason": reason}
    return SafeAction("QueuePause", keys)


def _audio_address(host: str) -> str:
    return f"[{host}]" if ":" in host else plain_argument("Host", host)


def _recording_name(path: str) -> str:
    """`path`, if it is a plain name of ours: MixMonitor makes folders, runs no shell on it, but takes no escapes."""
    if not re.fullmatch(r"[A-Za-z0-9_./\-]+", path) or ".." in PurePosixPath(path).parts:
        raise AmiUnsafeValue(f"{path!r} is no name for a recording.")
    return path
