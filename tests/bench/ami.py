"""How many manager events a second our whole chain takes (link, parser, translation, tracker) beside a bare parser
written by hand and beside panoramisk, all from the same TCP server, by CPU time, so that a busy machine does not
matter. `python -m tests.bench.ami`."""

import asyncio
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from panoramisk import Manager

from callcenter.ami.config import AmiConfig
from callcenter.ami.journal import Journal, JournalConfig
from callcenter.ami.link import AmiLink
from callcenter.ami.parser import TERMINATOR, BlockSplitter, event_name
from callcenter.ami.translate import WANTED, Translator
from callcenter.core.calls import CallTracker

REPLAYS = Path(__file__).parent.parent / "replays"
EVENTS = 100_000
RUNS = 3
GOAL = 0.6
LAST = b"Event: BenchEnd"
_EPOCH = b"1795"
"""The first digits of every Uniqueid and time in the recordings; changed in each round, so that calls are new ones."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One line of the result."""

    name: str
    events_per_second: float
    """Per second of CPU; median of the runs."""
    cpu_seconds_per_100k: float
    ratio: float
    """To the bare parser of the same round, median: what else the machine did then slowed both."""


def recorded_blocks() -> list[bytes]:
    """The events of every recording without a lost link, as they stand; no answers, and no boot in the middle."""
    blocks = []
    for path in sorted(REPLAYS.glob("*.raw")):
        if not path.name.startswith(("ami_drop", "pbx_")):
            blocks += [b for b in BlockSplitter().feed(path.read_bytes()) if event_name(b)]
    return [b for b in blocks if event_name(b) not in (b"FullyBooted", b"Shutdown")]


def write_stream(path: Path, blocks: list[bytes], count: int) -> int:
    """About `count` events, whole recordings only; returns how many."""
    once = TERMINATOR.join(blocks) + TERMINATOR
    rounds = max(count // len(blocks), 1)
    with path.open("wb") as file:
        for number in range(rounds):
            file.write(once.replace(_EPOCH, b"%04d" % (2_000 + number)))
        file.write(LAST + TERMINATOR)
    return rounds * len(blocks) + 1


SERVER = r"""
import socket, sys, threading
stream = open(sys.argv[1], "rb").read()
listener = socket.create_server(("127.0.0.1", 0))
print(listener.getsockname()[1], flush=True)

def serve(sock):
    sock.sendall(b"Asterisk Call Manager/11.0.0\r\n")
    pending = b""
    while True:
        data = sock.recv(65536)
        if not data:
            return
        *actions, pending = (pending + data).split(b"\r\n\r\n")
        for action in actions:
            headers = dict(l.split(b": ", 1) for l in action.strip().split(b"\r\n"))
            answer = b"Response: Success\r\nActionID: " + headers.get(b"ActionID", b"") + b"\r\nChallenge: 1\r\n\r\n"
            sock.sendall(answer)
            if headers[b"Action"].lower() == b"login":
                sock.sendall(stream)

while True:
    threading.Thread(target=serve, args=(listener.accept()[0],), daemon=True).start()
"""


@contextmanager
def server(stream: Path) -> Iterator[int]:
    """A manager in a process of its own, which sends the stream after the login; gives its port."""
    process = subprocess.Popen([sys.executable, "-c", SERVER, str(stream)], stdout=subprocess.PIPE)
    assert process.stdout is not None
    try:
        yield int(process.stdout.readline())
    finally:
        process.kill()
        process.wait()
        process.stdout.close()


class BareProtocol(asyncio.Protocol):
    """The reference: split, decode, key and value, lists for repeated keys. Nothing is done with the result."""

    def __init__(self, done: "asyncio.Future[None]") -> None:
        self.count = 0
        self._done = done
        self._buffer = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        transport.write(b"Action: Login\r\nUsername: x\r\nSecret: x\r\n\r\n")

    def data_received(self, data: bytes) -> None:
        *blocks, self._buffer = (self._buffer + data).split(b"\r\n\r\n")
        for block in blocks:
            headers: dict[str, str | list[str]] = {}
            for line in block.decode("utf-8", "replace").split("\r\n"):
                key, _, value = line.partition(": ")
                if key in headers:
                    old = headers[key]
                    headers[key] = [*old, value] if isinstance(old, list) else [old, value]
                else:
                    headers[key] = value
            self.count += 1
            if headers.get("Event") == "BenchEnd":
                self._done.set_result(None)


async def bare(port: int) -> None:
    """The reference run."""
    loop = asyncio.get_running_loop()
    done: asyncio.Future[None] = loop.create_future()
    transport, _ = await loop.create_connection(lambda: BareProtocol(done), "127.0.0.1", port)
    await done
    transport.close()


async def panoramisk(port: int) -> None:
    """Every event to one callback that does nothing with it."""
    done = asyncio.Event()

    def on_event(_manager: Any, event: Any) -> None:
        if event["Event"] == "BenchEnd":
            done.set()

    manager = Manager(loop=asyncio.get_running_loop(), host="127.0.0.1", port=port, username="x", secret="x")
    manager.register_event("*", on_event)
    manager.connect(run_forever=False)
    await done.wait()
    manager.close()


async def chain(port: int, journal: Journal | None = None) -> None:
    """Ours from the socket to call events."""
    config = AmiConfig(
        host="127.0.0.1", port=port, username="x", secret="x", filters=(), queue_limit=EVENTS * 2, action_timeout=60
    )
    translator, tracker = Translator(), CallTracker()
    async with AmiLink(config, journal=journal, wanted={**WANTED, b"BenchEnd": ()}) as link:
        async for received in link:
            for channel_event in translator.translate(received):
                tracker.handle(channel_event)
            if received.message.event == "BenchEnd":
                return


async def chain_with_journal(port: int) -> None:
    """The same, with every block written to the journal as in service."""
    with tempfile.TemporaryDirectory() as folder:
        await chain(port, Journal(JournalConfig(folder=Path(folder), rotate_bytes=1 << 30)))


CONTENDERS: dict[str, Callable[[int], Coroutine[Any, Any, None]]] = {
    "bare parser": bare,
    "panoramisk 1.4": panoramisk,
    "ours: link, parser, translation, tracker": chain,
    "ours with journal": chain_with_journal,
}


def run(events: int = EVENTS, runs: int = RUNS) -> list[Row]:
    """Each contender `runs` times, in turn."""
    seconds: dict[str, list[float]] = {name: [] for name in CONTENDERS}
    with tempfile.TemporaryDirectory() as folder:
        stream = Path(folder) / "stream"
        count = write_stream(stream, recorded_blocks(), events)
        with server(stream) as port:
            for _ in range(runs):
                for name, contender in CONTENDERS.items():
                    began = time.process_time()
                    asyncio.run(contender(port))
                    seconds[name].append(time.process_time() - began)
    return [
        Row(
            name=name,
            events_per_second=count / statistics.median(values),
            cpu_seconds_per_100k=statistics.median(values) / count * 100_000,
            ratio=statistics.median(b / v for b, v in zip(seconds["bare parser"], values, strict=True)),
        )
        for name, values in seconds.items()
    ]


def main() -> None:
    """Print the result as a table."""
    for row in run():
        print(
            f"{row.name:42} {row.events_per_second:10,.0f} events/s of CPU {row.cpu_seconds_per_100k:7.3f} s/100k "
            f"{row.ratio:6.2f} x bare parser"
        )
    print(f"Goal: ours at least {GOAL:.2f} x the bare parser, and ahead of panoramisk.")


if __name__ == "__main__":
    main()
