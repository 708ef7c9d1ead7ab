"""Utterances of a recording, one after another, with the same engines as live and no hurry.

Runs in the caller's process: what could abort Vosk is refused before it gets there (recognizer.check_audio)."""

from callcenter.core.transcript import Speaker, Utterance
from callcenter.stt.choose import LanguageModels
from callcenter.stt.leg import LegState
from callcenter.stt.recognizer import NOTHING, StreamingEngine, StreamingPass, UtteranceEngine

FEED_SECONDS = 0.2


class BatchChannel:
    """One channel of one recording. Use from one thread."""

    def __init__(
        self,
        models: LanguageModels,
        speaker: Speaker,
        rate: int,
        *,
        streaming: StreamingEngine | None,
        whole: UtteranceEngine | None,
    ) -> None:
        """At least one of the two engines is there; with both, pass one only fills in where pass two hears nothing."""
        self._stream: StreamingPass | None = streaming.open(rate) if streaming else None
        self._whole, self._rate = whole, rate
        self._leg = LegState(
            leg="file",
            group="file",
            speaker=speaker,
            models=models,
            rate=rate,
            second_pass=whole is not None,
            worker=None,
        )

    def recognise(self, pcm: bytes, start: float, end: float) -> Utterance | None:
        """One utterance, 16-bit mono, from `start` to `end` seconds; None when there are no words in it."""
        spoken = self._leg.begin(start, first=self._stream is not None, second=self._whole is not None)
        spoken.audio += pcm
        self._leg.end(end)
        if self._whole is not None:
            spoken.second_heard = self._whole.transcribe(
                pcm, start, rate=self._rate, language=self._leg.models.language
            )
            spoken.second_over = True
        spoken.first_heard = NOTHING
        if self._stream is not None and not (spoken.second_heard and spoken.second_heard.text):
            step = int(self._rate * FEED_SECONDS) * 2
            for at in range(0, len(pcm), step):
                self._stream.feed(pcm[at : at + step], start + at / 2 / self._rate)
            spoken.first_heard = self._stream.finish()
        return self._leg.settle(spoken)

    def close(self) -> None:
        """Give the recogniser back."""
        if self._stream is not None:
            self._stream.close()


class BatchEngines:
    """The models of the languages, each loaded when it is first needed."""

    def __init__(self, prompts: tuple[tuple[str, str], ...] = (), threads: int = 2) -> None:
        self._prompts, self._threads = prompts, threads
        self._streaming: dict[str, StreamingEngine] = {}
        self._whole: dict[str, UtteranceEngine] = {}

    def channel(self, models: LanguageModels, speaker: Speaker, rate: int) -> BatchChannel:
        """A channel with the engines of these models. Raises VoskFailed, WhisperFailed."""
        return BatchChannel(
            models,
            speaker,
            rate,
            streaming=self._vosk(models) if models.vosk else None,
            whole=self._whisper(models) if models.whisper else None,
        )

    def detect_language(self, models: LanguageModels, pcm: bytes, among: tuple[str, ...], rate: int) -> str:
        """The language of some speech, by a multilingual Whisper."""
        from callcenter.stt.whisper_engine import WhisperEngine

        engine = self._whisper(models)
        assert isinstance(engine, WhisperEngine)
        return engine.detect_language(pcm, among, rate=rate)

    def _vosk(self, models: LanguageModels) -> StreamingEngine:
        from callcenter.stt.vosk_engine import VoskEngine

        assert models.vosk is not None
        if models.vosk.id not in self._streaming:
            self._streaming[models.vosk.id] = VoskEngine(models.vosk.path)
        return self._streaming[models.vosk.id]

    def _whisper(self, models: LanguageModels) -> UtteranceEngine:
        from callcenter.stt.whisper_engine import (
            RECORDING_BEAM,
            RECORDING_WINDOW_SECONDS,
            WhisperEngine,
            WhisperOptions,
        )

        assert models.whisper is not None
        if models.whisper.id not in self._whole:
            options = WhisperOptions(
                least_window_seconds=RECORDING_WINDOW_SECONDS,
                beam=RECORDING_BEAM,
                threads=self._threads,
                prompts=self._prompts,
            )
            self._whole[models.whisper.id] = WhisperEngine(models.whisper.path, options)
        return self._whole[models.whisper.id]
