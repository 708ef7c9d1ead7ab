"""Names of recordings. They are ours: nothing a caller or a telephone says gets into a path. Pure."""

import hashlib
import re
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path, PurePosixPath

from callcenter.core.errors import BadInput

_SAFE = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.\-]{0,59}")
_UNSAFE_LETTER = re.compile(r"[^A-Za-z0-9_.\-]")
_NAME = re.compile(r"\d{4}-\d{2}-\d{2}/(?P<stem>[A-Za-z0-9_.\-]+)-(?P<number>\d{1,4})\.wav")


class UnsafeRecordingName(BadInput):
    """A name that is none of ours, or would leave the recordings folder."""


@dataclass(frozen=True, slots=True)
class RecordingName:
    """`2026-11-22/1763795192.4-1.wav` and its two sides; relative to the recordings folder, with slashes."""

    path: str

    @property
    def customer(self) -> str:
        """The file of what the customer says."""
        return f"{self.path.removesuffix('.wav')}-customer.wav"

    @property
    def agent(self) -> str:
        """The file of what the customer hears."""
        return f"{self.path.removesuffix('.wav')}-agent.wav"

    @property
    def stem(self) -> str:
        """The call's part of the name: `safe_stem` of its id."""
        return self._parts()["stem"]

    @property
    def number(self) -> int:
        """Which recording of the call it is, from 1."""
        return int(self._parts()["number"])

    def on_pbx(self, folder: str, side: str) -> str:
        """The absolute path of one side as the PBX sees it."""
        return str(PurePosixPath(folder) / side)

    def _parts(self) -> dict[str, str]:
        found = _NAME.fullmatch(self.path)
        if found is None or ".." in self.path:
            raise UnsafeRecordingName(f"{self.path!r} is no name of a recording of ours")
        return found.groupdict()


def recording_name(call_id: str, started_at: float, number: int) -> RecordingName:
    """The name of a call's recording; the folder is the UTC day of the call's start (Unix seconds)."""
    day = datetime.fromtimestamp(started_at, UTC).strftime("%Y-%m-%d")
    return RecordingName(f"{day}/{safe_stem(call_id)}-{number}.wav")


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
