"""How the system is at this moment, asked of every part."""

import asyncio
import shutil
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from callcenter.ami.journal import Journal, journal_files
from callcenter.ami.link import AmiLink
from callcenter.app.parts import journal_folder, models_dir
from callcenter.app.worker import WorkerProcess
from callcenter.core.health import (
    DiskHealth,
    JobsHealth,
    JournalHealth,
    Level,
    LinkHealth,
    ModelHealth,
    SystemHealth,
    WorkerHealth,
)
from callcenter.jobs.queue import JobQueue
from callcenter.services.follow_calls import FollowCounts
from callcenter.services.listen import Listener
from callcenter.settings import Settings
from callcenter.stt.catalog import load_catalog
from callcenter.stt.pool import SpeechPool
from callcenter.stt.pool_types import PoolStatus, WorkerStatus

LOW_DISK_BYTES = 5 << 30
FULL_DISK_BYTES = 1 << 30
LATE_JOBS = 50
LATE_SECONDS = 1.0
ANSWER_SECONDS = 5.0

T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class HealthSources:
    """Whom to ask."""

    loop: asyncio.AbstractEventLoop
    """The one the listener and the pool live in."""
    settings: Settings
    link: AmiLink
    journal: Journal
    counts: FollowCounts
    listener: Listener
    pool: SpeechPool
    jobs: JobQueue
    worker: WorkerProcess


def system_health(sources: HealthSources) -> SystemHealth:
    """Ask every part. Blocking for a few milliseconds (disks, the job queue): for a thread, not for the event loop."""
    listener, pool = _in_loop(sources, lambda: (sources.listener.status(), sources.pool.status()))
    return SystemHealth(
        at=time.time(),
        links=(_link(sources),),
        journal=_journal(sources),
        workers=_workers(pool),
        models=_models(sources.settings),
        disks=_disks(sources.settings),
        jobs=_jobs(sources),
        listening=listener.load,
        notes=(listener.unavailable,) if listener.unavailable else (),
    )


def _in_loop(sources: HealthSources, ask: Callable[[], T]) -> T:
    async def answer() -> T:
        return ask()

    return asyncio.run_coroutine_threadsafe(answer(), sources.loop).result(ANSWER_SECONDS)


def _link(sources: HealthSources) -> LinkHealth:
    status = sources.link.status()
    return LinkHealth(
        pbx=sources.settings.pbx.name,
        up=status.connected,
        since=status.since,
        version=status.protocol_version,
        events=sources.counts.messages,
        error="" if status.connected else status.last_error,
    )


def _journal(sources: HealthSources) -> JournalHealth:
    files = journal_files(journal_folder(sources.settings))
    return JournalHealth(
        level=Level.BAD if sources.journal.last_error else Level.OK,
        files=len(files),
        bytes=sum(path.stat().st_size for path in files if path.exists()),
        newest_at=sources.link.status().last_message_at,
        detail=sources.journal.last_error,
    )


def _workers(status: PoolStatus) -> tuple[WorkerHealth, ...]:
    return tuple(_worker(worker, status.capacity) for worker in status.workers)


def _worker(worker: WorkerStatus, capacity: int) -> WorkerHealth:
    name, _, number = worker.name.rpartition(" ")
    late = worker.behind_seconds > LATE_SECONDS
    return WorkerHealth(
        name=name,
        number=int(number),
        level=Level.BAD if not worker.alive else Level.WARN if late else Level.OK,
        legs=worker.legs,
        capacity=capacity,
        models=worker.models,
        bytes=worker.rss_bytes,
        restarts=worker.restarts,
        behind_seconds=worker.behind_seconds if late else 0.0,
    )


def _models(settings: Settings) -> tuple[ModelHealth, ...]:
    catalog, folder = load_catalog(), models_dir(settings)
    return tuple(
        ModelHealth(
            name=model.name,
            language=", ".join(model.languages),
            engine=str(model.engine),
            level=Level.OK if model.is_installed(folder) else Level.WARN,
            bytes=model.disk_mb << 20,
            detail="" if model.is_installed(folder) else f"callcenter models pull {model.id}",
        )
        for model in catalog.models
        if model.is_installed(folder) or model.id in catalog.default
    )


def _disks(settings: Settings) -> tuple[DiskHealth, ...]:
    folders = {"data": settings.data, "recordings": settings.recordings.folder, "models": models_dir(settings)}
    return tuple(_disk(name, folder) for name, folder in folders.items())


def _disk(name: str, folder: Path) -> DiskHealth:
    there = next((p for p in (folder.resolve(), *folder.resolve().parents) if p.exists()), Path("/"))
    usage = shutil.disk_usage(there)
    level = Level.BAD if usage.free < FULL_DISK_BYTES else Level.WARN if usage.free < LOW_DISK_BYTES else Level.OK
    return DiskHealth(name=name, level=level, free_bytes=usage.free, total_bytes=usage.total)


def _jobs(sources: HealthSources) -> JobsHealth:
    waiting = sources.jobs.waiting()
    level = Level.BAD if not sources.worker.alive else Level.WARN if waiting > LATE_JOBS else Level.OK
    return JobsHealth(level=level, waiting=waiting, detail="" if sources.worker.alive else "the worker is not running")
