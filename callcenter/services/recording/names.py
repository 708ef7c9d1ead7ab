"""Names of recordings. They are ours: nothing a caller or a telephone says gets into a path. Pure."""

import hashlib
import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path, PurePosixPath

from callcenter.core.errors import BadInput

_SAFE = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.\-]{0,59}")
_UNSAFE_LETTER = re.compile(r"[^A-Za-z0-9_.\-]")
_NAME = re.compile(r"(?P<day>\d{4}-\d{2}-\d{2})/(?P<stem>[A-Za-z0-9_.\-]+)\.wav")


class UnsafeRecordingName(BadInput):
    """A name that is none of ours, or would leave the recordings folder."""


@dataclass(frozen=True, slots=True)
class RecordingName:
    """`2026-11-22/1763795192.4.wav`, relative to the recordings folder, with slashes."""

    path: str

    def __post_init__(self) -> None:
        if not _NAME.fullmatch(self.path) or ".." in self.path:
            raise UnsafeRecordingName(f"{self.path!r} is no name of a recording of ours")

    @property
    def stem(self) -> str:
        """The call's part of the name: `safe_stem` of its id."""
        return PurePosixPath(self.path).name.removesuffix(".wav")

    @property
    def day(self) -> str:
        """The folder."""
        return PurePosixPath(self.path).parts[0]

    def leg(self, leg_id: str, *, is_agent: bool, at: float) -> "LegFile":
        """The file of one leg that is recorded from `at` call seconds on."""
        side = "agent" if is_agent else "customer"
        milliseconds = max(round(at * 1000), 0)
        return LegFile(f"{self.day}/{self.stem}-{safe_stem(leg_id)}-{side}-{milliseconds}.wav", is_agent, milliseconds)

    def legs(self, files: Iterable[str]) -> list["LegFile"]:
        """The files of this call's legs among the file names of its day. The names say when each began, so nothing
        but the folder need survive a crash."""
        wanted = re.compile(rf"{re.escape(self.stem)}-[A-Za-z0-9_.\-]+-(agent|customer)-(\d{{1,9}})\.wav")
        found = [(name, wanted.fullmatch(name)) for name in sorted(files)]
        return [LegFile(f"{self.day}/{name}", m[1] == "agent", int(m[2])) for name, m in found if m]

    def has_leg(self, leg_id: str, files: Iterable[str]) -> bool:
        """Whether one of the files is this leg's."""
        begins = (f"{self.stem}-{safe_stem(leg_id)}-agent-", f"{self.stem}-{safe_stem(leg_id)}-customer-")
        return any(name.startswith(begins) for name in files)


@dataclass(frozen=True, slots=True)
class LegFile:
    """What one leg says: `2026-11-22/1763795192.4-1763795193.7-agent-12340.wav`."""

    path: str
    """Relative to the recordings folder."""
    is_agent: bool
    milliseconds: int
    """Call time of its first sample."""

    def on_pbx(self, folder: str) -> str:
        """The absolute path as the PBX sees it."""
        return str(PurePosixPath(folder) / self.path)


def recording_name(call_id: str, started_at: float) -> RecordingName:
    """The name of a call's recording; the folder is the UTC day of the call's start (Unix seconds)."""
    day = datetime.fromtimestamp(started_at, UTC).strftime("%Y-%m-%d")
    return RecordingName(f"{day}/{safe_stem(call_id)}.wav")


def safe_stem(call_id: str) -> str:
    """A call's id as part of a file name. An id with other letters than Asterisk's own is marked with its
    checksum, so that two never share a file."""
    if _SAFE.fullmatch(call_id) and ".." not in call_id:
        return call_id
    mark = hashlib.sha256(call_id.encode("utf-8", "surrogatepass")).hexdigest()[:12]
    plain = _UNSAFE_LETTER.sub("_", call_id).replace("..", "_").lstrip(".-")[:40]
    return f"{plain or 'call'}_{mark}"


def inside(folder: Path, relative: str) -> Path:
    """The file under `folder`. Raises UnsafeRecordingName where the name, or a link in it, leads out of
    it."""
    path = (folder / relative).resolve()
    if not path.is_relative_to(folder.resolve()) or path == folder.resolve():
        raise UnsafeRecordingName(f"{relative!r} is not in the recordings folder")
    return path
