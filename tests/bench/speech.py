"""Recognition: errors and CPU of each engine and of two-pass on the same speech; what the pool costs beside a bare Vosk
loop; delays with many legs at once, in real time. `python -m tests.bench.speech`.

CPU seconds are compared, not wall-clock, so that a busy machine does not matter; the delays are wall-clock."""

import asyncio
import itertools
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import jiwer

from callcenter.core.transcript import Speaker
from callcenter.stt.catalog import default_models_dir, load_catalog
from callcenter.stt.choose import LanguageModels, Mode, models_for
from callcenter.stt.leg import LegState
from callcenter.stt.pool import LegOutput, SpeechPool, pool_config
from callcenter.stt.process import _environment
from callcenter.stt.vosk_engine import STEP_SECONDS, VoskEngine
from callcenter.stt.whisper_engine import FULL_WINDOW_SECONDS, WhisperEngine, WhisperOptions
from tests.bench.speech_corpus import RATE, Clip, characters_of, english, synthetic, words_of

HANGOVER_SECONDS = 0.4
STEP_BYTES = int(RATE * STEP_SECONDS) * 2
LEGS = 10

Recognise = Callable[[bytes, float], str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Accuracy:
    """One engine on one corpus."""

    name: str
    errors: float
    """Word (English) or character (Mandarin) error rate."""
    cpu: float
    """CPU seconds per second of speech let through by the gate."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Cost:
    """Pass one of the pool beside a bare loop over the same audio."""

    bare_cpu: float
    pool_cpu: float
    """Of the worker's process, per second of speech."""

    @property
    def ratio(self) -> float:
        return self.bare_cpu / self.pool_cpu


@dataclass(frozen=True, slots=True, kw_only=True)
class Delays:
    """Seconds from the last word to the text, with `legs` legs at once."""

    legs: int
    first: list[float]
    second: list[float]
    core: float
    """Share of a core that pass one used."""
    skipped: int
    overloaded: int


def accuracy(clips: list[Clip], name: str, recognise: Recognise, *, words: bool) -> Accuracy:
    """Recognise every utterance and compare."""
    normal, rate = (words_of, jiwer.wer) if words else (characters_of, jiwer.cer)
    began = time.process_time()
    heard = [" ".join(recognise(pcm, start) for start, _, pcm in clip.utterances) for clip in clips]
    cpu = time.process_time() - began
    errors = rate([clip.text for clip in clips], [normal(text) or "-" for text in heard])
    return Accuracy(name=name, errors=float(errors), cpu=cpu / sum(clip.seconds for clip in clips))


def engines(language: str) -> dict[str, Recognise]:
    """Each way to recognise one utterance, as live."""
    models = models_for(load_catalog(), default_models_dir(), Mode.AUTO, language)
    ways: dict[str, Recognise] = {}
    if models.whisper:
        tight = WhisperEngine(models.whisper.path)
        wide = WhisperEngine(models.whisper.path, WhisperOptions(least_window_seconds=FULL_WINDOW_SECONDS, beam=5))
        ways[f"{models.whisper.id}, 30 s window, beam 5"] = lambda pcm, at: _whole(wide, pcm, at, language)
        ways[f"{models.whisper.id}, tight window"] = lambda pcm, at: _whole(tight, pcm, at, language)
    if models.vosk:
        engine = VoskEngine(models.vosk.path)
        ways["vosk"] = lambda pcm, at: _stream(engine, pcm, at)
        if models.whisper:
            ways["two-pass"] = lambda pcm, at: _both(engine, tight, models, pcm, at)
    return ways


def _whole(engine: WhisperEngine, pcm: bytes, start: float, language: str) -> str:
    return engine.transcribe(pcm, start, rate=RATE, language=language).text


def _stream(engine: VoskEngine, pcm: bytes, start: float) -> str:
    stream = engine.open(RATE)
    for at in range(0, len(pcm), STEP_BYTES):
        stream.feed(pcm[at : at + STEP_BYTES], start + at / 2 / RATE)
    heard = stream.finish()
    stream.close()
    return heard.text


def _both(vosk: VoskEngine, whisper: WhisperEngine, models: LanguageModels, pcm: bytes, start: float) -> str:
    leg = LegState(leg="", group="", speaker=Speaker.UNKNOWN, models=models, rate=RATE, second_pass=True, worker=0)
    spoken = leg.begin(start, first=True, second=True)
    spoken.audio += pcm
    leg.end(start + len(pcm) / 2 / RATE)
    stream = vosk.open(RATE)
    for at in range(0, len(pcm), STEP_BYTES):
        stream.feed(pcm[at : at + STEP_BYTES], start + at / 2 / RATE)
    spoken.first_heard = stream.finish()
    stream.close()
    shown = leg.settle(spoken)
    spoken.second_heard = whisper.transcribe(pcm, start, rate=RATE, language=models.language)
    spoken.second_over = True
    shown = leg.settle(spoken) or shown
    return shown.text if shown else ""


BARE = """
import sys, time, vosk
from pathlib import Path
from callcenter.stt.overlay import overlaid
vosk.SetLogLevel(-1)
with overlaid(Path(sys.argv[1])) as folder:
    model = vosk.Model(str(folder))
recognizer = vosk.KaldiRecognizer(model, 8000.0)
recognizer.SetWords(True)
audio = Path(sys.argv[2]).read_bytes()
sizes = [int(size) for size in Path(sys.argv[3]).read_text().split()]
for turn in range(2):  # the first turn warms
    began, at = time.process_time(), 0
    for size in sizes:
        for piece in range(at, at + size, 3200):
            if not recognizer.AcceptWaveform(audio[piece:min(piece + 3200, at + size)]):
                recognizer.PartialResult()
        recognizer.Result()
        at += size
print(time.process_time() - began)
"""


async def cost(clips: list[Clip]) -> Cost:
    """The same gated audio through a bare loop and through the pool, pass one only, both warmed by one turn."""
    models = models_for(load_catalog(), default_models_dir(), Mode.VOSK, "en")
    assert models.vosk is not None
    utterances = [utterance for clip in clips for utterance in clip.utterances]
    seconds = sum(len(pcm) for _, _, pcm in utterances) / 2 / RATE
    with tempfile.TemporaryDirectory() as folder:
        audio, sizes = Path(folder, "audio"), Path(folder, "sizes")
        audio.write_bytes(b"".join(pcm for _, _, pcm in utterances))
        sizes.write_text(" ".join(str(len(pcm)) for _, _, pcm in utterances))
        command = [sys.executable, "-c", BARE, str(models.vosk.path), str(audio), str(sizes)]
        process = await asyncio.create_subprocess_exec(
            *command, env=_environment(jemalloc=True), stdout=subprocess.PIPE
        )
        out, _ = await process.communicate()
    pool_seconds = await _pool_cpu([pcm for _, _, pcm in utterances])
    return Cost(bare_cpu=float(out) / seconds, pool_cpu=pool_seconds / seconds)


async def _pool_cpu(utterances: list[bytes]) -> float:
    done = asyncio.Event()

    def deliver(output: LegOutput) -> None:
        if output.kind == "closed":
            done.set()

    pool = SpeechPool(pool_config(Mode.VOSK, languages=("en",)), deliver)
    await pool.start()
    pid = pool.status().workers[0].pid
    spent = 0.0
    for _ in range(2):
        done.clear()
        before = cpu_seconds(pid)
        pool.open("bench", language="en", speaker=Speaker.CUSTOMER)
        at = 0.0
        for pcm in utterances:
            for piece in range(0, len(pcm), STEP_BYTES):
                pool.feed("bench", pcm[piece : piece + STEP_BYTES], at)
                at += STEP_SECONDS
                await _answered(pool)
            pool.endpoint("bench", at)
            await _answered(pool)
        pool.close("bench")
        await done.wait()
        spent = cpu_seconds(pid) - before
    await pool.aclose()
    return spent


async def _answered(pool: SpeechPool) -> None:
    """One piece at a time: only the worker's CPU time is of interest, and the pool must not think it is overloaded."""
    await asyncio.sleep(0)
    while pool.status().workers[0].behind_seconds > 0:
        await asyncio.sleep(0.002)


def cpu_seconds(pid: int) -> float:
    """User and system time of a process."""
    fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


async def delays(clips: list[Clip], legs: int, seconds: float, language: str, mode: str = Mode.AUTO) -> Delays:
    """So many legs in real time, each speaking and pausing in turn (44 % talk)."""
    outputs: list[LegOutput] = []
    pool = SpeechPool(pool_config(mode, languages=(language,), legs_per_worker=legs), outputs.append)
    await pool.start()
    pid = pool.status().workers[0].pid
    before, began = cpu_seconds(pid), time.monotonic()
    await asyncio.gather(*(_talk(pool, number, clips, seconds, language) for number in range(legs)))
    core = (cpu_seconds(pid) - before) / (time.monotonic() - began)
    while sum(output.kind == "closed" for output in outputs) < legs:
        await asyncio.sleep(0.05)
    status = pool.status()
    await pool.aclose()
    finals = [o for o in outputs if o.utterance]
    whisper = [o.lag_seconds for o in finals if o.utterance and o.utterance.engine == "whisper"]
    vosk = [o.lag_seconds for o in finals if o.utterance and o.utterance.engine == "vosk"]
    return Delays(
        legs=legs,
        first=[HANGOVER_SECONDS + lag for lag in vosk],
        second=[HANGOVER_SECONDS + lag for lag in whisper],
        core=core,
        skipped=status.second_skipped,
        overloaded=status.overloaded,
    )


async def _talk(pool: SpeechPool, number: int, clips: list[Clip], seconds: float, language: str) -> None:
    leg, began = f"leg {number}", time.monotonic() + number * 0.37
    speaker = Speaker.AGENT if number % 2 else Speaker.CUSTOMER
    pool.open(leg, language=language, speaker=speaker, group=f"call {number // 2}")
    at = 0.0
    for clip in itertools.islice(itertools.cycle(clips), number * 7, None):
        for _, _, pcm in clip.utterances:
            for piece in range(0, len(pcm), STEP_BYTES):
                await _until(began + at + STEP_SECONDS)
                pool.feed(leg, pcm[piece : piece + STEP_BYTES], at)
                at += len(pcm[piece : piece + STEP_BYTES]) / 2 / RATE
            await _until(began + at)
            pool.endpoint(leg, at - HANGOVER_SECONDS)
            at += 1.27 * len(pcm) / 2 / RATE
        if at > seconds:
            break
    pool.close(leg)


async def _until(moment: float) -> None:
    await asyncio.sleep(max(0.0, moment - time.monotonic()))


def run(step: int = 1, legs: tuple[int, ...] = (LEGS,), seconds: float = 60.0) -> None:
    """Everything, printed. `step` takes every n-th prompt."""
    prompts = english(step)
    print(f"English: {len(prompts)} Asterisk prompts, {sum(c.seconds for c in prompts):.0f} s of speech at 8 kHz")
    rows = {name: accuracy(prompts, name, way, words=True) for name, way in engines("en").items()}
    base = rows["vosk"].cpu
    for row in rows.values():
        beside_vosk = f"({row.cpu / base:.2f} x Vosk)"
        print(f"  {row.name:32} word errors {row.errors:6.1%}   CPU {row.cpu:.3f} x real time {beside_vosk}")
    print("  goal: two-pass at most 6.0 % at no more than 1.6 x Vosk alone")
    mandarin = synthetic("zh")
    print(f"Mandarin: {len(mandarin)} synthetic turns, {sum(c.seconds for c in mandarin):.0f} s of speech at 8 kHz")
    for name, way in engines("zh").items():
        row = accuracy(mandarin, name, way, words=False)
        print(f"  {row.name:32} character errors {row.errors:6.1%}   CPU {row.cpu:.3f} x real time")
    print("  goal: at most 22 % live")
    beside = asyncio.run(cost(prompts))
    print(f"Pool beside a bare Vosk loop: {beside.pool_cpu:.3f} and {beside.bare_cpu:.3f} CPU seconds a second: "
          f"{beside.ratio:.1%} of its legs per core (goal at least 95 %)")  # fmt: skip
    for count in legs:
        _print_delays(asyncio.run(delays(prompts, count, seconds, "en")), "English, two-pass")
    _print_delays(asyncio.run(delays(mandarin, 2, seconds, "zh")), "Mandarin, pass two alone")


def _print_delays(found: Delays, name: str) -> None:
    print(f"{name}, {found.legs} legs in real time: pass one takes {found.core:.2f} of a core; "
          f"{found.skipped} corrections and {found.overloaded} utterances given up")  # fmt: skip
    for label, values, goal in (("pass one", found.first, 0.8), ("pass two", found.second, 1.2)):
        if len(values) > 1:
            tenths = statistics.quantiles(values, n=10)
            print(f"  final text after the last word, {label}: p50 {statistics.median(values):.2f} s, "
                  f"p90 {tenths[8]:.2f} s (goal p90 < {goal} s)")  # fmt: skip


if __name__ == "__main__":
    run(step=int(sys.argv[1]) if len(sys.argv) > 1 else 1)
