"""What goes into the pool and what comes out of it."""

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Literal

from callcenter.core.transcript import Partial, Utterance
from callcenter.stt.catalog import default_models_dir, load_catalog
from callcenter.stt.choose import LanguageModels, Mode, models_for_all
from callcenter.stt.ladder import Load


class Note(StrEnum):
    """Why an output is as it is; pages translate these."""

    NONE = ""
    SECOND_PASS_SKIPPED = "second_pass_skipped"  # noqa: S105
    """Pass one's text stands: there was no time for pass two."""
    OVERLOADED = "overloaded"
    """This utterance was not recognised live."""
    RECOGNISER_RESTARTED = "recogniser_restarted"
    """Words may be missing here."""
    RECOGNISER_DOWN = "recogniser_down"
    """The worker cannot be started any more."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PoolConfig:
    """What the pool is to run. `pool_config` makes one from what is installed."""

    models: tuple[LanguageModels, ...]
    mode: str = Mode.AUTO
    workers: int = 1
    """Processes of pass one, one core each."""
    second_workers: int = 1
    """Processes of pass two."""
    second_threads: int = field(default_factory=lambda: min(2, os.cpu_count() or 1))
    """Threads of each process of pass two: the delay of its text falls with them, its CPU time does not."""
    legs_per_worker: int = 12
    jemalloc: bool = True
    prompt: Mapping[str, str] = field(default_factory=dict)
    """Words of the trade by language, for Whisper."""
    missing: tuple[str, ...] = ()
    """One sentence for each language that cannot be served."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LegOutput:
    """Something about one leg."""

    leg: str
    kind: Literal["partial", "utterance", "marked", "closed", "failed"]
    """`marked` = a stretch is missing here, `note` says why; `failed` = this leg gets no text any more."""
    partial: Partial | None = None
    utterance: Utterance | None = None
    """An empty text takes back what was shown of this `seq`."""
    lag_seconds: float = 0.0
    """From the arrival of the sound to now."""
    note: str = Note.NONE
    at: float = 0.0
    """Call seconds this is about."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkerStatus:
    """One process."""

    name: str
    pid: int
    alive: bool
    """Loaded and answering."""
    restarts: int
    legs: int
    behind_seconds: float
    """Age of the oldest unanswered request."""
    rss_bytes: int
    models: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class PoolStatus:
    """The pool now."""

    workers: tuple[WorkerStatus, ...]
    load: Load
    legs: int
    capacity: int
    """Legs that can be open at once."""
    second_waiting: int
    """Utterances waiting for pass two."""
    second_skipped: int
    """Corrections given up so far."""
    overloaded: int
    """Utterances not recognised live so far."""
    missing: tuple[str, ...]


def pool_config(
    mode: str = Mode.AUTO,
    *,
    languages: tuple[str, ...] = ("en", "zh"),
    models_dir: Path | None = None,
    workers: int = 1,
    second_workers: int = 1,
    second_threads: int | None = None,
    legs_per_worker: int = 12,
    jemalloc: bool = True,
    prompt: Mapping[str, str] | None = None,
) -> PoolConfig:
    """The configuration for what is installed. Raises CatalogError only; what is missing is said by `start`."""
    models, missing = models_for_all(load_catalog(), models_dir or default_models_dir(), Mode(mode), languages)
    return PoolConfig(
        models=models,
        mode=mode,
        workers=workers,
        second_workers=second_workers,
        **({} if second_threads is None else {"second_threads": second_threads}),
        legs_per_worker=legs_per_worker,
        jemalloc=jemalloc,
        prompt=dict(prompt or {}),
        missing=missing,
    )
