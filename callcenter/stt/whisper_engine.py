"""Pass two: Whisper (faster-whisper, CTranslate2) with a tight window.

faster-whisper pads every utterance to 30 s; CTranslate2's encoder takes any even number of frames. Cutting the window
to the utterance makes it 4 to 13 times cheaper for the same errors (speech.md §H2). The decoder then loops more easily,
so its output is bounded by the length of the speech, and what fills the bound is decoded again with the full window."""

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from callcenter.core.errors import Unavailable
from callcenter.core.transcript import Word
from callcenter.stt.hallucination import Certainty, is_hallucination, is_looping, without_loops
from callcenter.stt.recognizer import NOTHING, Heard, check_audio

Audio = npt.NDArray[np.float32]

RATE = 16000
FRAMES_PER_SECOND = 100
FULL_WINDOW_SECONDS = 30.0
MARGIN_SECONDS = 1.0
"""Silence after the utterance that the decoder needs to see its end."""
LONGEST_WORD_SECONDS = 1.0
"""The aligner lets a word begin in the silence before it; its start is moved up to this."""
MIN_SECONDS = 0.2
STEP_SECONDS = 0.02
"""Whisper's time tokens count in these."""
GUESSING_LOGPROB = -1.0
"""Whisper's own limit for a second try."""


class WhisperFailed(Unavailable):
    """The model could not be loaded."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Language:
    """How much text a second of speech can hold, and how to begin."""

    tokens_per_second: float
    spare_tokens: int
    no_repeat: int
    """Length of token runs that may not repeat; 0 = any may."""
    least_seconds: float
    """The smallest window. English: word errors .044 with 10 s, .047 with 8 s, fewer second tries; Mandarin: .156 and
    .150 character errors (this repository's bench)."""
    opening: str = ""


LANGUAGES: dict[str, Language] = {
    "en": Language(tokens_per_second=7, spare_tokens=10, no_repeat=4, least_seconds=10),
    # the opening makes Whisper write simplified characters with punctuation (openai/whisper discussion 277)
    "zh": Language(tokens_per_second=12, spare_tokens=20, no_repeat=0, least_seconds=8, opening="以下是普通话的句子。"),
}
OTHER = Language(tokens_per_second=12, spare_tokens=20, no_repeat=0, least_seconds=10)


@dataclass(frozen=True, slots=True, kw_only=True)
class WhisperOptions:
    """Live: the language's smallest window and beam 1. Recordings: RECORDING_WINDOW_SECONDS and RECORDING_BEAM."""

    least_window_seconds: float = 0.0
    """0 = as small as the language allows."""
    beam: int = 1
    threads: int = 1
    word_times: bool = True
    prompts: tuple[tuple[str, str], ...] = ()
    """(language, words of the trade): character errors .206 → .199 in Mandarin (speech.md §H2)."""


RECORDING_WINDOW_SECONDS = 15.0
RECORDING_BEAM = 5
"""After the call there is time: word errors .042 instead of .053 for three times the work (speech.md §H2)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Decoded:
    ids: list[int]
    text: str
    certainty: Certainty
    is_suspect: bool
    """More text than the speech could hold, a time outside the window, or a decoder that guesses."""
    encoded: Any
    frames: int


class WhisperEngine:
    """One loaded model. One utterance at a time (faster-whisper #1055: memory grows when shared between threads)."""

    def __init__(self, path: Path, options: WhisperOptions | None = None) -> None:
        """Load the model (half a second to two). Raises WhisperFailed."""
        from faster_whisper import WhisperModel

        self._options = options or WhisperOptions()
        self._prompts = dict(self._options.prompts)
        if not (path / "model.bin").is_file() or not (path / "tokenizer.json").is_file():
            raise WhisperFailed(f"{path} is not a Whisper model: it lacks model.bin or tokenizer.json")
        try:  # a folder, so nothing is looked for on the network
            self._model: Any = WhisperModel(
                str(path), device="cpu", compute_type="int8", cpu_threads=self._options.threads, num_workers=1
            )
        except (RuntimeError, ValueError, OSError) as error:
            raise WhisperFailed(f"the Whisper model {path} cannot be loaded: {error}") from error
        self._tokenizers: dict[str, Any] = {}

    @property
    def is_multilingual(self) -> bool:
        """False for the `.en` models."""
        return bool(self._model.model.is_multilingual)

    def transcribe(self, pcm: bytes, start: float, *, rate: int, language: str, draft: bool = False) -> Heard:
        """The text of one utterance of up to 30 s. Raises BadAudio."""
        audio = to_float(check_audio(pcm, rate), rate)[: int(FULL_WINDOW_SECONDS * RATE)]
        if len(audio) < MIN_SECONDS * RATE:
            return NOTHING
        least = max(self._options.least_window_seconds, LANGUAGES.get(language, OTHER).least_seconds)
        found = self._decode(audio, language, least, 1 if draft else self._options.beam)
        if not draft and (found.is_suspect or is_looping(units(found.text))):
            again = self._decode(audio, language, FULL_WINDOW_SECONDS, self._options.beam)
            found = again if again.certainty.logprob > found.certainty.logprob or found.is_suspect else found
        if is_hallucination(found.text, found.certainty, self._prompt(language)):
            return NOTHING
        words = () if draft or not self._options.word_times else self._words(found, language, start, len(audio) / RATE)
        return _tidy(found, words, language)

    def detect_language(self, pcm: bytes, among: tuple[str, ...], *, rate: int) -> str:
        """Which of these languages up to 30 s of speech are most probably in; `.en` models say English."""
        if not self.is_multilingual:
            return "en"
        _, _, found = self._model.detect_language(to_float(check_audio(pcm, rate), rate))
        probable: dict[str, float] = dict(found)
        return max(among, key=lambda language: probable.get(language, 0.0))

    def _decode(self, audio: Audio, language: str, least_seconds: float, beam: int) -> _Decoded:
        seconds = len(audio) / RATE
        frames = window_frames(seconds, least_seconds)
        padded = np.pad(audio, (0, max(0, frames * RATE // FRAMES_PER_SECOND - len(audio))))
        encoded = self._model.encode(self._model.feature_extractor(padded, padding=0)[:, :frames])
        tokenizer, bounds = self._tokenizer(language), LANGUAGES.get(language, OTHER)
        prompt = self._model.get_prompt(tokenizer, self._prompt_tokens(tokenizer, language), without_timestamps=False)
        room = int(seconds * bounds.tokens_per_second) + bounds.spare_tokens
        result = self._model.model.generate(
            encoded,
            [prompt],
            beam_size=beam,
            max_length=min(self._model.max_length, len(prompt) + room),
            no_repeat_ngram_size=bounds.no_repeat,
            return_scores=True,
            return_no_speech_prob=True,
            suppress_blank=True,
            suppress_tokens=self._suppressed(tokenizer),
            max_initial_timestamp_index=50,
        )[0]
        tokens = result.sequences_ids[0]
        ids, is_cut = spoken_tokens(tokens, tokenizer.eot, tokenizer.timestamp_begin, seconds)
        # CTranslate2's score is the mean over the tokens without the end token
        logprob = result.scores[0] * len(tokens) / (len(tokens) + 1)
        latest = max(
            (token - tokenizer.timestamp_begin) * STEP_SECONDS for token in [tokenizer.timestamp_begin, *tokens]
        )
        return _Decoded(
            ids=ids,
            text=tokenizer.decode(ids).strip(),
            certainty=Certainty(no_speech=result.no_speech_prob, logprob=logprob),
            is_suspect=(len(tokens) >= room and not is_cut)
            or latest > frames / FRAMES_PER_SECOND + 1
            or logprob < GUESSING_LOGPROB,
            encoded=encoded,
            frames=frames,
        )

    def _words(self, found: _Decoded, language: str, start: float, seconds: float) -> tuple[Word, ...]:
        """Times by aligning the text with the decoder's attention: one more pass of the decoder, no search."""
        aligned = self._model.find_alignment(self._tokenizer(language), [found.ids], found.encoded, found.frames)[0]
        words: list[Word] = []
        for item in aligned:
            end = min(float(item["end"]), seconds)
            begin = max(min(float(item["start"]), end), end - LONGEST_WORD_SECONDS)
            if text := item["word"].strip():
                words.append(
                    Word(
                        text=text,
                        start=round(start + begin, 2),
                        end=round(start + end, 2),
                        confidence=round(float(item["probability"]), 3),
                    )
                )
        return tuple(words)

    def _tokenizer(self, language: str) -> Any:
        from faster_whisper.tokenizer import Tokenizer

        if language not in self._tokenizers:
            multilingual = self.is_multilingual
            self._tokenizers[language] = Tokenizer(
                self._model.hf_tokenizer, multilingual, task="transcribe", language=language if multilingual else "en"
            )
        return self._tokenizers[language]

    def _prompt(self, language: str) -> str:
        return LANGUAGES.get(language, OTHER).opening + self._prompts.get(language, "")

    def _prompt_tokens(self, tokenizer: Any, language: str) -> list[int]:
        prompt = self._prompt(language)
        return list(tokenizer.encode(" " + prompt)) if prompt else []

    def _suppressed(self, tokenizer: Any) -> list[int]:
        from faster_whisper.transcribe import get_suppressed_tokens

        return list(get_suppressed_tokens(tokenizer, [-1]))


def window_frames(seconds: float, least_seconds: float) -> int:
    """Log-mel frames to encode: the speech and a margin, at least so much, at most 30 s; an even number."""
    window = min(max(least_seconds, seconds + MARGIN_SECONDS), FULL_WINDOW_SECONDS)
    return int(window * FRAMES_PER_SECOND) // 2 * 2


def spoken_tokens(tokens: list[int], eot: int, first_time: int, seconds: float) -> tuple[list[int], bool]:
    """The text tokens up to the end of the speech, and whether something was cut off.

    With a short window the decoder goes on in the silence behind the speech, and says so: a new segment begins at a
    time at which there is no sound any more (`dangerous.<7.00><8.00> I'm just`)."""
    text: list[int] = []
    for token in tokens:
        if token < eot:
            text.append(token)
        elif token > first_time and text and (token - first_time) * STEP_SECONDS >= seconds:
            return text, True
    return text, False


def to_float(pcm: bytes, rate: int) -> Audio:
    """16-bit samples as floats at 16 kHz."""
    audio: Audio = np.frombuffer(pcm, np.int16).astype(np.float32) / np.float32(32768)
    if rate == RATE:
        return audio
    import soxr

    resampled: Audio = soxr.resample(audio, rate, RATE)
    return resampled


def units(text: str) -> list[str]:
    """Words, or characters where the language writes without spaces."""
    return text.split() if " " in text else list(text)


def _tidy(found: _Decoded, words: tuple[Word, ...], language: str) -> Heard:
    text = found.text
    if is_looping(units(text)):
        joint = " " if " " in text else ""
        text = joint.join(units(text)[at] for at in without_loops(units(text)))
        words = ()
    if language == "zh":
        text = _simplified(text)
        words = tuple(_replaced(word, _simplified(word.text)) for word in words)
    return Heard(text=text, words=words, confidence=round(float(np.exp(found.certainty.logprob)), 3))


def _replaced(word: Word, text: str) -> Word:
    return Word(text=text, start=word.start, end=word.end, confidence=word.confidence)


@lru_cache(maxsize=1)
def _converter() -> Any:
    import opencc

    return opencc.OpenCC("t2s")


def _simplified(text: str) -> str:
    """Whisper writes traditional characters as it likes (openai/whisper discussion 277)."""
    return str(_converter().convert(text))
