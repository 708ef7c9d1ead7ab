"""A small manager client of the rig's own: it starts and steers what a scenario needs and reads no events. The
product's client is not used, so that a fault of it cannot hide in the rig."""

import asyncio
import itertools
from collections.abc import Sequence

from callcenter.core.errors import Unavailable

Fields = dict[str, str]


class ActionFailed(Unavailable):
    """Asterisk refused an action of the rig."""


class AmiDriver:
    """One manager session for actions; one at a time."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer
        self._ids = itertools.count(1)
        self._lock = asyncio.Lock()

    @classmethod
    async def connect(cls, port: int, user: str, secret: str) -> "AmiDriver":
        """Log in on loopback. OSError while nothing listens, ActionFailed when refused."""
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        driver = cls(reader, writer)
        await reader.readline()
        await driver.action("Login", Username=user, Secret=secret, Events="off")
        return driver

    async def action(self, name: str, variables: Sequence[str] = (), **fields: str) -> Fields:
        """Send one action, await its response. `variables` become `Variable:` lines. ActionFailed on `Error`."""
        async with self._lock:
            action_id = f"rig-{next(self._ids)}"
            lines = [f"Action: {name}", f"ActionID: {action_id}"]
            lines += [f"{key}: {value}" for key, value in fields.items()]
            lines += [f"Variable: {value}" for value in variables]
            self._writer.write("\r\n".join([*lines, "", ""]).encode())
            await self._writer.drain()
            answer = await asyncio.wait_for(self._response(action_id), 10)
        if answer.get("Response") == "Error":
            raise ActionFailed(f"AMI {name} {fields}: {answer.get('Message')}")
        return answer

    async def command(self, line: str) -> str:
        """The output of one command of Asterisk's console."""
        return (await self.action("Command", Command=line)).get("Output", "")

    async def close(self) -> None:
        self._writer.close()

    async def _response(self, action_id: str) -> Fields:
        while True:
            block = (await self._reader.readuntil(b"\r\n\r\n")).decode(errors="replace")
            fields: Fields = {}
            for line in block.split("\r\n"):
                key, colon, value = line.partition(":")
                if colon:
                    fields[key] = f"{fields[key]}\n{value.strip()}" if key in fields else value.strip()
            if "Response" in fields and fields.get("ActionID") == action_id:
                return fields
