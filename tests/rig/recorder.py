"""Records a manager connection byte by byte: NAME.raw, NAME.idx.jsonl and NAME.truth.json."""

import asyncio
import json
import time
from dataclasses import asdict, dataclass
from pathlib import Path

from tests.rig.truth import Truth

SNAPSHOT = (
    ("CoreShowChannels", "snapshot-channels"),
    ("Status", "snapshot-status"),
    ("QueueStatus", "snapshot-queues"),
)
"""What the product asks after every login, with its action ids."""


@dataclass(frozen=True, slots=True)
class Block:
    """One block of the raw file: arrival time, connection number, offset, length."""

    t: float
    c: int
    o: int
    n: int


class Recorder:
    """One manager session after another on the same port, all bytes kept."""

    def __init__(self, port: int, user: str, secret: str) -> None:
        self._port = port
        self._login = {"Username": user, "Secret": secret}
        self._raw = bytearray()
        self._blocks: list[Block] = []
        self._unindexed = 0
        self._connection = -1
        self._actions = 0
        self._writer: asyncio.StreamWriter | None = None
        self._reading: asyncio.Task[None] | None = None
        self.lost_at: float | None = None
        """When the link was last lost."""
        self.restored_at: float | None = None

    async def connect(self, *, snapshot: bool = False) -> None:
        """Log in. OSError while nothing listens."""
        reader, writer = await asyncio.open_connection("127.0.0.1", self._port)
        self._writer = writer
        self._connection += 1
        self._reading = asyncio.create_task(self._read(reader))
        await self.send("Login", self._action_id(), **self._login)
        if snapshot:
            self.restored_at = time.time()
            for action, action_id in SNAPSHOT:
                await self.send(action, action_id)

    async def reconnect(self) -> None:
        """Log in again as soon as the PBX lets us, and ask for what is going on."""
        while True:
            try:
                await self.connect(snapshot=True)
                return
            except OSError:
                await asyncio.sleep(0.2)

    async def send(self, action: str, action_id: str, **fields: str) -> None:
        """Send one action on the recorded connection; its answer becomes part of the recording."""
        assert self._writer is not None, "the recorder is not connected"
        lines = [f"Action: {action}", f"ActionID: {action_id}", *(f"{k}: {v}" for k, v in fields.items())]
        self._writer.write("\r\n".join([*lines, "", ""]).encode())
        await self._writer.drain()

    async def drop(self) -> None:
        """Lose the link without a word."""
        assert self._writer is not None, "the recorder is not connected"
        self.lost_at = time.time()
        self._writer.transport.abort()
        await self.lost()

    async def lost(self) -> None:
        """Await the end of the connection, from whichever side."""
        assert self._reading is not None, "the recorder is not connected"
        await self._reading
        self.lost_at = self.lost_at or time.time()

    async def close(self) -> None:
        if self._writer is not None:
            self._writer.close()
        if self._reading is not None:
            self._reading.cancel()

    @property
    def first_at(self) -> float:
        return self._blocks[0].t

    def write(self, folder: Path, name: str, truth: Truth) -> None:
        """Write the three files."""
        (folder / f"{name}.raw").write_bytes(self._raw)
        lines = "".join(json.dumps(asdict(block)) + "\n" for block in self._blocks)
        (folder / f"{name}.idx.jsonl").write_text(lines)
        text = json.dumps(truth, ensure_ascii=False, indent=1) + "\n"
        (folder / f"{name}.truth.json").write_text(text, encoding="utf-8")

    async def _read(self, reader: asyncio.StreamReader) -> None:
        try:
            while data := await reader.read(65536):
                self._raw += data
                self._index(time.time())
        except OSError:
            pass  # reset by the other side: the recording has what came before
        self._end_block(len(self._raw), time.time())

    def _index(self, at: float) -> None:
        if self._starts_connection():
            banner = self._raw.find(b"\r\n", self._unindexed)
            if banner < 0:
                return
            self._end_block(banner + 2, at)
        while (end := self._raw.find(b"\r\n\r\n", self._unindexed)) >= 0:
            self._end_block(end + 4, at)

    def _starts_connection(self) -> bool:
        return not self._blocks or self._blocks[-1].c != self._connection

    def _end_block(self, end: int, at: float) -> None:
        if end > self._unindexed:
            self._blocks.append(Block(round(at, 4), self._connection, self._unindexed, end - self._unindexed))
            self._unindexed = end

    def _action_id(self) -> str:
        self._actions += 1
        return f"recorder-{self._actions}"
