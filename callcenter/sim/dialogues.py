"""The written conversations of the demo: who says what, in Chinese and in English. No sound here; `speech/`
speaks them and `legs.py` plays them."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from callcenter.core.errors import ConfigError
from callcenter.core.transcript import Speaker

DIALOGUES_DIR = Path(__file__).parent / "dialogues"
LANGUAGES = {"zh": "zh-CN", "en": "en"}
"""Language code of speech to the key of its text in the files."""


class DialogueError(ConfigError):
    """A dialogue file does not say what a dialogue must; the text names file and key."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Turn:
    """One party's words until the other speaks."""

    number: int
    """Counts from 1."""
    speaker: Speaker
    texts: dict[str, str]
    """Language (`zh`, `en`) to words."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Dialogue:
    """One conversation."""

    id: str
    customer: str
    """Id of the sample customer who speaks (`c01` to `c12`)."""
    kind: str
    """`ordinary` or `complaint`."""
    turns: tuple[Turn, ...]


def load_dialogues(folder: Path = DIALOGUES_DIR) -> dict[str, Dialogue]:
    """Every dialogue of the folder by id. Raises DialogueError."""
    dialogues = [load_dialogue(path) for path in sorted(folder.glob("*.yaml"))]
    return {dialogue.id: dialogue for dialogue in dialogues}


def load_dialogue(path: Path) -> Dialogue:
    """One file. Raises DialogueError."""
    try:
        raw = yaml.safe_load(path.read_text(encoding="utf-8"))
    except yaml.YAMLError as error:
        raise DialogueError(f"{path.name} is not YAML: {error}") from error
    if not isinstance(raw, dict) or raw.get("schema") != 1:
        raise DialogueError(f"{path.name}: expected a mapping with `schema: 1`")
    if raw.get("id") != path.stem:
        raise DialogueError(f"{path.name}: `id` must be the file's name, {path.stem}")
    turns = raw.get("turns")
    if not isinstance(turns, list) or not turns:
        raise DialogueError(f"{path.name}: `turns` must be a list of what is said")
    return Dialogue(
        id=raw["id"],
        customer=str(raw.get("customer", "")),
        kind=str(raw.get("kind", "ordinary")),
        turns=tuple(_turn(path.name, number, turn) for number, turn in enumerate(turns, 1)),
    )


def _turn(file: str, number: int, raw: Any) -> Turn:
    if not isinstance(raw, dict) or raw.get("s") not in (Speaker.AGENT, Speaker.CUSTOMER):
        raise DialogueError(f"{file}: turn {number}: `s` must be agent or customer")
    texts = {code: str(raw[key]) for code, key in LANGUAGES.items() if raw.get(key)}
    if not texts:
        raise DialogueError(f"{file}: turn {number}: give the words under `zh-CN` or `en`")
    return Turn(number=number, speaker=Speaker(raw["s"]), texts=texts)
