"""Speaks every turn of every dialogue that is not in the cache yet."""

import hashlib
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

from callcenter.core.transcript import Speaker
from callcenter.sim.dialogues import LANGUAGES, Dialogue
from callcenter.sim.speech.manifest import Clip, read_manifest, write_manifest
from callcenter.sim.speech.telephone import RATE, through_telephone
from callcenter.sim.speech.voices import Engine, Voice, VoiceMissing, voice_for

LINE_VERSION = 1
"""Raise when the telephone line (telephone.py) changes, so that clips are made anew."""
Progress = Callable[[int, int, str], None]
"""Called with clips done, clips in all and what is being spoken."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """One turn to speak."""

    dialogue: str
    turn: int
    speaker: Speaker
    language: str
    text: str
    voice: Voice

    @property
    def key(self) -> str:
        """What decides the sound."""
        return hashlib.sha256(f"{LINE_VERSION}|{self.voice.key}|{self.text}".encode()).hexdigest()[:16]

    @property
    def file(self) -> str:
        """Where the clip lies in the samples folder."""
        return f"{self.language}/{self.dialogue}/{self.turn:02d}-{self.speaker}.wav"


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What a run did. `missing` is language to reason, for languages that could not be spoken."""

    made: int
    kept: int
    missing: dict[str, str]


def jobs(dialogues: Iterable[Dialogue], languages: Iterable[str] = tuple(LANGUAGES)) -> list[Job]:
    """Every turn in every language asked for."""
    return [
        Job(
            dialogue=dialogue.id,
            turn=turn.number,
            speaker=turn.speaker,
            language=language,
            text=turn.texts[language],
            voice=voice_for(language, turn.speaker, dialogue.customer),
        )
        for language in languages
        for dialogue in dialogues
        for turn in dialogue.turns
        if language in turn.texts
    ]


def make_samples(
    folder: Path, wanted: list[Job], engines: dict[str, Callable[[], Engine]], progress: Progress
) -> Outcome:
    """Speaks what is not there yet; a language whose engine is missing is left out and told. `engines` is
    language to a maker of its engine."""
    folder.mkdir(parents=True, exist_ok=True)
    known = {clip.file: clip for clip in read_manifest(folder)}
    keep = {job.file for job in wanted if _is_made(folder, known, job)}
    missing: dict[str, str] = {}
    ready: dict[str, Engine] = {}
    made = 0
    for number, job in enumerate(wanted, 1):
        if job.file in keep or job.language in missing:
            continue
        try:
            engine = ready.setdefault(job.language, ready.get(job.language) or engines[job.language]())
            progress(number, len(wanted), job.text)
            known[job.file] = _speak(folder, job, engine)
            made += 1
        except VoiceMissing as error:
            missing[job.language] = str(error)
        if made % 20 == 19:
            write_manifest(folder, sorted_clips(known))
    write_manifest(folder, sorted_clips(known))
    return Outcome(made=made, kept=len(keep), missing=missing)


def sorted_clips(clips: dict[str, Clip]) -> list[Clip]:
    """By language, dialogue and turn."""
    return sorted(clips.values(), key=lambda clip: (clip.language, clip.dialogue, clip.turn))


def _is_made(folder: Path, known: dict[str, Clip], job: Job) -> bool:
    clip = known.get(job.file)
    return clip is not None and clip.key == job.key and (folder / job.file).exists()


def _speak(folder: Path, job: Job, engine: Engine) -> Clip:
    import soundfile

    voice, rate = engine.say(job.text, job.voice)
    pcm = through_telephone(voice, rate)
    path = folder / job.file
    path.parent.mkdir(parents=True, exist_ok=True)
    soundfile.write(path, pcm, RATE, subtype="PCM_16")
    return Clip(
        dialogue=job.dialogue,
        turn=job.turn,
        speaker=job.speaker,
        language=job.language,
        text=job.text,
        voice=job.voice.key,
        seconds=round(len(pcm) / RATE, 3),
        file=job.file,
        key=job.key,
    )
