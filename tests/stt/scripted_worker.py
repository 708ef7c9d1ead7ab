"""A worker whose engines do as they are told by the sound itself, for tests of the pool without models.

The first sample of a piece is a command: 1 hang, 2 die, 3 be slow (0.3 s); else the piece is "heard" as its value."""

import os
import time

import numpy as np

from callcenter.core.errors import Unavailable
from callcenter.core.transcript import Word
from callcenter.stt.recognizer import NOTHING, Heard
from callcenter.stt.wire import Setup
from callcenter.stt.worker import StreamingWorker, UtteranceWorker, main

HANG, DIE, SLOW = 1, 2, 3


def obey(pcm: bytes) -> int:
    value = int(np.frombuffer(pcm, np.int16)[0])
    if value == HANG:
        time.sleep(3600)
    if value == DIE:
        os.abort()
    if value == SLOW:
        time.sleep(0.3)
    return value


class ScriptedStream:
    """Hears the first sample of every piece as a word."""

    def __init__(self) -> None:
        self.words: list[Word] = []

    def feed(self, pcm: bytes, start: float) -> str:
        value = obey(pcm)
        self.words.append(Word(text=f"w{value}", start=start, end=start + len(pcm) / 16000, confidence=0.9))
        return " ".join(word.text for word in self.words)

    def finish(self) -> Heard:
        words, self.words = tuple(self.words), []
        return Heard(text=" ".join(w.text for w in words), words=words, confidence=0.9) if words else NOTHING

    def close(self) -> None:
        self.words = []


class ScriptedStreaming:
    def open(self, rate: int) -> ScriptedStream:
        return ScriptedStream()


class ScriptedWhole:
    """Hears the length of the utterance; an utterance that begins with 9 has no speech in it."""

    def transcribe(self, pcm: bytes, start: float, *, rate: int, language: str, draft: bool = False) -> Heard:
        if obey(pcm[-2:]) == 9:
            return NOTHING
        return Heard(text=f"{language} {len(pcm) // 2}{' …' if draft else ''}", confidence=0.8)


def load(setup: Setup) -> StreamingWorker | UtteranceWorker:
    if ("fail", "yes") in setup.prompts:
        raise Unavailable("the scripted model is broken: run nothing")
    languages = [models.language for models in setup.models]
    if setup.streaming:
        return StreamingWorker({language: ScriptedStreaming() for language in languages})
    return UtteranceWorker({language: ScriptedWhole() for language in languages})


if __name__ == "__main__":
    main(load)
