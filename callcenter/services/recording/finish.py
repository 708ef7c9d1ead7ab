"""After hang-up: wait until the PBX has closed the two sides, make the stereo file, check it."""

import asyncio
import logging
from dataclasses import dataclass
from pathlib import Path

from callcenter.audio.checks import RecordingBroken, RecordingMissing, check_recording, read_layout
from callcenter.audio.peaks import peaks_of
from callcenter.audio.stereo import merge_stereo
from callcenter.services.recording.names import RecordingName, inside
from callcenter.services.recordings import RecordingFacts

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class FinishConfig:
    """Where the files are and how long to wait for them."""

    folder: Path
    """The PBX's recordings folder as mounted here; the stereo files lie in it too."""
    keep_sides: bool = False
    """Keep the one-sided files beside the stereo file."""
    poll_seconds: float = 0.25
    quiet_seconds: float = 3.0
    """A file whose header is unfinished and that does not grow for so long was cut off by a crash."""
    missing_seconds: float = 15.0
    """A file that does not appear within that time will not (a network folder may lag)."""


async def finish_recording(name: RecordingName, config: FinishConfig) -> RecordingFacts:
    """Make and check the stereo file. Raises RecordingMissing, RecordingBroken, UnsafeRecordingName; OSError
    where the disk refuses, and then nothing is lost: it may be tried again."""
    customer, agent = inside(config.folder, name.customer), inside(config.folder, name.agent)
    await _wait_until_closed((customer, agent), config)
    return await asyncio.to_thread(_finish, name, customer, agent, config)


def _finish(name: RecordingName, customer: Path, agent: Path, config: FinishConfig) -> RecordingFacts:
    target = inside(config.folder, name.path)
    right, left = _usable(customer), _usable(agent)
    if right or left:
        merge_stereo(left=left, right=right, target=target)
    elif not target.exists():
        if customer.exists() or agent.exists():
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
    if not config.keep_sides:
        _remove(customer, agent)
    return facts


async def _wait_until_closed(sides: tuple[Path, Path], config: FinishConfig) -> None:
    loop = asyncio.get_running_loop()
    unchanged_since = loop.time()
    before: tuple[int, ...] = ()
    while True:
        sizes, are_closed = await asyncio.to_thread(_look, sides)
        if sizes != before:
            before, unchanged_since = sizes, loop.time()
        else:
            patience = config.quiet_seconds if any(sizes) else config.missing_seconds
            if are_closed or loop.time() - unchanged_since >= patience:
                return
        await asyncio.sleep(config.poll_seconds)


def _look(sides: tuple[Path, Path]) -> tuple[tuple[int, ...], bool]:
    """The sizes, 0 for a file that is not there, and whether both have their final header."""
    sizes = tuple(path.stat().st_size if path.is_file() else 0 for path in sides)
    return sizes, all(_is_closed(path) for path in sides)


def _is_closed(path: Path) -> bool:
    try:
        return read_layout(path).is_complete
    except (RecordingMissing, RecordingBroken):
        return False


def _usable(path: Path) -> Path | None:
    try:
        return path if read_layout(path).data_bytes else None
    except (RecordingMissing, RecordingBroken) as error:
        log.info("one side of a recording is not usable: %s", error)
        return None


def _remove(*paths: Path) -> None:
    for path in paths:
        try:
            path.unlink(missing_ok=True)
        except OSError as error:
            # Its owner is the PBX, and the folder may not let us: it only costs space.
            log.info("%s stays: %s", path.name, error.strerror)
