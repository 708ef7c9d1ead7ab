"""Sample speech: made once, made anew when text or voice changes, and a missing voice leaves its language out."""

import json
from pathlib import Path

import numpy as np
import pytest
import soundfile

from callcenter.core.transcript import Speaker
from callcenter.sim import samples as command
from callcenter.sim.dialogues import Dialogue, Turn, load_dialogues
from callcenter.sim.media.library import SampleLibrary
from callcenter.sim.speech.flite_voice import FliteEngine
from callcenter.sim.speech.make import jobs, make_samples
from callcenter.sim.speech.manifest import ManifestError, read_manifest, samples_dir
from callcenter.sim.speech.telephone import RATE, Samples, through_telephone
from callcenter.sim.speech.voices import Voice, VoiceMissing, voice_for


class Humming:
    """A voice that hums one second per text and remembers what it was asked."""

    def __init__(self) -> None:
        self.said: list[str] = []

    def say(self, text: str, voice: Voice) -> tuple[Samples, int]:
        self.said.append(text)
        time = np.arange(16000) / 16000
        return np.sin(2 * np.pi * 440 * time).astype(np.float32), 16000


def absent() -> Humming:
    raise VoiceMissing("apt-get install a voice")


def talk(text: str = "Hello") -> Dialogue:
    turn = Turn(number=1, speaker=Speaker.CUSTOMER, texts={"en": text, "zh": "你好"})
    return Dialogue(id="talk", customer="c02", kind="ordinary", turns=(turn,))


def make(folder: Path, dialogue: Dialogue, engine: Humming) -> tuple[int, int, dict[str, str]]:
    outcome = make_samples(folder, jobs([dialogue]), {"en": lambda: engine, "zh": absent}, lambda *_: None)
    return outcome.made, outcome.kept, outcome.missing


def test_clips_are_made_once_and_anew_when_the_text_changes(tmp_path: Path) -> None:
    engine = Humming()
    assert make(tmp_path, talk(), engine) == (1, 0, {"zh": "apt-get install a voice"})
    assert make(tmp_path, talk(), engine)[:2] == (0, 1)
    assert make(tmp_path, talk("Good day"), engine)[:2] == (1, 0)
    assert engine.said == ["Hello", "Good day"]
    (clip,) = read_manifest(tmp_path)
    assert (clip.text, clip.language, clip.speaker, clip.seconds) == ("Good day", "en", Speaker.CUSTOMER, 1.0)
    sound, rate = soundfile.read(tmp_path / clip.file)
    assert (rate, len(sound)) == (RATE, RATE)


def test_a_clip_that_was_deleted_is_made_again(tmp_path: Path) -> None:
    engine = Humming()
    make(tmp_path, talk(), engine)
    (tmp_path / read_manifest(tmp_path)[0].file).unlink()
    assert make(tmp_path, talk(), engine)[:2] == (1, 0)


def test_the_library_reads_them_and_is_silent_without(tmp_path: Path) -> None:
    make(tmp_path, talk(), Humming())
    library = SampleLibrary(tmp_path, {"talk": talk()})
    assert library.languages() == {"en"}
    (english,) = library.turns("talk", "en")
    (chinese,) = library.turns("talk", "zh")
    assert (len(english.pcm), english.seconds) == (2 * RATE, 1.0)
    assert chinese.pcm == b""
    assert chinese.seconds > 0.3
    assert library.turns("nothing", "en") == []


def test_a_damaged_manifest_says_what_to_do(tmp_path: Path) -> None:
    (tmp_path / "manifest.json").write_text("{")
    with pytest.raises(ManifestError, match=r"delete it and run: python -m callcenter\.sim\.samples"):
        read_manifest(tmp_path)
    (tmp_path / "manifest.json").write_text(json.dumps({"schema": 99, "clips": []}))
    assert read_manifest(tmp_path) == []


def test_the_telephone_keeps_the_voice_band_only() -> None:
    time = np.arange(24000 * 2) / 24000
    for hertz, passes in ((60, False), (1000, True), (6000, False)):
        loud = np.sin(2 * np.pi * 1000 * time) * 0.1 + np.sin(2 * np.pi * hertz * time) * 0.5
        spectrum = np.abs(np.fft.rfft(through_telephone(loud.astype(np.float32), 24000).astype(float)))
        share = spectrum[min(int(hertz * 2), len(spectrum) - 1)] / spectrum[2000]
        assert bool(share > 0.9) is passes


def test_silence_stays_silent() -> None:
    assert not np.any(through_telephone(np.zeros(800, dtype=np.float32), 8000))


@pytest.mark.parametrize("language", ["zh", "en"])
def test_the_two_parties_have_different_voices(language: str) -> None:
    for customer in ("c01", "c02"):
        voices = {voice_for(language, speaker, customer).key for speaker in (Speaker.AGENT, Speaker.CUSTOMER)}
        assert len(voices) == 2


def test_without_flite_the_command_says_which_package(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("CALLCENTER_CACHE", str(tmp_path))
    monkeypatch.setenv("PATH", "")
    assert command.main(["--only", "en"]) == 1
    assert "apt-get install flite" in capsys.readouterr().err
    with pytest.raises(VoiceMissing):
        FliteEngine()


@pytest.mark.samples
def test_the_sample_speech_is_complete() -> None:
    made = {(c.dialogue, c.language, c.turn): c for c in read_manifest(samples_dir())}
    for job in jobs(load_dialogues().values()):
        clip = made.get((job.dialogue, job.language, job.turn))
        assert clip is not None, "run: python -m callcenter.sim.samples"
        assert clip.key == job.key, f"{clip.file} is out of date, run: python -m callcenter.sim.samples"
        assert 0.4 < clip.seconds < 15
