"""Pass one: Vosk, streaming. Recognisers are pooled and reused, never built per utterance.

A new recogniser costs five times the CPU of a used one for its first utterances, and stalls up to half a second: its
search graph is composed as it is used (speech.md §A2). `Reset` keeps what was composed."""

import json
from pathlib import Path
from typing import Any

from callcenter.core.errors import Unavailable
from callcenter.core.transcript import Word
from callcenter.stt.overlay import FAST_SEARCH, overlaid
from callcenter.stt.recognizer import NOTHING, Heard, check_audio, check_rate

RETIRE_SECONDS = 6 * 3600.0
"""Audio after which a recogniser is dropped rather than pooled again (speech.md §F2)."""
STEP_SECONDS = 0.2
"""The library works in steps of this size; smaller pieces bring nothing (speech.md §A5)."""


class VoskFailed(Unavailable):
    """The model could not be loaded or refused the audio."""


class VoskStream:
    """One leg's recogniser. Use from one thread: a second one aborts the process (speech.md §A4)."""

    def __init__(self, engine: "VoskEngine", recognizer: Any, rate: int) -> None:
        self._engine = engine
        self._recognizer = recognizer
        self._rate = rate
        self._fed_seconds = 0.0
        self._base = self._fed_before = 0.0
        self._in_utterance = False
        self._parts: list[Heard] = []

    @property
    def fed_seconds(self) -> float:
        """Audio this recogniser has had in all."""
        return self._fed_seconds

    def feed(self, pcm: bytes, start: float) -> str:
        """The words so far. Raises BadAudio, VoskFailed."""
        pcm = check_audio(pcm, self._rate)
        if not pcm:
            return self._so_far("")
        if not self._in_utterance:
            # the library's clock counts the samples it was fed, through every Result (speech.md §A8)
            self._base = start - self._fed_seconds
            self._fed_before = self._fed_seconds
            self._in_utterance = True
        try:
            ended = self._recognizer.AcceptWaveform(pcm)
        except Exception as error:  # vosk 0.3.45 raises bare Exception
            raise VoskFailed(f"Vosk refused the audio: {error}") from error
        self._fed_seconds += len(pcm) / 2 / self._rate
        if ended:
            self._keep(self._recognizer.Result())
            return self._so_far("")
        return self._so_far(json.loads(self._recognizer.PartialResult()).get("partial", ""))

    def finish(self) -> Heard:
        """The utterance as a whole; NOTHING when no word was heard."""
        if self._in_utterance:
            self._keep(self._recognizer.Result())
        parts, self._parts, self._in_utterance = self._parts, [], False
        words = tuple(word for part in parts for word in part.words)
        if not words:
            return NOTHING
        confidence = sum(word.confidence or 0.0 for word in words) / len(words)
        return Heard(text=" ".join(part.text for part in parts), words=words, confidence=round(confidence, 3))

    def close(self) -> None:
        """Give the recogniser back to the pool; the stream is of no use afterwards."""
        recognizer, self._recognizer = self._recognizer, None
        if recognizer is not None:
            self._engine.take_back(recognizer, self._rate, self._fed_seconds)

    def _so_far(self, partial: str) -> str:
        return " ".join([*(part.text for part in self._parts), *([partial] if partial else [])])

    def _keep(self, result: str) -> None:
        """Vosk's own endpoint may come inside an utterance of ours: keep the piece."""
        found = json.loads(result)
        words = tuple(
            Word(
                text=word["word"],
                start=round(self._base + word["start"], 2),
                end=round(self._base + word["end"], 2),
                confidence=word["conf"],
            )
            for word in found.get("result", ())
            # an echo of the utterance before: the decoder keeps the last frames it was fed
            if self._fed_before < (word["start"] + word["end"]) / 2
        )
        if words:
            self._parts.append(Heard(text=" ".join(word.text for word in words), words=words))


class VoskEngine:
    """One loaded model and its pool of recognisers. Use from one thread."""

    def __init__(self, path: Path, *, fast_search: bool = False) -> None:
        """Load the model (one to three seconds). Raises VoskFailed."""
        import vosk

        vosk.SetLogLevel(-1)
        if not (path / "am" / "final.mdl").is_file():  # a path that is no model may go to the network or abort
            raise VoskFailed(f"{path} is not a Vosk model: it has no am/final.mdl")
        with overlaid(path, search=FAST_SEARCH if fast_search else None) as folder:
            try:
                self._model = vosk.Model(str(folder))
            except Exception as error:  # vosk 0.3.45 raises bare Exception
                raise VoskFailed(f"the Vosk model {path} cannot be loaded: {error}") from error
        self._vosk = vosk
        self._idle: dict[int, list[tuple[Any, float]]] = {}

    def open(self, rate: int) -> VoskStream:
        """Lease a recogniser, a used one where there is one. Raises BadAudio."""
        idle = self._idle.get(check_rate(rate), [])
        recognizer, fed = idle.pop() if idle else (self._new(rate), 0.0)
        stream = VoskStream(self, recognizer, rate)
        stream._fed_seconds = fed
        return stream

    def take_back(self, recognizer: Any, rate: int, fed_seconds: float) -> None:
        """Pool a recogniser that a stream has finished with."""
        if fed_seconds > RETIRE_SECONDS:
            return
        recognizer.Reset()
        self._idle.setdefault(rate, []).append((recognizer, fed_seconds))

    def warm(self, count: int, rate: int, speech: bytes) -> None:
        """Build `count` recognisers and run `speech` through each, so that the first caller does not wait."""
        streams = [self.open(rate) for _ in range(count)]
        step = int(rate * STEP_SECONDS) * 2
        for stream in streams:
            for at in range(0, len(speech), step):
                stream.feed(speech[at : at + step], 0.0)
            stream.finish()
            stream.close()

    def _new(self, rate: int) -> Any:
        recognizer = self._vosk.KaldiRecognizer(self._model, float(rate))
        recognizer.SetWords(True)
        return recognizer
