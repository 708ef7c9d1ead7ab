"""Whisper's text: hallucinations, loops, bounds, window sizes; Vosk's overlay."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from callcenter.stt.hallucination import LONGEST_RUN, Certainty, is_hallucination, is_looping, without_loops
from callcenter.stt.overlay import FAST_SEARCH, overlaid
from callcenter.stt.recognizer import BadAudio, check_audio
from callcenter.stt.whisper_engine import spoken_tokens, to_float, window_frames

SURE = Certainty(no_speech=0.02, logprob=-0.3)
SHAKY = Certainty(no_speech=0.4, logprob=-0.9)
SILENT = Certainty(no_speech=0.95, logprob=-0.2)


@pytest.mark.parametrize(
    "text", ["字幕由 Amara.org 社群提供", "請不吝點贊訂閱轉發", "谢谢观看", "Thanks for watching!", "", " . . "]
)
def test_film_subtitles_are_dropped_however_sure(text: str) -> None:
    assert is_hallucination(text, SURE) or "點贊" in text


@pytest.mark.parametrize("text", ["my brakes failed", "谢谢", "you", "I want to subscribe to the service plan"])
def test_what_people_say_stays(text: str) -> None:
    assert not is_hallucination(text, SURE)


def test_silence_fillers_and_the_prompts_echo_are_dropped() -> None:
    assert is_hallucination("my brakes failed", SILENT)
    assert is_hallucination("You", SHAKY)
    assert is_hallucination("以下是普通话的句子", SHAKY, "以下是普通话的句子。投诉")
    assert not is_hallucination("刹车坏了", SHAKY, "以下是普通话的句子。投诉")


def test_loops() -> None:
    assert is_looping(["no"] * (LONGEST_RUN + 1))
    assert not is_looping(["no"] * LONGEST_RUN)
    assert is_looping(list("语语语语语语"))
    sentence = ["all", "circuits", "are", "busy", "now"]
    repeated = sentence * (LONGEST_RUN + 2)
    assert [repeated[n] for n in without_loops(repeated)] == sentence


@given(st.lists(st.sampled_from("abc"), max_size=60))
def test_without_loops_there_are_no_loops_of_single_words(units: list[str]) -> None:
    kept = without_loops(units)
    assert kept == sorted(set(kept))
    if not is_looping(units):
        assert kept == list(range(len(units)))


@given(st.floats(0, 60), st.floats(0, 30))
def test_the_window_is_even_holds_the_speech_and_is_never_over_30_seconds(seconds: float, least: float) -> None:
    frames = window_frames(seconds, least)
    assert frames % 2 == 0
    assert frames <= 3000
    assert frames >= min(3000, int(seconds * 100) // 2 * 2)


def test_text_behind_the_end_of_the_speech_is_cut() -> None:
    eot, zero = 100, 1000
    at = {seconds: zero + round(seconds / 0.02) for seconds in (0.0, 3.0, 7.0, 8.0)}
    assert spoken_tokens([at[0.0], 1, 2, at[7.0], at[8.0], 3], eot, zero, 6.9) == ([1, 2], True)
    assert spoken_tokens([at[0.0], 1, at[3.0], at[3.0], 2, at[7.0]], eot, zero, 7.5) == ([1, 2], False)
    assert spoken_tokens([1, 2], eot, zero, 1.0) == ([1, 2], False)


def test_resampling_doubles_the_samples() -> None:
    pcm = (1000 * np.sin(np.arange(8000) / 5)).astype(np.int16).tobytes()
    assert len(to_float(pcm, 8000)) == 16000
    assert len(to_float(pcm, 16000)) == 8000


@pytest.mark.parametrize(("pcm", "rate"), [(b"\0", 8000), (b"", 0), (b"", -1), (b"", 44100)])
def test_audio_that_would_hang_or_abort_an_engine_is_refused(pcm: bytes, rate: int) -> None:
    with pytest.raises(BadAudio):
        check_audio(pcm, rate)


def test_the_overlay_adds_upsampling_and_leaves_the_model_alone(tmp_path: Path) -> None:
    (tmp_path / "am").mkdir()
    (tmp_path / "am" / "final.mdl").write_text("model")
    (tmp_path / "conf").mkdir()
    (tmp_path / "conf" / "mfcc.conf").write_text("--sample-frequency=16000\n# a comment\n--use-energy=false")
    (tmp_path / "conf" / "model.conf").write_text("--beam=10.0\n--max-active=3000\n")
    with overlaid(tmp_path, search=FAST_SEARCH) as folder:
        assert (folder / "am" / "final.mdl").read_text() == "model"
        mfcc = (folder / "conf" / "mfcc.conf").read_text().splitlines()
        assert mfcc == ["--sample-frequency=16000", "--use-energy=false", "--allow-upsample=true"]
        assert (folder / "conf" / "model.conf").read_text() == "--beam=8.0\n--max-active=1500\n"
    assert not folder.exists()
    assert (tmp_path / "am" / "final.mdl").exists()
    assert "upsample" not in (tmp_path / "conf" / "mfcc.conf").read_text()
