"""A sound file becomes utterances: decoded in pieces, gated per channel, recognised utterance by utterance.

Memory does not grow with the file: three hours are read one second at a time."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from callcenter.audio.decode import AudioInfo, probe, read_pcm
from callcenter.audio.gate import FRAME_SECONDS, GateConfig, GateEvent, SpeechChunk, SpeechEnd, SpeechGate
from callcenter.core.transcript import Speaker, Utterance, in_time_order
from callcenter.stt.batch import BatchChannel, BatchEngines
from callcenter.stt.catalog import default_models_dir, load_catalog
from callcenter.stt.choose import LanguageModels, Mode, NoModel, models_for

NARROW, WIDE = 8000, 16000
SERVED = ("zh", "en")
GUESS_SECONDS = 20.0
"""Speech listened to before the language is decided."""
STEREO = (Speaker.AGENT, Speaker.CUSTOMER)
"""Left and right, as this product's own recordings have it."""

Report = Callable[[float], None]
"""Told the share of the file that is done, 0 to 1."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FileTranscript:
    """What was said in a file."""

    language: str
    engine: str
    """`vosk`, `whisper` or `two-pass`."""
    model: str
    """Model ids, joined by `+`."""
    duration_seconds: float
    utterances: tuple[Utterance, ...]


class FileTranscriber:
    """Transcribes files; loads each model once, when it is first needed. Use from one thread."""

    def __init__(
        self,
        *,
        mode: str = Mode.AUTO,
        models_dir: Path | None = None,
        prompts: Mapping[str, str] | None = None,
        default_language: str = "zh",
        threads: int = 2,
    ) -> None:
        """`default_language` is used where no installed model can tell the language. Raises CatalogError."""
        self._catalog, self._models_dir = load_catalog(), models_dir or default_models_dir()
        self._mode, self._default = Mode(mode), default_language
        self._engines = BatchEngines(tuple((prompts or {}).items()), threads)

    def transcribe(
        self,
        path: Path,
        *,
        language: str | None = None,
        speakers: tuple[Speaker, ...] | None = None,
        report: Report | None = None,
    ) -> FileTranscript:
        """The whole of a file. `speakers` names the channels; stereo is agent and customer, mono unknown by default.

        Raises UnreadableAudio, NoModel, VoskFailed, WhisperFailed."""
        info = probe(path)
        rate = WIDE if info.rate >= WIDE else NARROW
        models = self._models(language or self._guess(path, rate))
        who = _speakers(info.channels, speakers)
        channels = [self._engines.channel(models, speaker, rate) for speaker in who]
        found: list[Utterance] = []
        seconds = 0.0
        try:
            for seconds, utterance in _recognise(path, rate, channels):
                if utterance is not None:
                    found.append(utterance)
                elif report and info.duration_seconds:
                    report(min(seconds / info.duration_seconds, 1.0))
        finally:
            for channel in channels:
                channel.close()
        return FileTranscript(
            language=models.language,
            engine=models.engine,
            model="+".join(ref.id for ref in (models.vosk, models.whisper) if ref),
            duration_seconds=round(_duration(info, seconds), 3),
            utterances=tuple(_numbered(in_time_order(found))),
        )

    def _models(self, language: str) -> LanguageModels:
        """In mode auto a recording needs no streaming: Whisper alone where it is there."""
        if self._mode is Mode.AUTO:
            try:
                return models_for(self._catalog, self._models_dir, Mode.WHISPER, language)
            except NoModel:
                return models_for(self._catalog, self._models_dir, Mode.AUTO, language)
        return models_for(self._catalog, self._models_dir, self._mode, language)

    def _guess(self, path: Path, rate: int) -> str:
        """The language by the multilingual model, if it is installed."""
        try:
            models = models_for(self._catalog, self._models_dir, Mode.WHISPER, "zh")
        except NoModel:
            return self._default
        speech = bytearray()
        for piece in _gated(path, rate):
            if isinstance(piece[1], SpeechChunk):
                speech += piece[1].pcm
            if len(speech) > GUESS_SECONDS * rate * 2:
                break
        return self._engines.detect_language(models, bytes(speech), SERVED, rate) if speech else self._default


def _recognise(path: Path, rate: int, channels: list[BatchChannel]) -> Iterator[tuple[float, Utterance | None]]:
    """(seconds read, utterance), and (seconds read, None) now and then."""
    audio = [bytearray() for _ in channels]
    starts = [0.0 for _ in channels]
    for number, event, at in _gated(path, rate):
        if isinstance(event, SpeechChunk):
            if not audio[number]:
                starts[number] = event.start
            audio[number] += event.pcm
        elif isinstance(event, SpeechEnd):
            yield at, channels[number].recognise(bytes(audio[number]), starts[number], event.end)
            audio[number].clear()
        yield at, None


def _gated(path: Path, rate: int) -> Iterator[tuple[int, GateEvent | None, float]]:
    """(channel, what the gate says, seconds read); None once per piece of the file."""
    gates: list[SpeechGate] = []
    rest: list[bytes] = []
    at = 0.0
    for piece in read_pcm(path, rate):
        if not gates:
            gates = [SpeechGate(GateConfig(rate=rate)) for _ in piece]
            rest = [b"" for _ in piece]
        for number, samples in enumerate(piece):
            data, gate = rest[number] + samples.tobytes(), gates[number]
            whole = len(data) // gate.frame_bytes
            for frame in range(whole):
                cut = data[frame * gate.frame_bytes : (frame + 1) * gate.frame_bytes]
                for event in gate.feed(cut, at + frame * FRAME_SECONDS):
                    yield number, event, at
            rest[number] = data[whole * gate.frame_bytes :]
        at += whole * FRAME_SECONDS
        yield 0, None, at
    for number, gate in enumerate(gates):
        for event in gate.flush():
            yield number, event, at


def _speakers(channels: int, named: tuple[Speaker, ...] | None) -> list[Speaker]:
    named = named or (STEREO if channels == len(STEREO) else ())
    return [named[number] if number < len(named) else Speaker.UNKNOWN for number in range(channels)]


def _duration(info: AudioInfo, read_seconds: float) -> float:
    """What was read counts; the header of a truncated file promises more."""
    return read_seconds if read_seconds else info.duration_seconds or 0.0


def _numbered(utterances: list[Utterance]) -> Iterator[Utterance]:
    for seq, utterance in enumerate(utterances, start=1):
        yield replace(utterance, seq=seq)
