"""After hang-up: wait until the PBX has closed the legs' files, make the stereo file, check it."""

import asyncio
import logging
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from callcenter.audio.checks import RecordingBroken, RecordingMissing, check_recording, read_layout
from callcenter.audio.peaks import peaks_of
from callcenter.audio.stereo import Part, mix_stereo
from callcenter.services.recording.names import LegFile, RecordingName, inside
from callcenter.services.recordings import RecordingFacts

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class FinishConfig:
    """Where the files are and how long to wait for them."""

    folder: Path
    """The PBX's recordings folder as mounted here; the stereo files lie in it too."""
    keep_legs: bool = False
    """Keep the legs' files beside the stereo file."""
    poll_seconds: float = 0.25
    quiet_seconds: float = 3.0
    """A file whose header is unfinished and that does not grow for so long was cut off by a crash."""
    missing_seconds: float = 15.0
    """A file that does not appear within that time will not (a network folder may lag)."""


async def finish_recording(name: RecordingName, starts_at: float, config: FinishConfig) -> RecordingFacts:
    """Make and check the stereo file, whose first sample is at `starts_at` call seconds. Raises RecordingMissing,
    RecordingBroken, UnsafeRecordingName; OSError where the disk refuses: nothing is lost, it may be tried again."""
    await _wait_until_closed(name, config)
    return await asyncio.to_thread(_finish, name, starts_at, config)


def files_of_day(folder: Path, name: RecordingName) -> list[str]:
    """The names in a recording's folder. Blocking."""
    day = inside(folder, name.day)
    return [path.name for path in day.iterdir()] if day.is_dir() else []


def _finish(name: RecordingName, starts_at: float, config: FinishConfig) -> RecordingFacts:
    target = inside(config.folder, name.path)
    legs = name.legs(files_of_day(config.folder, name))
    parts = _parts(legs, starts_at, config.folder)
    if parts:
        mix_stereo(parts, target)
    elif not target.exists():
        if legs:
            raise RecordingBroken("the PBX made the recording's files and wrote no sound into them")
        raise RecordingMissing(
            "the PBX's recording did not appear; `callcenter doctor` checks whether both see the same folder"
        )
    found = check_recording(target)
    facts = RecordingFacts(
        duration_seconds=found.duration_seconds,
        size_bytes=found.size_bytes,
        sha256=found.sha256,
        peaks=peaks_of(target).as_dict(),
    )
    if not config.keep_legs:
        _remove([inside(config.folder, leg.path) for leg in legs])
    return facts


def _parts(legs: Sequence[LegFile], starts_at: float, folder: Path) -> list[Part]:
    """The legs that hold sound. One that cannot be read costs only its own part of the conversation."""
    parts = []
    for leg in legs:
        path = inside(folder, leg.path)
        try:
            if read_layout(path).data_bytes:
                start = max(leg.milliseconds / 1000 - starts_at, 0.0)
                parts.append(Part(path=path, start=start, is_agent=leg.is_agent))
        except (RecordingMissing, RecordingBroken) as error:
            log.warning("a leg of a recording is not usable: %s", error)
    return parts


async def _wait_until_closed(name: RecordingName, config: FinishConfig) -> None:
    loop = asyncio.get_running_loop()
    unchanged_since = loop.time()
    before: tuple[int, ...] | None = None
    while True:
        sizes, are_closed = await asyncio.to_thread(_look, name, config.folder)
        if sizes != before:
            before, unchanged_since = sizes, loop.time()
        else:
            patience = config.quiet_seconds if any(sizes) else config.missing_seconds
            if are_closed or loop.time() - unchanged_since >= patience:
                return
        await asyncio.sleep(config.poll_seconds)


def _look(name: RecordingName, folder: Path) -> tuple[tuple[int, ...], bool]:
    """The sizes of the legs' files, and whether there are any and all have their final header."""
    paths = [inside(folder, leg.path) for leg in name.legs(files_of_day(folder, name))]
    sizes = tuple(path.stat().st_size for path in paths if path.is_file())
    return sizes, bool(paths) and all(_is_closed(path) for path in paths)


def _is_closed(path: Path) -> bool:
    try:
        return read_layout(path).is_complete
    except (RecordingMissing, RecordingBroken):
        return False


def _remove(paths: Sequence[Path]) -> None:
    for path in paths:
        try:
            path.unlink(missing_ok=True)
        except OSError as error:
            # Its owner is the PBX, and the folder may not let us: it only costs space.
            log.info("%s stays: %s", path.name, error.strerror)
