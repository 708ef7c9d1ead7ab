"""How the system is, as `/admin/system`, `/healthz` and `callcenter doctor` show it. Values only; who fills them in
asks the parts."""

from dataclasses import dataclass, field
from enum import StrEnum


class Level(StrEnum):
    """How bad it is."""

    OK = "ok"
    WARN = "warn"
    BAD = "bad"
    OFF = "off"
    """Switched off on purpose."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkHealth:
    """One manager link."""

    pbx: str
    up: bool
    since: float | None = None
    """Unix seconds of the last change."""
    version: str = ""
    """What the PBX says it is."""
    events: int = 0
    """Messages received since start."""
    error: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class JournalHealth:
    """The raw record of everything the PBX said."""

    level: Level
    files: int = 0
    bytes: int = 0
    newest_at: float | None = None
    detail: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkerHealth:
    """One process that decodes speech."""

    name: str
    """`pass one` or `pass two`."""
    number: int
    """Counts from 1 within its pass."""
    level: Level
    legs: int = 0
    capacity: int = 0
    models: tuple[str, ...] = ()
    bytes: int = 0
    """Memory."""
    restarts: int = 0
    behind_seconds: float = 0.0
    """Age of the oldest thing it was asked and has not answered."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelHealth:
    """One speech model."""

    name: str
    language: str
    engine: str
    level: Level
    bytes: int = 0
    detail: str = ""
    """How to add it when it is missing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DiskHealth:
    """One folder's file system."""

    name: str
    level: Level
    free_bytes: int
    total_bytes: int


@dataclass(frozen=True, slots=True, kw_only=True)
class JobsHealth:
    """The background queue."""

    level: Level
    waiting: int = 0
    running: int = 0
    failed: int = 0
    detail: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class SystemHealth:
    """Everything at one moment."""

    at: float
    """Unix seconds."""
    links: tuple[LinkHealth, ...] = ()
    journal: JournalHealth | None = None
    workers: tuple[WorkerHealth, ...] = ()
    models: tuple[ModelHealth, ...] = ()
    disks: tuple[DiskHealth, ...] = ()
    jobs: JobsHealth | None = None
    listening: str = ""
    """What live listening does under the present load: `full`, `no_second_pass`, `customer_only`, `after_call`,
    `off`; empty when not known."""
    notes: tuple[str, ...] = field(default=())
    """Plain sentences about anything else."""

    @property
    def is_up(self) -> bool:
        """Whether every manager link is up."""
        return all(link.up for link in self.links)
