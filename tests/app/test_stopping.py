import asyncio
import os
import signal

import pytest

from callcenter.app.stopping import until_stopped


async def test_a_signal_while_starting_cleans_up_once() -> None:
    happened: list[str] = []
    started = asyncio.Event()

    async def work() -> None:
        try:
            started.set()
            await asyncio.Event().wait()
        finally:
            os.kill(os.getpid(), signal.SIGINT)  # an impatient second Ctrl-C
            await asyncio.sleep(0.01)
            happened.append("cleaned up")

    async def press() -> None:
        await started.wait()
        os.kill(os.getpid(), signal.SIGINT)

    await asyncio.gather(until_stopped(work(), lambda: happened.append("stopping")), press())
    assert happened == ["stopping", "cleaned up"]


async def test_what_goes_wrong_is_raised() -> None:
    async def work() -> None:
        raise ValueError("wrong")

    with pytest.raises(ValueError, match="wrong"):
        await until_stopped(work(), lambda: None)
