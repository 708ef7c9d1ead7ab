"""The web server inside our own event loop: it starts when the port is open, and stops at once although pages hold
streams open."""

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator

import uvicorn
from fastapi import FastAPI

from callcenter.core.errors import Unavailable
from callcenter.live.hub import Hub
from callcenter.settings import WebSettings

GRACE_SECONDS = 3


class _Server(uvicorn.Server):
    """Leaves signals to us: the whole product stops together (ui.md §2.3)."""

    @contextlib.contextmanager
    def capture_signals(self):  # type: ignore[no-untyped-def]
        yield


def check_port(settings: WebSettings) -> None:
    """Raise `Unavailable` when the pages cannot be served here: better said before anything slow begins."""
    try:
        family, kind, *_, address = socket.getaddrinfo(settings.host, settings.port, type=socket.SOCK_STREAM)[0]
        with socket.socket(family, kind) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(address)
    except OSError as error:
        raise Unavailable(_not_here(settings, error.strerror or str(error))) from error


def _not_here(settings: WebSettings, why: str) -> str:
    where = f"{settings.host}:{settings.port}"
    return f"the pages cannot be served on {where} ({why}): choose another port or host ([web], or --port and --host)"


@contextlib.asynccontextmanager
async def serving(app: FastAPI, hub: Hub, settings: WebSettings) -> AsyncIterator[str]:
    """Serve until the block ends; yields the address. Raises `Unavailable` when the port is taken."""
    config = uvicorn.Config(
        app,
        host=settings.host,
        port=settings.port,
        log_config=None,
        access_log=False,
        server_header=False,
        forwarded_allow_ips=settings.trusted_proxies,
        timeout_graceful_shutdown=GRACE_SECONDS,
        lifespan="off",
    )
    server = _Server(config)
    task = asyncio.create_task(_run(server), name="web")
    try:
        while not server.started:
            if task.done():
                raise Unavailable(_not_here(settings, "the port is taken or not ours"))
            await asyncio.sleep(0.02)
        port = server.servers[0].sockets[0].getsockname()[1]
        shown = "127.0.0.1" if settings.host in ("0.0.0.0", "::") else settings.host  # noqa: S104 - only compared
        yield f"http://[{shown}]:{port}" if ":" in shown else f"http://{shown}:{port}"
    finally:
        hub.close()
        server.should_exit = True
        await task
        # What was being written (who saw whose data) is finished before the database closes.
        await asyncio.to_thread(app.state.site.presenter.close)


async def _run(server: uvicorn.Server) -> None:
    # uvicorn leaves by SystemExit when it cannot bind; the waiting side says why.
    with contextlib.suppress(SystemExit):
        await server.serve()
