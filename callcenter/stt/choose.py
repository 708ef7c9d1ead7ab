"""Which installed model serves which language in which mode."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from callcenter.core.errors import Unavailable
from callcenter.stt.catalog import Catalog, Engine, Model, ModelMissing


class Mode(StrEnum):
    """`stt.live` and `--engine`."""

    AUTO = "auto"
    """The best the installed models allow."""
    VOSK = "vosk"
    WHISPER = "whisper"
    TWO_PASS = "two-pass"  # noqa: S105
    """Vosk streams, Whisper corrects; Whisper alone where the language has no Vosk model."""
    OFF = "off"


USES: dict[Mode, tuple[Engine, ...]] = {
    Mode.AUTO: (Engine.VOSK, Engine.WHISPER),
    Mode.VOSK: (Engine.VOSK,),
    Mode.WHISPER: (Engine.WHISPER,),
    Mode.TWO_PASS: (Engine.VOSK, Engine.WHISPER),
    Mode.OFF: (),
}
SUGGESTED: dict[tuple[Engine, str], str] = {
    (Engine.VOSK, "en"): "en-vosk",
    (Engine.VOSK, "zh"): "zh-vosk",
    (Engine.WHISPER, "en"): "tiny.en",
    (Engine.WHISPER, "zh"): "base",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelRef:
    """An installed model."""

    id: str
    path: Path


@dataclass(frozen=True, slots=True, kw_only=True)
class LanguageModels:
    """The models of one language; at least one of the two is there."""

    language: str
    vosk: ModelRef | None
    whisper: ModelRef | None

    @property
    def engine(self) -> str:
        """`vosk`, `whisper` or `two-pass`."""
        if self.vosk and self.whisper:
            return "two-pass"
        return "vosk" if self.vosk else "whisper"


class NoModel(Unavailable):
    """No model can serve the language in this mode; the text says which to pull."""


def models_for(catalog: Catalog, models_dir: Path, mode: Mode, language: str) -> LanguageModels:
    """The models of one language. Raises NoModel, naming what to pull."""
    found = {engine: _ref(catalog.installed(engine, language, models_dir), models_dir) for engine in USES[mode]}
    vosk, whisper = found.get(Engine.VOSK), found.get(Engine.WHISPER)
    if (mode is Mode.TWO_PASS and whisper is None) or (vosk is None and whisper is None):
        raise NoModel(_advice(mode, language))
    return LanguageModels(language=language, vosk=vosk, whisper=whisper)


def models_for_all(
    catalog: Catalog, models_dir: Path, mode: Mode, languages: Sequence[str]
) -> tuple[tuple[LanguageModels, ...], tuple[str, ...]]:
    """What there is, and one sentence for each language that cannot be served."""
    served: list[LanguageModels] = []
    missing: list[str] = []
    for language in languages:
        try:
            served.append(models_for(catalog, models_dir, mode, language))
        except NoModel as error:
            missing.append(str(error))
    return tuple(served), tuple(missing)


def explicit(catalog: Catalog, models_dir: Path, model_id: str) -> ModelRef:
    """A model named by the person. Raises UnknownModel, ModelMissing."""
    ref = _ref(catalog.get(model_id), models_dir)
    if ref is None or not catalog.get(model_id).is_installed(models_dir):
        raise ModelMissing(model_id)
    return ref


def _ref(model: Model | None, models_dir: Path) -> ModelRef | None:
    return ModelRef(id=model.id, path=model.folder(models_dir)) if model else None


def _advice(mode: Mode, language: str) -> str:
    if mode is Mode.OFF:
        return "recognition is off"
    engine = Engine.WHISPER if mode is not Mode.VOSK else Engine.VOSK
    model = SUGGESTED.get((engine, language))
    pull = f"run `callcenter models pull {model}`" if model else "`callcenter models list` shows what is known"
    return f"no speech model for {language!r} is installed that {mode} can use: {pull}"
