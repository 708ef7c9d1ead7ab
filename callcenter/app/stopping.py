"""Ctrl-C and SIGTERM, at any moment: also while it starts."""

import asyncio
import signal
from collections.abc import Callable, Coroutine
from typing import Any

SIGNALS = (signal.SIGINT, signal.SIGTERM)


async def until_stopped(work: Coroutine[Any, Any, None], on_stop: Callable[[], None]) -> None:
    """Run `work` to its end, or cancel it at the first signal and wait until it has cleaned up; more signals change
    nothing, so that a second Ctrl-C does not leave half of it behind."""
    task = asyncio.create_task(work)
    is_stopping = False

    def stop() -> None:
        nonlocal is_stopping
        if not is_stopping:
            is_stopping = True
            on_stop()
            task.cancel()

    loop = asyncio.get_running_loop()
    for number in SIGNALS:
        loop.add_signal_handler(number, stop)
    try:
        await task
    except asyncio.CancelledError:
        if not is_stopping:
            raise
    finally:
        for number in SIGNALS:
            loop.remove_signal_handler(number)
