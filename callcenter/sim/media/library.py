"""The sample speech of the dialogues, read from the cache when it is first wanted. Where there is none, the turns
keep their length and are silent."""

from functools import lru_cache
from pathlib import Path

import numpy as np

from callcenter.sim.calls.line import SpokenTurn
from callcenter.sim.dialogues import Dialogue, Turn, load_dialogues
from callcenter.sim.speech.manifest import Clip, read_manifest

SECONDS_PER_CHARACTER = {"zh": 0.23, "en": 0.07}
"""Of the sample voices, measured over the dialogues (544 s)."""


class SampleLibrary:
    """Dialogues with their sound. A damaged manifest raises ManifestError."""

    def __init__(self, folder: Path, dialogues: dict[str, Dialogue] | None = None) -> None:
        self._folder = folder
        self._dialogues = load_dialogues() if dialogues is None else dialogues
        self._clips = {(c.dialogue, c.language, c.turn): c for c in read_manifest(folder)}
        self._read = lru_cache(maxsize=256)(self._read_clip)

    def languages(self) -> frozenset[str]:
        """Languages with any sound."""
        return frozenset(language for _, language, _ in self._clips)

    def turns(self, dialogue: str, language: str) -> list[SpokenTurn]:
        """The dialogue's turns; none for an unknown dialogue."""
        found = self._dialogues.get(dialogue)
        return [self._turn(found.id, language, turn) for turn in found.turns] if found else []

    def _turn(self, dialogue: str, language: str, turn: Turn) -> SpokenTurn:
        clip = self._clips.get((dialogue, language, turn.number))
        pcm = self._read(clip) if clip else b""
        text = turn.texts.get(language, "")
        estimate = 0.3 + len(text) * SECONDS_PER_CHARACTER.get(language, 0.1)
        seconds = clip.seconds if clip and pcm else estimate
        return SpokenTurn(number=turn.number, speaker=turn.speaker, seconds=seconds, pcm=pcm)

    def _read_clip(self, clip: Clip) -> bytes:
        import soundfile

        try:
            samples, _ = soundfile.read(self._folder / clip.file, dtype="int16")
        except (OSError, soundfile.LibsndfileError):
            return b""  # the cache was emptied meanwhile: the turn is silent
        return bytes(np.asarray(samples, dtype="<i2").tobytes())
