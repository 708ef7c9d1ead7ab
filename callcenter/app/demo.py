"""`callcenter demo`: the one-box form beside a simulated PBX that plays sample calls over the real protocols, so that
a newcomer sees a call go all the way through without owning an Asterisk."""

import asyncio
import contextlib
import secrets
import shutil
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from pydantic import SecretStr

from callcenter.app.one_at_a_time import alone_in
from callcenter.app.parts import models_dir, open_database
from callcenter.app.run import Running, running
from callcenter.app.serve import check_port
from callcenter.app.stopping import until_stopped
from callcenter.core.roles import Role
from callcenter.services.auth import AuthService
from callcenter.settings import (
    ListenSettings,
    PbxSettings,
    RecordingSettings,
    Settings,
    SiteSettings,
    SttSettings,
    WebSettings,
)
from callcenter.sim.process import PbxProcess
from callcenter.sim.sample_customers import load_sample_customers
from callcenter.sim.speech.manifest import read_manifest, samples_dir
from callcenter.store import users
from callcenter.store.database import Database
from callcenter.store.types import now
from callcenter.stt.catalog import Engine, load_catalog

Say = Callable[[str], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class DemoLogin:
    """Somebody to sign in as."""

    name: str
    full_name: str
    role: Role
    extension: str | None = None


LOGINS = (
    DemoLogin(name="zhouxiao", full_name="周晓", role=Role.AGENT, extension="1001"),
    DemoLogin(name="hemin", full_name="何敏", role=Role.SUPERVISOR),
    DemoLogin(name="admin", full_name="管理员", role=Role.ADMIN),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class DemoOptions:
    """What may be chosen on the command line."""

    folder: Path
    host: str = "127.0.0.1"
    port: int = 8080
    language: str = "zh-CN"
    live: str = "auto"
    models: Path | None = None
    fresh: bool = False


async def run_demo(options: DemoOptions, say: Say) -> None:
    """Run until Ctrl-C."""

    async def work() -> None:
        async with demo(options, say):
            await asyncio.Event().wait()

    with alone_in(options.folder):
        if options.fresh:
            _forget(options.folder)
        await until_stopped(work(), lambda: say("stopping"))


@contextlib.asynccontextmanager
async def demo(options: DemoOptions, say: Say, *, play: bool = True) -> AsyncIterator[tuple[Running, PbxProcess]]:
    """The demo, up until the block ends."""
    check_port(WebSettings(host=options.host, port=options.port))
    say("[1/4] simulated PBX")
    pbx = PbxProcess((options.folder / "recordings").resolve())
    try:
        await pbx.start()
        settings = demo_settings(options, pbx)
        say("[2/4] database and sample customers")
        password = await asyncio.to_thread(_fill, settings, options.language)
        logins = tuple((login.name, password) for login in LOGINS)
        say("[3/4] speech models (the first time they are loaded takes some seconds)")
        async with running(settings, demo_logins=logins) as up:
            say(f"[4/4] ready\n\n    {up.address}\n")
            for login in LOGINS:
                say(f"    {login.role:<10}  {login.name:<9}  {password}")
            for line in what_is_missing(settings, samples_dir()):
                say(f"\n    {line}")
            say("\nSign in as the agent and wait for the telephone to ring. Ctrl-C stops.")
            if play:
                pbx.loop("demo", first=options.language[:2])
            yield up, pbx
    finally:
        await pbx.aclose()


def what_is_missing(settings: Settings, samples: Path) -> Iterator[str]:
    """What a newcomer would otherwise wonder about: nobody speaks, or no words appear."""
    spoken = {clip.language for clip in read_manifest(samples)}
    if silent := sorted({"zh", "en"} - spoken):
        yield f"There is no sample speech ({', '.join(silent)}): those calls are silent. `make samples` makes it."
    if settings.stt.live == "off":
        return
    catalog, folder = load_catalog(), models_dir(settings)
    deaf = [
        language
        for language in ("zh", "en")
        if not any(catalog.installed(engine, language, folder) is not None for engine in Engine)
    ]
    if deaf:
        yield f"There is no speech model ({', '.join(deaf)}): no words appear. `callcenter models pull` fetches them."


def _forget(folder: Path) -> None:
    """What an earlier demo left, and nothing else: the folder may be anyone's."""
    for name in ("journal", "recordings"):
        shutil.rmtree(folder / name, ignore_errors=True)
    for database in ("callcenter.db", "jobs.db"):
        for suffix in ("", "-wal", "-shm"):
            (folder / f"{database}{suffix}").unlink(missing_ok=True)


def demo_settings(options: DemoOptions, pbx: PbxProcess) -> Settings:
    """Settings that need no file: everything on loopback, everything in one folder."""
    recordings = str((options.folder / "recordings").resolve())
    return Settings(
        data=options.folder,
        log_level="WARNING",
        site=SiteSettings(name="晨曦云驰", area_code="028", language=options.language),
        web=WebSettings(host=options.host, port=options.port),
        pbx=PbxSettings(host=pbx.host, port=pbx.ami_port, username=pbx.user, secret=SecretStr(pbx.secret)),
        listen=ListenSettings(bind="127.0.0.1", port=0),
        stt=SttSettings(live=options.live, models=options.models, languages={"service-en": "en"}),
        recordings=RecordingSettings(pbx_folder=recordings, folder=Path(recordings)),
    )


def _fill(settings: Settings, language: str) -> str:
    """Customers and logins; a new password at every start."""
    password = f"demo-{secrets.token_hex(4)}"
    database = open_database(settings)
    with database.transaction() as session:
        load_sample_customers(session, now(), language="en" if language == "en" else "zh-CN")
    for login in LOGINS:
        _let_in(database, login, password, language)
    database.close()
    return password


def _let_in(database: Database, login: DemoLogin, password: str, language: str) -> None:
    auth = AuthService(database)
    with database.session() as session:
        known = users.by_name(session, login.name) is not None
    if known:
        auth.set_password(login.name, password)
    else:
        auth.create_user(
            login.name, login.full_name, password, login.role, extension=login.extension, language=language
        )
