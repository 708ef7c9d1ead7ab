"""One manager connection: greets, reads actions, answers them, and sends the events it is entitled to."""

import asyncio
import contextlib
import hashlib
import secrets
from typing import Protocol

from callcenter.sim.manager.filters import EventFilter
from callcenter.sim.manager.protocol import (
    BANNER,
    LONGEST_LINE,
    MOST_LINES,
    Action,
    ActionRefused,
    Headers,
    encode,
    parse_action,
    response,
    stamped,
)

MOST_BYTES_WAITING = 2_800_000
"""A client that reads no further than this is cut off (measured on Asterisk 22.10.1)."""
REFUSED_CLOSE_SECONDS = 1.0
"""After a bad secret the connection is closed (22.10.1)."""


class Desk(Protocol):
    """What carries out the actions of a session that is logged in."""

    def authenticate(self, user: str) -> str | None:
        """The user's secret, or None."""
        ...

    def welcome(self) -> Headers:
        """The FullyBooted event."""
        ...

    def handle(self, action: Action) -> list[Headers]:
        """The answers, in order."""
        ...

    def now(self) -> float:
        """Unix seconds."""
        ...


class Session:
    """One client."""

    def __init__(
        self, desk: Desk, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, classes: frozenset[str]
    ) -> None:
        self.filter = EventFilter(classes)
        self._desk, self._reader, self._writer = desk, reader, writer
        self._challenge = ""
        self.logged_in = False

    async def serve(self) -> None:
        """Until the client leaves, logs off or is refused."""
        self._writer.write(BANNER)
        try:
            while (action := await self._read()) is not None:
                if not await self._answer(action):
                    break
        except (OSError, asyncio.IncompleteReadError, asyncio.LimitOverrunError):
            pass  # the client is gone, or sends what no client sends: Asterisk closes as well
        finally:
            self.logged_in = False
            self._writer.close()
            with contextlib.suppress(OSError):
                await self._writer.wait_closed()

    def event(self, event: Headers) -> None:
        """Sends it, if this session wants it. A client that does not read is cut off, as Asterisk does."""
        if self.logged_in and self.filter.passes(event):
            self.raw(encode(stamped(event, self._desk.now())))

    def raw(self, block: bytes) -> None:
        """Sends bytes as they are."""
        if self._writer.transport.get_write_buffer_size() > MOST_BYTES_WAITING:
            self.logged_in = False
            self._writer.transport.abort()
        elif self.logged_in:
            self._writer.write(block)

    async def _read(self) -> Action | None:
        lines: list[bytes] = []
        while True:
            line = await self._reader.readline()
            if not line.endswith(b"\n"):
                return None
            line = line.rstrip(b"\r\n")
            if not line and lines:
                try:
                    return parse_action(lines)
                except ActionRefused as error:
                    self._send([("Response", "Error"), ("Message", str(error))])
                    lines = []
            elif line and len(lines) <= MOST_LINES:
                lines.append(line[: LONGEST_LINE + 1])

    def _send(self, *blocks: Headers) -> None:
        for block in blocks:
            self._writer.write(encode(block))

    async def _answer(self, action: Action) -> bool:
        """False ends the session."""
        if action.name == "challenge":
            self._challenge = str(secrets.randbelow(10**9))
            self._send(response(action, "Success", "", ("Challenge", self._challenge)))
        elif action.name == "login":
            return await self._login(action)
        elif not self.logged_in:
            self._send(response(action, "Error", "Permission denied"))
        elif action.name == "logoff":
            self._send(response(action, "Goodbye", "Thanks for all the fish."))
            return False
        elif action.name == "events":
            self.filter.set_mask(action.get("eventmask"))
            self._send(response(action, "Success", "", ("Events", "On" if self.filter.wanted else "Off")))
        elif action.name == "filter":
            self._send(self._add_filter(action))
        else:
            self._send(*self._desk.handle(action))
        await self._writer.drain()
        return True

    async def _login(self, action: Action) -> bool:
        secret = self._desk.authenticate(action.get("username"))
        if secret is None or not self._knows(secret, action):
            self._send(response(action, "Error", "Authentication failed"))
            await self._writer.drain()
            await asyncio.sleep(REFUSED_CLOSE_SECONDS)
            return False
        if mask := action.get("events"):
            self.filter.set_mask(mask)
        self.logged_in = True
        self._send(response(action, "Success", "Authentication accepted"), self._desk.welcome())
        await self._writer.drain()
        return True

    def _knows(self, secret: str, action: Action) -> bool:
        if action.get("authtype").lower() != "md5":
            return secrets.compare_digest(secret.encode(), action.get("secret").encode())
        expected = hashlib.md5(f"{self._challenge}{secret}".encode(), usedforsecurity=False).hexdigest()
        return bool(self._challenge) and secrets.compare_digest(expected, action.get("key").lower())

    def _add_filter(self, action: Action) -> Headers:
        if action.get("operation").lower() == "add" and self.filter.add(
            action.get("matchcriteria"), action.get("filter")
        ):
            return response(action, "Success", "Filter added successfully")
        return response(action, "Error", "Failed to add filter")
