"""Speech with known words for the benches: Asterisk's English prompts (human, 8 kHz) and our synthetic Mandarin."""

import gzip
import json
import os
import re
import wave
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from callcenter.audio.gate import FRAME_SECONDS, SpeechChunk, SpeechEnd, SpeechGate

CACHE = Path(os.environ.get("CALLCENTER_CACHE", Path(__file__).parents[2] / ".cache"))
PROMPTS = CACHE / "asterisk" / "usr" / "share"
SAMPLES = CACHE / "samples"
RATE = 8000
ONES = (
    *("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve"),
    *("thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen"),
)
TENS = ["-", "-", "twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"]
DIGITS = "零一二三四五六七八九"


@dataclass(frozen=True, slots=True, kw_only=True)
class Clip:
    """One recording and what is said in it, normalised."""

    text: str
    utterances: tuple[tuple[float, float, bytes], ...]
    """(start, end of speech, samples) as the gate cut them."""

    @property
    def seconds(self) -> float:
        return sum(len(pcm) for _, _, pcm in self.utterances) / 2 / RATE


def english(step: int = 1) -> list[Clip]:
    """Prompts of three words and more; every `step`-th."""
    doc = PROMPTS / "doc" / "asterisk-core-sounds-en" / "core-sounds-en.txt.gz"
    sounds = PROMPTS / "asterisk" / "sounds" / "en_US_f_Allison"
    return list(_prompts(doc, sounds))[::step]


def _prompts(doc: Path, sounds: Path) -> Iterator[Clip]:
    with gzip.open(doc, "rt", encoding="utf-8", errors="replace") as lines:
        for line in lines:
            name, _, text = line.partition(":")
            path = sounds / f"{name.strip()}.wav"
            if line.startswith(";") or "[" in text or "(" in text or len(text.split()) < 3 or not path.is_file():
                continue
            pcm = samples(path)
            if len(pcm) < 16 * RATE * 2:  # longer ones are music and demonstrations
                yield Clip(text=words_of(text), utterances=tuple(gated(pcm)))


def synthetic(language: str) -> list[Clip]:
    """The sample calls' turns, made by `make samples`."""
    listed = json.loads((SAMPLES / "manifest.json").read_text())["clips"]
    normal = words_of if language == "en" else characters_of
    return [
        Clip(text=normal(clip["text"]), utterances=tuple(gated(samples(SAMPLES / clip["file"]))))
        for clip in listed
        if clip["language"] == language
    ]


def samples(path: Path) -> bytes:
    """The samples of an 8 kHz mono WAV."""
    with wave.open(str(path)) as file:
        if (file.getframerate(), file.getnchannels(), file.getsampwidth()) != (RATE, 1, 2):
            raise ValueError(f"{path} is not 8 kHz mono 16-bit")
        return bytes(file.readframes(file.getnframes()))


def gated(pcm: bytes) -> Iterator[tuple[float, float, bytes]]:
    """The utterances of a recording, cut as live."""
    gate, audio, start = SpeechGate(), bytearray(), 0.0
    pcm += bytes(RATE * 2)
    frames = range(0, len(pcm) - gate.frame_bytes + 1, gate.frame_bytes)
    events = [e for n, at in enumerate(frames) for e in gate.feed(pcm[at : at + gate.frame_bytes], n * FRAME_SECONDS)]
    for event in [*events, *gate.flush()]:
        if isinstance(event, SpeechChunk):
            start = start if audio else event.start
            audio += event.pcm
        elif isinstance(event, SpeechEnd):
            yield start, event.end, bytes(audio)
            audio.clear()


def words_of(text: str) -> str:
    """English, lower case, numbers as words, no punctuation."""
    text = re.sub(r"\d+", lambda found: f" {_number(int(found[0]))} ", text.lower().replace("’", "'"))
    text = text.replace("*", " star ").replace("#", " pound ").replace("'", "")
    return " ".join(re.sub(r"[^a-z ]", " ", text).split())


def _number(value: int) -> str:
    if value < 20:
        return ONES[value]
    if value < 100:
        return TENS[value // 10] + (f" {ONES[value % 10]}" if value % 10 else "")
    return " ".join(ONES[int(digit)] for digit in str(value))


def characters_of(text: str) -> str:
    """Mandarin: simplified characters only, digits as characters."""
    text = re.sub(r"\d", lambda found: DIGITS[int(found[0])], _converter().convert(text))
    return re.sub(r"[^\u4e00-\u9fff]", "", text)


@lru_cache(maxsize=1)
def _converter() -> Any:
    import opencc

    return opencc.OpenCC("t2s")
