"""The one-box form: the PBX followed and listened to, pages served, jobs worked off, in one process group."""

import asyncio
import contextlib
import gc
import logging
import time
from collections.abc import AsyncIterator, Coroutine
from dataclasses import dataclass
from typing import Any

from callcenter.ami.config import DEFAULT_FILTERS, AmiConfig
from callcenter.ami.journal import Journal, JournalConfig
from callcenter.ami.link import AmiLink
from callcenter.ami.translate import WANTED, Translator
from callcenter.app.health import HealthSources, system_health
from callcenter.app.listening import build_listening
from callcenter.app.one_at_a_time import alone_in
from callcenter.app.parts import build_jobs, journal_folder, open_database, open_hub
from callcenter.app.recording import build_recorder
from callcenter.app.serve import check_port, serving
from callcenter.app.stopping import until_stopped
from callcenter.app.worker import WorkerProcess, register_jobs
from callcenter.core.calls import CallTracker, TrackerConfig
from callcenter.core.events import CallEvent
from callcenter.jobs.queue import JobQueue
from callcenter.live.hub import Hub
from callcenter.services.ask_pbx import AskPbx
from callcenter.services.auth import AuthService
from callcenter.services.call_log import CallLog
from callcenter.services.desk import DeskService
from callcenter.services.follow_calls import CallFollower
from callcenter.services.follow_pbx import FollowPbx
from callcenter.services.keyword_rules import load_rules
from callcenter.services.link_gaps import LinkGaps
from callcenter.services.recordings import TRANSCRIBE, Shelf
from callcenter.services.watch_recordings import RecordingWatch
from callcenter.settings import Settings
from callcenter.store.database import Database
from callcenter.store.tables import Call
from callcenter.web.app import create_app
from callcenter.web.context import WebContext

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Running:
    """What is up, for whoever started it (the demo, a test)."""

    address: str
    database: Database
    hub: Hub
    link: AmiLink


async def run_all(settings: Settings) -> None:
    """Run until SIGINT or SIGTERM."""

    async def work() -> None:
        async with running(settings) as up:
            log.info("the pages are at %s", up.address)
            await asyncio.Event().wait()

    with alone_in(settings.data):
        await until_stopped(work(), lambda: log.info("stopping"))


@contextlib.asynccontextmanager
async def running(settings: Settings, *, demo_logins: tuple[tuple[str, str], ...] = ()) -> AsyncIterator[Running]:
    """Everything up until the block ends."""
    check_port(settings.web)
    database = await asyncio.to_thread(open_database, settings)
    hub, jobs = await asyncio.to_thread(open_hub, database), build_jobs(settings)
    register_jobs(jobs, settings)
    shelf = Shelf(database, hub, pbx=settings.pbx.name)
    worker = WorkerProcess(settings, on_lost=lambda: _resume(shelf, jobs))
    async with contextlib.AsyncExitStack() as stack:
        stack.callback(database.close)
        pbx = _Pbx(settings, database, hub, shelf, jobs)
        await stack.enter_async_context(pbx)
        sources = HealthSources(
            loop=asyncio.get_running_loop(),
            settings=settings,
            link=pbx.link,
            journal=pbx.journal,
            counts=pbx.counts,
            listener=pbx.listener,
            pool=pbx.pool,
            jobs=jobs,
            worker=worker,
        )
        context = WebContext(
            database=database,
            hub=hub,
            auth=AuthService(database),
            desk=DeskService(database, hub, region=settings.site.region, area_code=settings.site.area_code),
            recordings_root=settings.recordings.folder,
            health=lambda: system_health(sources),
            retry_recording=lambda recording_id: _retry(shelf, jobs, recording_id),
            rules=load_rules(settings.keywords),
            timezone=settings.site.timezone,
            region=settings.site.region,
            site_name=settings.site.name,
            secure_cookies=settings.web.secure_cookies,
            default_language=settings.site.language,
            demo_logins=demo_logins,
        )
        address = await stack.enter_async_context(serving(create_app(context), hub, settings.web))
        await asyncio.to_thread(_resume, shelf, jobs)
        # What is built stays: a full collection in the middle of a pop would cost a quarter of a second.
        gc.collect()
        gc.freeze()
        async with _background(pbx.feed.run(pbx.link), worker.run(), RecordingWatch(database, hub).run()):
            yield Running(address=address, database=database, hub=hub, link=pbx.link)


def _resume(shelf: Shelf, jobs: JobQueue) -> None:
    """No worker runs: whatever waits or was begun is queued. A job too many finds its recording taken and ends."""
    for recording_id in shelf.interrupted():
        jobs.enqueue(TRANSCRIBE, recording_id)


def _retry(shelf: Shelf, jobs: JobQueue, recording_id: int) -> None:
    shelf.again(recording_id)
    jobs.enqueue(TRANSCRIBE, recording_id)


class _Pbx:
    """The parts that belong to the PBX, joined."""

    def __init__(self, settings: Settings, database: Database, hub: Hub, shelf: Shelf, jobs: JobQueue) -> None:
        self.journal = Journal(JournalConfig(folder=journal_folder(settings), keep_days=settings.journal_days))
        self.link = AmiLink(
            ami_config(settings), journal=self.journal, wanted=WANTED, on_change=lambda s: self.feed.link_changed(s)
        )
        listening = build_listening(settings, self.link, database, hub)
        self.listener, self.pool, self.spotter = listening.listener, listening.pool, listening.spotter
        self.recorder = build_recorder(settings, self.link, shelf, jobs)
        self.ask = AskPbx(self.link)
        tracker = CallTracker(tracker_config(settings))

        async def follow(event: CallEvent, _: Call) -> None:
            listening.transcript.moved(event.call_id)
            await self.listener.handle(event)
            await self.recorder.handle(event)

        follower = CallFollower(
            database=database,
            hub=hub,
            call_log=CallLog(pbx=settings.pbx.name, region=settings.site.region, area_code=settings.site.area_code),
            tracker=tracker,
            translate=Translator().translate,
            followers=[follow],
        )
        self.feed = FollowPbx(
            follower=follower,
            gaps=LinkGaps(database, hub, pbx=settings.pbx.name),
            database=database,
            pbx=settings.pbx.name,
            journal=journal_folder(settings),
            clock=time.time,
            after_message=lambda: self.ask.ask(tracker.take_wanted()),
        )
        self._tracker = tracker
        self.counts = follower.counts

    async def __aenter__(self) -> None:
        try:
            await self._start()
        except BaseException:  # a start cut short must not leave recognisers behind
            await self.__aexit__()
            raise

    async def _start(self) -> None:
        talking = await asyncio.to_thread(self.feed.catch_up)
        self._tracker.take_wanted()  # questions from the journal were answered in it, or are out of date
        await self.recorder.start(talking)
        await asyncio.gather(self.listener.start(), asyncio.to_thread(self.spotter.warm))
        await self.link.__aenter__()
        await self.listener.resume(talking)

    async def __aexit__(self, *_: object) -> None:
        await self.ask.aclose()
        await self.link.close()
        await self.listener.aclose()
        await self.recorder.aclose()


def ami_config(settings: Settings) -> AmiConfig:
    """How the PBX is reached."""
    pbx = settings.pbx
    return AmiConfig(
        host=pbx.host,
        port=pbx.port,
        username=pbx.username,
        secret=pbx.secret.get_secret_value(),
        tls=pbx.tls,
        tls_ca_file=pbx.tls_ca_file,
        tls_fingerprint=pbx.tls_fingerprint,
        tls_server_name=pbx.tls_server_name,
        filters=DEFAULT_FILTERS if pbx.filter_events else (),
    )


def tracker_config(settings: Settings) -> TrackerConfig:
    """How the PBX's channels are read."""
    return TrackerConfig(
        extension_pattern=settings.pbx.extension_pattern,
        trunks=frozenset(settings.pbx.trunks),
        outside_prefixes=tuple(settings.pbx.outside_prefixes),
    )


@contextlib.asynccontextmanager
async def _background(*loops: Coroutine[Any, Any, None]) -> AsyncIterator[None]:
    """Run these beside the block. One that fails brings the product down loudly rather than leaving it half dead."""
    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(loop) for loop in loops]
        yield
        for task in tasks:
            task.cancel()
