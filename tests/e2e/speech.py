"""Sample speech for the telephones of the rig, and a fair comparison of what was heard with what was said."""

import re
from dataclasses import dataclass
from pathlib import Path

import jiwer

from callcenter.core.transcript import Speaker
from callcenter.sim.speech.manifest import read_manifest, samples_dir


@dataclass(frozen=True, slots=True, kw_only=True)
class Turn:
    """Somebody says something."""

    speaker: Speaker
    text: str
    wav: Path
    seconds: float


def dialogue(name: str, language: str) -> list[Turn]:
    """A sample dialogue in order. Fails where the set-up has not made it."""
    folder = samples_dir()
    clips = [c for c in read_manifest(folder) if c.dialogue == name and c.language == language]
    assert clips, f"no sample speech for {name} in {language}: run `make samples`"
    return [
        Turn(speaker=c.speaker, text=c.text, wav=folder / c.file, seconds=c.seconds)
        for c in sorted(clips, key=lambda c: c.turn)
    ]


def error_rate(said: str, heard: str, language: str) -> float:
    """Character errors for Chinese, word errors for English, after removing what is not speech."""
    if language == "zh":
        return float(jiwer.cer(re.sub(r"\W", "", said), re.sub(r"\W", "", heard) or " "))
    plain = [re.sub(r"[^a-z0-9' ]", " ", text.lower()) for text in (said, heard)]
    return float(jiwer.wer(" ".join(plain[0].split()), " ".join(plain[1].split()) or " "))
