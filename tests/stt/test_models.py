"""The real models: words, times, both passes together. `callcenter models pull` fetches what these need."""

import json
from pathlib import Path

import pytest

from callcenter.core.transcript import Speaker
from callcenter.stt.catalog import default_models_dir, load_catalog
from callcenter.stt.choose import Mode, models_for
from callcenter.stt.pool import LegOutput, SpeechPool, pool_config
from callcenter.stt.recognizer import NOTHING
from callcenter.stt.vosk_engine import VoskEngine, VoskFailed
from callcenter.stt.warm import babble
from callcenter.stt.whisper_engine import WhisperEngine, WhisperFailed
from tests.bench.speech_corpus import english, synthetic
from tests.stt.test_pool import Heard

pytestmark = pytest.mark.models
FOLDER = default_models_dir()


def prompt() -> tuple[str, bytes]:
    """Some human prompt and its words."""
    clip = next(clip for clip in english() if "enter your password" in clip.text)
    return clip.text, clip.utterances[0][2]


@pytest.mark.rig
def test_vosk_hears_words_at_their_times_again_and_again() -> None:
    text, pcm = prompt()
    engine = VoskEngine(FOLDER / "en-vosk")
    stream = engine.open(8000)
    for turn in range(3):
        for at in range(0, len(pcm), 3200):
            stream.feed(pcm[at : at + 3200], 100.0 * turn + at / 16000)
        heard = stream.finish()
        assert len(set(heard.text.split()) & set(text.split())) >= len(set(text.split())) - 2
        starts = [word.start - 100 * turn for word in heard.words]
        assert starts == sorted(starts)
        assert starts[0] >= -0.1
        assert heard.words[-1].end - 100 * turn <= len(pcm) / 16000 + 0.1
    assert stream.finish() == NOTHING


@pytest.mark.rig
def test_whisper_hears_the_prompt_and_nothing_in_noise() -> None:
    _, pcm = prompt()
    engine = WhisperEngine(FOLDER / "tiny.en")
    heard = engine.transcribe(pcm, 7.0, rate=8000, language="en")
    assert "password" in heard.text
    assert 7.0 <= heard.words[0].start < heard.words[-1].end <= 7.0 + len(pcm) / 16000 + 0.01
    assert engine.transcribe(bytes(48000), 0.0, rate=8000, language="en") == NOTHING
    assert engine.transcribe(b"", 0.0, rate=8000, language="en") == NOTHING
    assert engine.transcribe(babble(2.0, 8000), 0.0, rate=8000, language="en", draft=True) is not None


@pytest.mark.samples
def test_whisper_writes_simplified_mandarin_and_tells_the_language() -> None:
    clip = synthetic("zh")[0]
    engine = WhisperEngine(FOLDER / "base")
    heard = engine.transcribe(clip.utterances[0][2], 0.0, rate=8000, language="zh")
    assert len(set(heard.text) & set(clip.text)) > len(set(clip.text)) / 2
    assert engine.detect_language(clip.utterances[0][2], ("zh", "en"), rate=8000) == "zh"
    assert engine.detect_language(synthetic("en")[0].utterances[0][2], ("zh", "en"), rate=8000) == "en"


@pytest.mark.samples
async def test_the_pool_gives_partials_a_first_text_and_its_correction() -> None:
    clip = synthetic("en")[1]
    heard = Heard()
    pool = SpeechPool(pool_config(Mode.TWO_PASS, languages=("en",)), heard.append)
    await pool.start()
    try:
        pool.open("a", language="en", speaker=Speaker.CUSTOMER)
        for start, end, pcm in clip.utterances:
            for at in range(0, len(pcm), 3200):
                pool.feed("a", pcm[at : at + 3200], start + at / 16000)
            await heard.until(lambda output: output.kind == "partial")
            pool.endpoint("a", end)
        pool.close("a")
        await heard.until(lambda output: output.kind == "closed")
    finally:
        await pool.aclose()
    last = heard_last(heard)
    assert last.utterance is not None
    assert (last.utterance.revision, last.utterance.engine) == (2, "whisper")
    assert len(set(last.utterance.text.lower().split()) & set(clip.text.split())) > 5


def heard_last(outputs: list[LegOutput]) -> LegOutput:
    return [output for output in outputs if output.utterance][-1]


def test_what_is_no_model_is_refused_without_the_network(tmp_path: Path) -> None:
    with pytest.raises(VoskFailed, match=r"final\.mdl"):
        VoskEngine(tmp_path)
    with pytest.raises(WhisperFailed, match="lacks"):
        WhisperEngine(tmp_path)


def test_every_default_model_is_installed() -> None:
    catalog = load_catalog()
    assert [name for name in catalog.default if not catalog.get(name).is_installed(FOLDER)] == []
    manifest = json.loads((FOLDER / "en-vosk" / ".installed.json").read_text())
    assert manifest["id"] == "en-vosk"
    assert models_for(catalog, FOLDER, Mode.AUTO, "en").engine in ("two-pass",)
