"""The list of sample clips: which turn of which dialogue is in which file, and what is said in it."""

import json
import os
from dataclasses import asdict, dataclass
from pathlib import Path

from callcenter.core.errors import ConfigError
from callcenter.core.transcript import Speaker

MANIFEST = "manifest.json"
SCHEMA = 1


class ManifestError(ConfigError):
    """The manifest cannot be read; the text says how to make it anew."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Clip:
    """One spoken turn: an 8 kHz 16-bit mono WAV file."""

    dialogue: str
    turn: int
    """Counts from 1."""
    speaker: Speaker
    language: str
    """`zh` or `en`."""
    text: str
    voice: str
    seconds: float
    file: str
    """Relative to the samples folder."""
    key: str
    """Checksum of text, voice and line; another key means that the clip must be spoken anew."""


def samples_dir() -> Path:
    """`samples` in the folder that CALLCENTER_CACHE names, else in `.cache` at the repository's root, else
    (an installed package) in the user's cache folder."""
    if named := os.environ.get("CALLCENTER_CACHE"):
        return Path(named) / "samples"
    root = Path(__file__).resolve().parents[3]
    if (root / "pyproject.toml").exists():
        return root / ".cache" / "samples"
    from platformdirs import user_cache_path

    return user_cache_path("callcenter") / "samples"


def read_manifest(folder: Path) -> list[Clip]:
    """The clips made so far; none where the set-up has not run. Raises ManifestError."""
    path = folder / MANIFEST
    if not path.exists():
        return []
    try:
        raw = json.loads(path.read_text(encoding="utf-8"))
        if raw["schema"] != SCHEMA:
            return []
        return [Clip(**{**clip, "speaker": Speaker(clip["speaker"])}) for clip in raw["clips"]]
    except (ValueError, KeyError, TypeError) as error:
        raise ManifestError(f"{path} is damaged; delete it and run: python -m callcenter.sim.samples") from error


def write_manifest(folder: Path, clips: list[Clip]) -> None:
    """Replaces the manifest in one step."""
    content = {"schema": SCHEMA, "clips": [asdict(clip) for clip in clips]}
    new = folder / f"{MANIFEST}.new"
    new.write_text(json.dumps(content, ensure_ascii=False, indent=1), encoding="utf-8")
    new.replace(folder / MANIFEST)
