"""Asterisk's REST interface as the rig uses it: requests by HTTP, events by one web socket."""

import asyncio
import json
from collections.abc import Callable
from typing import Any

import httpx
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

from callcenter.core.errors import Unavailable

Event = dict[str, Any]
APPLICATION = "rig"


class AriRefused(Unavailable):
    """Asterisk did not do what was asked over ARI, as when the channel is gone."""


class Ari:
    """`on_event` gets every event in order, in the event loop."""

    def __init__(self, port: int, user: str, secret: str, on_event: Callable[[Event], None]) -> None:
        self._http = httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}/ari", auth=(user, secret), timeout=10)
        self._socket_url = (
            f"ws://127.0.0.1:{port}/ari/events?app={APPLICATION}&subscribeAll=true&api_key={user}:{secret}"
        )
        self._on_event = on_event
        self._socket: ClientConnection | None = None
        self._reader: asyncio.Task[None] | None = None

    async def connect(self) -> None:
        """Open the event socket. OSError while Asterisk is not up yet."""
        # The first request loads half of httpx: not while a telephone is supposed to ring.
        await self.call("GET", "/asterisk/ping")
        self._socket = await connect(self._socket_url)
        self._reader = asyncio.create_task(self._read(self._socket))

    async def close(self) -> None:
        if self._reader:
            self._reader.cancel()
        if self._socket:
            await self._socket.close()
        await self._http.aclose()

    async def call(self, method: str, path: str, **parameters: str) -> Any:
        """One request; the decoded answer, None when it is empty. AriRefused when it cannot be done."""
        return _answer(await self._http.request(method, path, params=parameters))

    async def call_with_variables(self, path: str, variables: dict[str, str]) -> Any:
        """POST with channel variables (dialplan functions such as `CALLERID(num-pres)` among them). The query
        is part of `path`, since a caller's name may be bytes that are not UTF-8."""
        return _answer(await self._http.post(path, json={"variables": variables}))

    async def _read(self, socket: ClientConnection) -> None:
        try:
            async for message in socket:
                self._on_event(json.loads(message))
        except ConnectionClosed:
            return


def _answer(response: httpx.Response) -> Any:
    if response.is_error:
        raise AriRefused(
            f"{response.request.method} {response.request.url.path}: {response.status_code} {response.text}"
        )
    return response.json() if response.content else None
