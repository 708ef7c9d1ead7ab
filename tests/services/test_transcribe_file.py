"""Files to utterances: the gate over a file, speakers by channel, command line without and with models."""

import json
import wave
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from callcenter.audio.gate import SpeechChunk, SpeechEnd
from callcenter.core.subtitles import as_srt, as_text, as_vtt
from callcenter.core.transcript import Speaker, Utterance
from callcenter.services.transcribe_file import _gated, _speakers
from callcenter.stt.warm import babble


def application() -> object:
    import typer

    from callcenter.cli.transcribe import transcribe

    app = typer.Typer()
    app.command()(transcribe)
    return app


def stereo(path: Path) -> Path:
    """Left speaks at 1 s, right at 5 s."""
    speech = np.frombuffer(babble(2.0, 8000), np.int16)
    both = np.zeros((9 * 8000, 2), np.int16)
    both[8000 : 8000 + len(speech), 0] = speech
    both[40000 : 40000 + len(speech), 1] = speech
    with wave.open(str(path), "wb") as file:
        file.setnchannels(2)
        file.setsampwidth(2)
        file.setframerate(8000)
        file.writeframes(both.tobytes())
    return path


def test_each_channel_is_gated_on_the_files_own_time(tmp_path: Path) -> None:
    first: dict[int, float] = {}
    ends: dict[int, float] = {}
    for channel, event, _ in _gated(stereo(tmp_path / "a.wav"), 8000):
        if isinstance(event, SpeechChunk):
            first.setdefault(channel, event.start)
        if isinstance(event, SpeechEnd):
            ends[channel] = event.end
    assert first[0] == pytest.approx(0.8, abs=0.3)
    assert first[1] == pytest.approx(4.8, abs=0.3)
    assert ends[0] == pytest.approx(3.0, abs=0.4)
    assert ends[1] == pytest.approx(7.0, abs=0.4)


def test_who_is_on_which_channel() -> None:
    assert _speakers(1, None) == [Speaker.UNKNOWN]
    assert _speakers(2, None) == [Speaker.AGENT, Speaker.CUSTOMER]
    assert _speakers(2, (Speaker.CUSTOMER, Speaker.AGENT)) == [Speaker.CUSTOMER, Speaker.AGENT]
    assert _speakers(3, (Speaker.CUSTOMER,)) == [Speaker.CUSTOMER, Speaker.UNKNOWN, Speaker.UNKNOWN]


def test_subtitles() -> None:
    line = Utterance(seq=1, speaker=Speaker.CUSTOMER, start=3661.5, end=3662.25, text="brakes <b> & co\n--> no")
    assert as_text(line) == "[01:01:01.5] customer: brakes <b> & co\n--> no"
    assert as_srt([line]) == "1\n01:01:01,500 --> 01:01:02,250\ncustomer: brakes <b> & co --> no\n"
    assert as_vtt([line]).splitlines()[2:] == [
        "01:01:01.500 --> 01:01:02.250",
        "<v customer>brakes &lt;b&gt; &amp; co --&gt; no",
    ]


def test_files_that_cannot_be_read_are_reported_one_by_one(tmp_path: Path) -> None:
    (tmp_path / "empty.wav").touch()
    files = [str(tmp_path / "empty.wav"), str(tmp_path / "none.wav")]
    result = CliRunner().invoke(application(), ["--json", *files])  # type: ignore[arg-type]
    found = [json.loads(line) for line in result.stdout.splitlines()]
    assert [(o["file"], o["error"]) for o in found] == [
        (files[0], "empty.wav: is empty"),
        (files[1], "none.wav: cannot be opened: No such file or directory"),
    ]
    assert result.exit_code == 1


@pytest.mark.parametrize("arguments", [["--json", "--srt", "x"], ["--channels", "boss", "x"]])
def test_wrong_options_are_one_line(arguments: list[str]) -> None:
    result = CliRunner().invoke(application(), arguments)  # type: ignore[arg-type]
    assert result.exit_code == 1
    assert len(result.stderr.splitlines()) == 1


def test_without_a_model_the_error_says_what_to_pull(tmp_path: Path) -> None:
    path = stereo(tmp_path / "a.wav")
    result = CliRunner().invoke(application(), ["--lang", "en", "--models", str(tmp_path), str(path)])  # type: ignore[arg-type]
    assert result.exit_code == 1
    assert "callcenter models pull" in result.stderr


@pytest.mark.models
@pytest.mark.samples
@pytest.mark.parametrize("engine", ["auto", "vosk", "whisper", "two-pass"])
def test_a_sample_is_transcribed_by_each_engine(engine: str) -> None:
    from tests.bench.speech_corpus import SAMPLES

    path = SAMPLES / "en" / "brakes_failed" / "02-customer.wav"
    result = CliRunner().invoke(application(), ["--lang", "en", "--engine", engine, "--json", str(path)])  # type: ignore[arg-type]
    found = json.loads(result.stdout)
    assert "brakes failed on the motorway" in found["utterances"][0]["text"].lower()
    assert found["language"] == "en"
    assert found["duration_seconds"] == pytest.approx(6.5, abs=0.1)
