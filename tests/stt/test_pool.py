"""The pool with real processes and scripted engines: both passes, overload, hangs, crashes, bad input."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import numpy as np
import pytest

from callcenter.core.errors import Unavailable
from callcenter.core.transcript import Speaker
from callcenter.stt import crew
from callcenter.stt.choose import LanguageModels, ModelRef
from callcenter.stt.pool import LegOutput, Note, PoolConfig, SpeechPool
from callcenter.stt.recognizer import BadAudio
from tests.stt.scripted_worker import DIE, HANG

MODEL = ModelRef(id="scripted", path=Path("none"))
EN = LanguageModels(language="en", vosk=MODEL, whisper=MODEL)
EN_VOSK = LanguageModels(language="en", vosk=MODEL, whisper=None)
ZH = LanguageModels(language="zh", vosk=None, whisper=MODEL)


def piece(value: int, seconds: float = 0.2) -> bytes:
    return np.full(int(8000 * seconds), value, np.int16).tobytes()


async def until(condition: Callable[[], bool]) -> None:
    for _ in range(2000):
        if condition():
            return
        await asyncio.sleep(0.01)
    raise AssertionError("never happened")


class Heard(list[LegOutput]):
    """What the pool delivered; waits for what is expected."""

    async def until(self, wanted: Callable[[LegOutput], bool]) -> LegOutput:
        for _ in range(2000):
            for output in self:
                if wanted(output):
                    return output
            await asyncio.sleep(0.01)
        raise AssertionError(f"never came; came: {[(o.kind, o.utterance, o.note) for o in self]}")

    async def closed(self, leg: str = "a") -> None:
        await self.until(lambda output: output.kind == "closed" and output.leg == leg)

    def texts(self, leg: str = "a") -> list[tuple[int, int, str]]:
        return [(o.utterance.seq, o.utterance.revision, o.utterance.text) for o in self if o.utterance and o.leg == leg]


@contextlib.asynccontextmanager
async def running(*models: LanguageModels, **changes: object) -> AsyncIterator[tuple[SpeechPool, Heard]]:
    heard = Heard()
    config = PoolConfig(models=models, jemalloc=False, **changes)  # type: ignore[arg-type]
    pool = SpeechPool(config, heard.append, worker_module="tests.stt.scripted_worker")
    await pool.start()
    try:
        yield pool, heard
    finally:
        await pool.aclose()


async def test_two_passes_revise_the_same_utterance() -> None:
    async with running(EN) as (pool, heard):
        assert pool.open("a", language="en", speaker=Speaker.CUSTOMER)
        pool.feed("a", piece(10), 5.0)
        pool.feed("a", piece(11), 5.2)
        pool.endpoint("a", 5.4)
        pool.close("a")
        await heard.closed()
        assert heard.texts()[-1] == (1, 2, "en 3200")
        assert heard.texts()[:-1] in ([(1, 1, "w10 w11")], [])
        last = [o.utterance for o in heard if o.utterance][-1]
        assert (last.start, last.end, last.engine, last.speaker) == (5.0, 5.4, "whisper", Speaker.CUSTOMER)


async def test_pass_one_alone_gives_partials_then_the_final_with_words() -> None:
    async with running(EN_VOSK) as (pool, heard):
        pool.open("a", language="en", speaker=Speaker.AGENT)
        pool.feed("a", piece(10), 5.0)
        await heard.until(lambda output: output.kind == "partial")
        pool.endpoint("a", 5.2)
        pool.feed("a", piece(20), 8.0)
        pool.close("a")
        await heard.closed()
        assert heard.texts() == [(1, 1, "w10"), (2, 1, "w20")]
        assert heard[0].partial is not None
        assert heard[0].partial.text == "w10"
        final = next(o.utterance for o in heard if o.utterance)
        assert [(word.text, word.start) for word in final.words] == [("w10", 5.0)]


async def test_pass_two_alone_drafts_the_growing_utterance() -> None:
    async with running(ZH) as (pool, heard):
        pool.open("a", language="zh", speaker=Speaker.CUSTOMER)
        for number in range(6):
            pool.feed("a", piece(10), 0.2 * number)
        await heard.until(lambda output: output.kind == "partial")
        pool.endpoint("a", 1.2)
        pool.close("a")
        await heard.closed()
        assert heard.texts() == [(1, 1, "zh 9600")]


async def test_an_utterance_without_speech_is_taken_back() -> None:
    async with running(EN) as (pool, heard):
        pool.open("a", language="en", speaker=Speaker.CUSTOMER)
        pool.feed("a", piece(9), 0.0)
        await heard.until(lambda output: output.kind == "partial")
        pool.endpoint("a", 0.2)
        pool.close("a")
        await heard.closed()
        assert heard.texts()[-1][2] == ""


@pytest.mark.parametrize("command", [DIE, HANG])
async def test_a_worker_that_dies_or_hangs_is_replaced_and_pass_two_saves_the_words(
    command: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(crew, "WATCHDOG_SECONDS", 0.5)
    async with running(EN) as (pool, heard):
        pool.open("a", language="en", speaker=Speaker.CUSTOMER)
        pool.open("b", language="en", speaker=Speaker.AGENT)
        pool.feed("a", piece(command), 0.0)
        await until(lambda: pool.status().workers[0].restarts == 1)
        pool.feed("a", piece(10), 0.2)
        pool.endpoint("a", 0.4)
        await heard.until(lambda output: output.utterance is not None and output.leg == "a")
        assert heard.texts() == [(1, 1, "en 3200")]
        await until(lambda: pool.status().workers[0].alive)
        for leg in ("a", "b"):
            pool.feed(leg, piece(30), 1.0)
            pool.close(leg)
            await heard.closed(leg)
        assert heard.texts()[-1] == (2, 2, "en 1600")
        assert heard.texts("b")[-1] == (1, 2, "en 1600")


async def test_without_pass_two_a_crash_leaves_a_marked_hole() -> None:
    async with running(EN_VOSK) as (pool, heard):
        pool.open("a", language="en", speaker=Speaker.CUSTOMER)
        pool.feed("a", piece(DIE), 3.0)
        marked = await heard.until(lambda output: output.kind == "marked")
        assert (marked.note, marked.at) == (Note.RECOGNISER_RESTARTED, 3.0)
        pool.close("a")
        await heard.closed()


async def test_an_utterance_that_kills_pass_two_is_tried_twice_then_marked() -> None:
    async with running(ZH) as (pool, heard):
        pool.open("a", language="zh", speaker=Speaker.CUSTOMER)
        pool.feed("a", piece(DIE), 0.0)
        pool.close("a")
        await heard.closed()
        assert [output.kind for output in heard] == ["marked", "closed"]
        assert pool.status().workers[0].restarts == 2


async def test_a_full_box_and_an_unknown_language_are_refused() -> None:
    async with running(EN, legs_per_worker=2) as (pool, _):
        assert not pool.open("z", language="fr", speaker=Speaker.AGENT)
        assert pool.open("a", language="en", speaker=Speaker.AGENT)
        assert not pool.open("a", language="en", speaker=Speaker.AGENT)
        assert pool.open("b", language="en", speaker=Speaker.CUSTOMER)
        assert not pool.open("c", language="en", speaker=Speaker.CUSTOMER)
        pool.close("a")
        assert pool.open("c", language="en", speaker=Speaker.CUSTOMER)


async def test_bad_audio_is_refused_at_the_border_and_unknown_legs_are_ignored() -> None:
    async with running(EN) as (pool, _):
        with pytest.raises(BadAudio, match="8000 or 16000"):
            pool.open("a", language="en", speaker=Speaker.AGENT, rate=0)
        pool.open("a", language="en", speaker=Speaker.AGENT)
        with pytest.raises(BadAudio, match="even number"):
            pool.feed("a", b"\0\0\0", 0.0)
        pool.feed("nobody", b"\0\0", 0.0)
        pool.endpoint("nobody", 0.0)
        pool.close("nobody")


async def test_start_says_what_is_missing_or_broken() -> None:
    empty = SpeechPool(PoolConfig(models=(), missing=("run `callcenter models pull en-vosk`",)), print)
    with pytest.raises(Unavailable, match="models pull en-vosk"):
        await empty.start()
    broken = PoolConfig(models=(EN,), jemalloc=False, prompt={"fail": "yes"})
    with pytest.raises(Unavailable, match="scripted model is broken"):
        await SpeechPool(broken, print, worker_module="tests.stt.scripted_worker").start()


async def test_off_takes_no_legs() -> None:
    pool = SpeechPool(PoolConfig(models=(EN,), mode="off"), print)
    await pool.start()
    assert not pool.open("a", language="en", speaker=Speaker.AGENT)
    await pool.aclose()
