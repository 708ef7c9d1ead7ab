"""The queue's own promises; the database kinds are Huey's matter."""

import threading
from pathlib import Path

import pytest

from callcenter.core.errors import Unavailable
from callcenter.jobs import queue
from callcenter.jobs.queue import JobQueue, job_queue


@pytest.fixture
def jobs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> JobQueue:
    monkeypatch.setattr(queue, "RETRY_SECONDS", 0)
    return job_queue("sqlite:///x", tmp_path)


def work(jobs: JobQueue, until: threading.Event) -> None:
    stop = threading.Event()
    worker = threading.Thread(target=jobs.run, args=(stop,))
    worker.start()
    assert until.wait(30)
    stop.set()
    worker.join(30)
    assert not worker.is_alive()


def test_what_the_product_refuses_is_tried_again_without_a_traceback(
    jobs: JobQueue, caplog: pytest.LogCaptureFixture
) -> None:
    tries: list[int] = []
    done = threading.Event()

    def refuses_once(number: int) -> None:
        tries.append(number)
        if len(tries) == 1:
            raise Unavailable("no model: run `callcenter models pull`")
        done.set()

    jobs.register("say", refuses_once)
    jobs.enqueue("say", 7)
    assert jobs.waiting() == 1
    work(jobs, done)
    assert tries == [7, 7]
    assert "say 7: no model" in caplog.text
    assert "Traceback" not in caplog.text


def test_a_job_for_later_waits(jobs: JobQueue) -> None:
    jobs.register("say", lambda: None)
    jobs.enqueue("say", delay_seconds=3600)
    assert jobs.waiting() == 1
