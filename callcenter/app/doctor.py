"""What `callcenter doctor` looks at: our own side here, the PBX's in `ami.doctor`."""

import os
import shutil
import socket
from collections.abc import Iterator

from callcenter.ami.doctor import check_pbx
from callcenter.ami.findings import Finding, PbxCheckConfig, fail, ok, warn
from callcenter.app.address import audio_address
from callcenter.app.health import FULL_DISK_BYTES, LOW_DISK_BYTES
from callcenter.app.parts import build_spotter, models_dir
from callcenter.app.run import ami_config
from callcenter.core.errors import CallcenterError
from callcenter.settings import Settings
from callcenter.store.database import Database
from callcenter.stt.catalog import Engine, load_catalog


async def findings(settings: Settings) -> list[Finding]:
    """Every check, ours first."""
    own = [*_database(settings), *_models(settings), *_keywords(settings), *_disk(settings), *_recordings(settings)]
    if not settings.pbx.secret.get_secret_value():
        line = "[pbx]\nsecret = …   # the same as in manager.conf, or CALLCENTER_PBX__SECRET"
        return [*own, fail("pbx.secret", "No secret is set for the manager user.", line)]
    try:
        return [*own, *await check_pbx(_pbx_config(settings))]
    except CallcenterError as error:
        return [*own, fail("pbx", str(error))]


def _pbx_config(settings: Settings) -> PbxCheckConfig:
    host, port = audio_address(settings) if settings.listen.enabled else ("", None)
    return PbxCheckConfig(
        ami=ami_config(settings),
        audio_host=host,
        audio_bind=settings.listen.bind,
        audio_port=port or settings.listen.port or _free_port(settings.listen.bind),
        recordings_on_pbx=settings.recordings.pbx_folder,
        recordings_here=settings.recordings.folder if settings.recordings.enabled else None,
    )


def _free_port(host: str) -> int:
    """`listen.port = 0` takes any; the check needs one to tell the PBX."""
    with socket.create_server((host, 0)) as server:
        return int(server.getsockname()[1])


def _database(settings: Settings) -> Iterator[Finding]:
    try:
        database = Database(settings.database_url)
        database.check()
    except CallcenterError as error:
        yield fail("database", str(error))
        return
    current = "are up to date" if database.is_current() else "will be brought up to date at the next start"
    yield ok("database", f"{database.engine.dialect.name} answers; its tables {current}.")
    database.close()


def _models(settings: Settings) -> Iterator[Finding]:
    catalog, folder = load_catalog(), models_dir(settings)
    wanted = {settings.stt.language, *settings.stt.languages.values()}
    if settings.stt.live == "off" and settings.stt.after_call == "off":
        yield ok("models", "Speech to text is switched off.")
        return
    for language in sorted(wanted):
        found = [m.id for engine in Engine if (m := catalog.installed(engine, language, folder)) is not None]
        if found:
            yield ok(f"models.{language}", f"Speech in {language!r} is recognised by {', '.join(found)}.")
        else:
            usable = [m.id for m in catalog.models if language in m.languages and m.id in catalog.default]
            line = f"callcenter models pull {' '.join(usable)}"
            yield warn(f"models.{language}", f"No model for {language!r} is installed in {folder}.", line)


def _keywords(settings: Settings) -> Iterator[Finding]:
    try:
        build_spotter(settings)
    except CallcenterError as error:
        yield fail("keywords", str(error))
        return
    yield ok("keywords", "The keyword rules are sound.")


def _disk(settings: Settings) -> Iterator[Finding]:
    try:
        settings.data.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        yield fail("disk", f"The data folder {settings.data} cannot be made: {error.strerror}.")
        return
    if not os.access(settings.data, os.W_OK | os.X_OK):
        yield fail("disk", f"The data folder {settings.data} cannot be written by this user.")
        return
    free = shutil.disk_usage(settings.data).free
    text = f"{free / (1 << 30):.1f} GiB are free for {settings.data}."
    yield (fail if free < FULL_DISK_BYTES else warn if free < LOW_DISK_BYTES else ok)("disk", text)


def _recordings(settings: Settings) -> Iterator[Finding]:
    if not settings.recordings.enabled:
        yield ok("recordings", "Recording is switched off.")
        return
    folder = settings.recordings.folder
    if not folder.is_dir():
        yield fail(
            "recordings",
            f"The recordings folder {folder} is not there: mount the PBX's {settings.recordings.pbx_folder} on it.",
            f"# /etc/exports on the PBX\n{settings.recordings.pbx_folder} <our address>(ro,sync)",
        )
    elif not os.access(folder, os.R_OK | os.X_OK):
        yield fail("recordings", f"The recordings folder {folder} may not be read by this user.")
    else:
        yield ok("recordings", f"The recordings folder {folder} can be read.")
