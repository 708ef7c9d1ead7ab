"""The manager protocol as the server sees it: bytes to actions, headers to bytes. Pure."""

from dataclasses import dataclass

from callcenter.core.errors import BadInput

BANNER = b"Asterisk Call Manager/11.0.0\r\n"
"""What Asterisk 22.10.1 says first."""
LONGEST_LINE = 1022
"""Bytes without the line end; one more is refused (22.10.1)."""
MOST_LINES = 128

Headers = list[tuple[str, str]]


class ActionRefused(BadInput):
    """The action cannot be read; the text is Asterisk's message."""


@dataclass(frozen=True, slots=True)
class Action:
    """One action; keys are lower case. Repeated keys keep the last value but for `variable`."""

    headers: dict[str, str]
    variables: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """Lower case."""
        return self.headers.get("action", "").lower()

    @property
    def action_id(self) -> str:
        """Empty when the client sent none."""
        return self.headers.get("actionid", "")

    def get(self, key: str, default: str = "") -> str:
        """By lower-case key."""
        return self.headers.get(key, default)


def parse_action(lines: list[bytes]) -> Action:
    """One action from its lines without line ends. Raises ActionRefused."""
    if len(lines) > MOST_LINES:
        raise ActionRefused("Too many lines in message")
    if any(len(line) > LONGEST_LINE for line in lines):
        raise ActionRefused("Failed to parse message: line too long")
    headers: dict[str, str] = {}
    variables: list[str] = []
    for line in lines:
        key, _, value = line.decode("utf-8", "replace").partition(":")
        headers[key.strip().lower()] = value.strip()
        if key.strip().lower() == "variable":
            variables.append(value.strip())
    return Action(headers, tuple(variables))


def encode(headers: Headers) -> bytes:
    """One block."""
    return "".join(f"{key}: {value}\r\n" for key, value in headers).encode() + b"\r\n"


def stamped(event: Headers, now: float) -> Headers:
    """With the Timestamp that `timestampevents=yes` puts behind Privilege."""
    return [*event[:2], ("Timestamp", f"{now:.6f}"), *event[2:]]


def response(action: Action, status: str, message: str = "", *more: tuple[str, str]) -> Headers:
    """The answer to an action, echoing its ActionID."""
    answer = [("Response", status)]
    if action.action_id:
        answer.append(("ActionID", action.action_id))
    if message:
        answer.append(("Message", message))
    return [*answer, *more]
