"""One manager action on its way out, checked so that no value can break out of its line.

Limits measured on Asterisk 22.10.1: a line of 1,022 bytes passes and 1,023 is refused, 128 lines at most."""

import re
from collections.abc import Iterator, Mapping

from asterisk.ami import Action

from callcenter.ami.errors import AmiUnsafeValue

MAX_LINE_BYTES = 1022
MAX_LINES = 128
_UNSAFE = re.compile(r"[\r\n\0]")
_KEY = re.compile(r"[A-Za-z0-9_\-]+")
_VARIABLE_UNSAFE = re.compile(r'[,"\\]')
_SECRET_KEYS = frozenset({"Secret", "Key"})


class SafeAction(Action):  # type: ignore[misc]  # the library has no types
    """asterisk-ami's Action whose text is checked when it is made. Empty headers are left out."""

    def __init__(
        self, name: str, keys: Mapping[str, str] | None = None, variables: Mapping[str, str] | None = None
    ) -> None:
        given = {key: value for key, value in (keys or {}).items() if value != ""}
        super().__init__(name, given, dict(variables or {}))
        self.encode()

    def with_id(self, action_id: str) -> "SafeAction":
        """The same action; its own ActionID wins where it has one."""
        return SafeAction(self.name, {"ActionID": action_id, **self.keys}, self.variables)

    def __str__(self) -> str:
        return "".join(f"{key}: {value}\r\n" for key, value in self._lines())

    def __repr__(self) -> str:
        """Without secrets, for logs."""
        shown = {key: "***" if key in _SECRET_KEYS else value for key, value in self.keys.items()}
        return f"<{self.name} {shown}>"

    def encode(self) -> bytes:
        """The bytes to send, blank line included. Raises AmiUnsafeValue."""
        lines = [_checked(key, value) for key, value in self._lines()]
        if len(lines) > MAX_LINES:
            raise AmiUnsafeValue(f"{self.name} has {len(lines)} lines; Asterisk takes {MAX_LINES}.")
        return b"".join(lines) + b"\r\n"

    def _lines(self) -> Iterator[tuple[str, str]]:
        yield "Action", self.name
        yield from self.keys.items()
        for name, value in self.variables.items():
            if _VARIABLE_UNSAFE.search(f"{name}{value}") or "=" in name:
                raise AmiUnsafeValue(f"The variable {name!r} has a comma, quote or backslash, which Asterisk cuts at.")
            yield "Variable", f"{name}={value}"


def _checked(key: str, value: object) -> bytes:
    text = str(value)
    if not _KEY.fullmatch(key):
        raise AmiUnsafeValue(f"{key!r} is no header name.")
    if _UNSAFE.search(text):
        raise AmiUnsafeValue(f"The value of {key} has a line break.")
    try:
        line = f"{key}: {text}".encode()
    except UnicodeEncodeError as error:
        raise AmiUnsafeValue(f"The value of {key} is not valid text.") from error
    if len(line) > MAX_LINE_BYTES:
        raise AmiUnsafeValue(f"{key} is {len(line)} bytes long; Asterisk takes {MAX_LINE_BYTES}.")
    return line + b"\r\n"


def plain_argument(what: str, value: str) -> str:
    """`value`, if it can stand as one argument of a dialplan application. Raises AmiUnsafeValue."""
    if not value or re.search(r"[,|()&\s\"'\\$]", value):
        raise AmiUnsafeValue(f"{what} {value!r} is empty or has a character with a meaning in the dialplan.")
    return value
