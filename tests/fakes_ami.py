"""A scripted manager on loopback that remembers: what it was sent, on which connection. Each test says where it differs
from a well-behaved Asterisk."""

import asyncio
import contextlib
import hashlib
import ssl
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field

GREETING = b"Asterisk Call Manager/11.0.0\r\n"
CHALLENGE = "123456789"
Answer = str | bytes | None


@dataclass
class FakeConnection:
    """One client's session with the fake."""

    number: int
    writer: asyncio.StreamWriter
    received: list[dict[str, str]] = field(default_factory=list)

    async def send(self, data: bytes | str) -> None:
        """Send bytes as they are; text with CR LF for every line feed."""
        self.writer.write(data if isinstance(data, bytes) else data.replace("\n", "\r\n").encode())
        with contextlib.suppress(ConnectionError):
            await self.writer.drain()

    def close(self) -> None:
        """Hang up on the client."""
        self.writer.close()


@dataclass
class FakeManager:
    """`answers` maps an action's name to its answer (headers after `Response:` line included), None = no answer; a
    function gets the action. What is not named is answered with success."""

    secret: str = "s3cret"
    greeting: bytes = GREETING
    fully_booted: bool = True
    answers: dict[str, Answer | Callable[[dict[str, str]], Answer]] = field(default_factory=dict)
    connections: list[FakeConnection] = field(default_factory=list)
    port: int = 0
    arrived: asyncio.Condition = field(default_factory=asyncio.Condition)

    def actions(self, name: str) -> list[dict[str, str]]:
        """Every action of that name, on all connections, in order."""
        return [a for c in self.connections for a in c.received if a["Action"] == name]

    async def wait_for(self, name: str, count: int = 1) -> dict[str, str]:
        """Wait until `count` actions of that name have come; return the last one."""
        async with asyncio.timeout(10), self.arrived:
            await self.arrived.wait_for(lambda: len(self.actions(name)) >= count)
        return self.actions(name)[count - 1]

    async def talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Serve one client until it goes."""
        connection = FakeConnection(len(self.connections) + 1, writer)
        self.connections.append(connection)
        await connection.send(self.greeting)
        with contextlib.suppress(asyncio.IncompleteReadError, ConnectionError):
            while True:
                await self._serve(connection, await reader.readuntil(b"\r\n\r\n"))

    async def _serve(self, connection: FakeConnection, block: bytes) -> None:
        lines = block.decode().strip().split("\r\n")
        action = dict(line.split(": ", 1) for line in lines)
        connection.received.append(action)
        async with self.arrived:
            self.arrived.notify_all()
        answer = self._answer(action)
        if answer is None:
            return
        if isinstance(answer, bytes):
            await connection.send(answer)
            return
        await connection.send(f"{answer}\nActionID: {action.get('ActionID', '')}\n\n")
        if action["Action"] == "Login" and answer.startswith("Response: Success") and self.fully_booted:
            await connection.send("Event: FullyBooted\nPrivilege: system,all\nUptime: 1194\nStatus: Fully Booted\n\n")

    def _answer(self, action: dict[str, str]) -> Answer:
        name = action["Action"]
        if name in self.answers:
            answer = self.answers[name]
            return answer(action) if callable(answer) else answer
        if name == "Challenge":
            return f"Response: Success\nChallenge: {CHALLENGE}"
        if name == "Login":
            return self._login(action)
        if name == "Ping":
            return "Response: Success\nPing: Pong\nTimestamp: 1795294572.320000"
        return "Response: Success\nMessage: done"

    def _login(self, action: dict[str, str]) -> str:
        key = hashlib.md5(f"{CHALLENGE}{self.secret}".encode()).hexdigest()
        if action.get("Key") == key or action.get("Secret") == self.secret:
            return "Response: Success\nMessage: Authentication accepted"
        return "Response: Error\nMessage: Authentication failed"


@contextlib.asynccontextmanager
async def running(
    manager: FakeManager, *, host: str = "127.0.0.1", tls: ssl.SSLContext | None = None
) -> AsyncIterator[FakeManager]:
    """The fake, listening on a free port."""
    server = await asyncio.start_server(manager.talk, host, 0, ssl=tls, limit=1 << 22)
    manager.port = server.sockets[0].getsockname()[1]
    try:
        yield manager
    finally:
        for connection in manager.connections:
            connection.close()
        server.close()
