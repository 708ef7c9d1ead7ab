"""The journal on disk: one folder per PBX, rotated by size and age, compressed, bounded.

Files are `ami-<number>-<UTC time>.journal`, and `.journal.gz` once closed; the number keeps them in order even
when the clock is set back. A new process never appends to an old file, so a torn tail stays where it is. Every
batch is handed to the system at once (a killed process loses nothing) and forced to disk every `sync_seconds` by
`Journal.sync` (a power cut loses at most that). A full disk does not stop the feed: what could not be written is
counted."""

import contextlib
import logging
import os
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from io import BufferedWriter
from pathlib import Path

from callcenter.ami.journal_format import (
    MAGIC,
    Record,
    encode_record,
    is_journal,
    read_journal,
    write_compressed,
)
from callcenter.ami.parser import TERMINATOR
from callcenter.core.errors import BadInput

__all__ = ["Journal", "JournalConfig", "is_journal", "journal_files", "read_journal", "read_journals"]

logger = logging.getLogger(__name__)

RETRY_SECONDS = 10.0
"""How long a disk that refused is left alone."""


@dataclass(frozen=True, slots=True, kw_only=True)
class JournalConfig:
    """Where to, and how much of it."""

    folder: Path
    rotate_bytes: int = 16 << 20
    rotate_seconds: float = 3600.0
    sync_seconds: float = 5.0
    keep_days: float = 30.0
    keep_bytes: int = 2 << 30
    """For the whole folder; the oldest files go first."""


class Journal:
    """Appends blocks; one writer per folder. `append` and `flush` belong to one thread, `tend` may run in another."""

    def __init__(self, config: JournalConfig) -> None:
        self.lost = 0
        """Blocks that could not be written."""
        self.last_error = ""
        self._config = config
        self._file: BufferedWriter | None = None
        self._path: Path | None = None
        self._size = 0
        self._opened_at = 0.0
        self._last_at = 0.0
        self._unflushed = 0
        self._retry_at = 0.0
        self._tending = threading.Lock()
        config.folder.mkdir(parents=True, exist_ok=True)
        self._number = max((_number(path) for path in journal_files(config.folder)), default=0)

    def last_connection(self) -> int:
        """The highest connection number in the newest file that has records, 0 for an empty folder."""
        for path in reversed(journal_files(self._config.folder)):
            if highest := max((record[1] for record in _readable(path)), default=0):
                return highest
        return 0

    def append(self, at: float, connection: int, blocks: bytes) -> bool:
        """Write one or more whole blocks, each with its blank line, that arrived together; True when this closed a full
        file, so that `tend` has work. Never raises."""
        full = self._file is not None and self._is_full(at)
        self._last_at = at
        if full:
            self.close()
        self._unflushed += blocks.count(TERMINATOR)
        try:
            file = self._file or self._open(at)
            self._size += file.write(encode_record(at, connection, blocks))
        except OSError as error:
            self._failed(error, at)
        return full

    def flush(self) -> None:
        """Hand what was appended to the system. Never raises."""
        try:
            if self._file is not None:
                self._file.flush()
            self._unflushed = 0
        except OSError as error:
            self._failed(error, self._last_at)

    def sync(self) -> None:
        """Force what was flushed to disk. May block; safe in another thread."""
        file = self._file
        if file is None:
            return
        with contextlib.suppress(OSError, ValueError):  # Rotated away meanwhile: closing has synced it.
            os.fsync(file.fileno())

    def tend(self, now: float) -> None:
        """Compress closed files, then delete the oldest beyond the limits. Slow; for another thread. Never raises."""
        try:
            self._tend(now)
        except OSError as error:
            logger.warning("The journal in %s could not be tended: %s", self._config.folder, error)

    def _tend(self, now: float) -> None:
        with self._tending:
            for path in sorted(self._config.folder.glob("ami-*.journal")):
                if path != self._path:
                    _compress(path)
            _delete_beyond(self._config, now, keep=self._path)

    def close(self) -> None:
        """Close the current file. Never raises."""
        try:
            self._close_file()
        except OSError as error:
            self._failed(error, self._last_at)

    def _is_full(self, at: float) -> bool:
        return self._size >= self._config.rotate_bytes or at - self._opened_at >= self._config.rotate_seconds

    def _open(self, at: float) -> BufferedWriter:
        if at < self._retry_at:
            raise OSError(self.last_error)
        stamp = datetime.fromtimestamp(at, UTC).strftime("%Y%m%dT%H%M%S")
        self._number += 1
        path = self._config.folder / f"ami-{self._number:08d}-{stamp}.journal"
        file = path.open("xb")
        self._file, self._path, self._opened_at = file, path, at
        self._size = file.write(MAGIC)
        return file

    def _close_file(self) -> None:
        file, self._file, self._path = self._file, None, None
        if file is None:
            return
        try:
            file.flush()
            os.fsync(file.fileno())
            self._unflushed = 0
        finally:
            with contextlib.suppress(OSError):
                file.close()

    def _failed(self, error: OSError, at: float) -> None:
        """Count what is lost, say it once, and leave the disk alone for a while."""
        if not self.lost:
            logger.error("The journal in %s cannot be written: %s", self._config.folder, error)
        self.lost += self._unflushed
        self._unflushed = 0
        self.last_error = str(error)
        if at >= self._retry_at:
            self._retry_at = at + RETRY_SECONDS
        with contextlib.suppress(OSError):
            self._close_file()


def journal_files(folder: Path) -> list[Path]:
    """The journal files of a folder in order of time; each once, even if a crash left it packed and unpacked."""
    found: dict[str, Path] = {}
    for path in sorted([*folder.glob("ami-*.journal"), *folder.glob("ami-*.journal.gz")]):
        found[path.name.removesuffix(".gz")] = path
    return [found[name] for name in sorted(found)]


def read_journals(folder: Path, since: float = 0.0) -> Iterator[Record]:
    """The records of a folder that arrived at `since` (Unix seconds) or later, in order."""
    for path in _touching(journal_files(folder), since):
        for record in _readable(path):
            if record[0] >= since:
                yield record


def _readable(path: Path) -> Iterator[Record]:
    """The records of one file of a folder; a file that is none (made by a crash, or deleted meanwhile) has none."""
    try:
        return read_journal(path)
    except BadInput as error:
        logger.warning("%s", error)
        return iter(())


def _touching(files: list[Path], since: float) -> list[Path]:
    """Without the files that ended before `since`: those whose successor begins before it."""
    starts = [_started_at(path) for path in files]
    successors = [*starts[1:], float("inf")]
    return [path for path, successor in zip(files, successors, strict=True) if successor + 1 >= since]


def _started_at(path: Path) -> float:
    """The time in a file's name; whole seconds, so up to one second early."""
    try:
        return datetime.strptime(path.name.split("-")[2][:15], "%Y%m%dT%H%M%S").replace(tzinfo=UTC).timestamp()
    except (IndexError, ValueError):
        return 0.0


def _number(path: Path) -> int:
    """The running number in a file's name; 0 for a name not ours."""
    digits = path.name.split("-")[1].partition(".")[0]
    return int(digits) if digits.isdecimal() else 0


def _compress(path: Path) -> None:
    """Pack one file; the original goes only when the archive is whole and on disk. A crash in between leaves both,
    or half an archive: both cases are done over."""
    partial = path.with_suffix(".journal.gz.tmp")
    try:
        times = path.stat()
        write_compressed(path, partial)
        os.utime(partial, (times.st_atime, times.st_mtime))  # The age of what is in it, for the retention.
        with partial.open("rb") as file:
            os.fsync(file.fileno())
        partial.replace(path.with_suffix(".journal.gz"))
        path.unlink()
    except OSError as error:
        logger.warning("The journal file %s was not compressed: %s", path, error)
        partial.unlink(missing_ok=True)


def _delete_beyond(config: JournalConfig, now: float, keep: Path | None) -> None:
    files = [path for path in journal_files(config.folder) if path != keep]
    sizes = {path: path.stat().st_size for path in files}
    total = sum(sizes.values()) + (keep.stat().st_size if keep and keep.exists() else 0)
    for path in files:
        too_old = now - path.stat().st_mtime > config.keep_days * 86400
        if not too_old and total <= config.keep_bytes:
            continue
        path.unlink(missing_ok=True)
        total -= sizes[path]
