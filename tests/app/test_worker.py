import asyncio
import os
import signal
import threading
from pathlib import Path

import pytest

from callcenter.app import worker
from callcenter.app.worker import WorkerProcess
from callcenter.settings import Settings


@pytest.mark.timeout(90)
async def test_a_killed_worker_is_started_again_and_what_it_had_begun_is_queued(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(worker, "RESTART_SECONDS", 0.01)
    lost = threading.Event()
    process = WorkerProcess(Settings(data=tmp_path), on_lost=lost.set)
    running = asyncio.create_task(process.run())
    try:
        async with asyncio.timeout(60):
            while process.pid is None:
                await asyncio.sleep(0.01)
            first = process.pid
            os.kill(first, signal.SIGKILL)
            while process.pid in (first, None):
                await asyncio.sleep(0.01)
        assert lost.is_set()
        assert process.restarts == 1
    finally:
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
    assert not process.alive
