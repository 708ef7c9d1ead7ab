"""Take a model out of archives or folders: only the wanted folder, no path that leaves it, parts joined."""

import fnmatch
import re
import shutil
import zipfile
from pathlib import Path, PurePosixPath

from callcenter.stt.download import FetchFailed

PART = re.compile(r"^(?P<name>.+)\.part(?P<number>\d+)$")


def unzip(archive: Path, inside: str, target: Path) -> None:
    """Unpack the files below `inside` of a zip (also .whl, .aar, .jar) into `target`. Raises FetchFailed."""
    try:
        with zipfile.ZipFile(archive) as packed:
            for member in packed.infolist():
                relative = _below(member.filename, inside)
                if relative is not None and not member.is_dir():
                    path = target / relative
                    path.parent.mkdir(parents=True, exist_ok=True)
                    with packed.open(member) as source, path.open("wb") as out:
                        shutil.copyfileobj(source, out, 1 << 20)
    except (zipfile.BadZipFile, OSError, RuntimeError) as error:
        raise FetchFailed(f"{archive.name} is not a usable archive: {error}") from error


def _below(name: str, inside: str) -> PurePosixPath | None:
    """The path of a member relative to `inside` (whose parts may be `*`), None when it is elsewhere."""
    path = PurePosixPath(name)
    if path.is_absolute() or ".." in path.parts or "\\" in name:
        raise FetchFailed(f"the archive holds the unsafe path {name!r}")
    head = PurePosixPath(inside).parts if inside else ()
    matches = len(path.parts) > len(head) and all(
        fnmatch.fnmatchcase(part, pattern) for part, pattern in zip(path.parts, head, strict=False)
    )
    return PurePosixPath(*path.parts[len(head) :]) if matches else None


def join_parts(folder: Path) -> None:
    """Join `name.part1`, `name.part2`, … into `name`, in the order of their numbers, and remove the parts."""
    parts: dict[Path, list[tuple[int, Path]]] = {}
    for path in folder.rglob("*.part*"):
        if found := PART.match(path.name):
            parts.setdefault(path.with_name(found["name"]), []).append((int(found["number"]), path))
    for whole, pieces in parts.items():
        with whole.open("wb") as out:
            for _, piece in sorted(pieces):
                with piece.open("rb") as source:
                    shutil.copyfileobj(source, out, 1 << 20)
                piece.unlink()
