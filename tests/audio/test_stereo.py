import wave
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest

from callcenter.audio.checks import RecordingBroken, RecordingMissing, check_recording
from callcenter.audio.stereo import Part, mix_stereo
from tests.audio.wavs import tone, write_wav


def read(path: Path) -> npt.NDArray[np.int16]:
    with wave.open(str(path)) as file:
        assert (file.getnchannels(), file.getframerate()) == (2, 8_000)
        return np.frombuffer(file.readframes(file.getnframes()), dtype="<i2").reshape(-1, 2)


def part(path: Path, pcm: bytes, start: float, *, is_agent: bool, **how: int) -> Part:
    return Part(path=write_wav(path, pcm, **how), start=start, is_agent=is_agent)


def test_agents_are_left_and_customers_right_each_at_its_time(tmp_path: Path) -> None:
    customer, first, second = tone(20.0, hertz=700), tone(2.0, hertz=300), tone(9.0, hertz=400)
    seconds = mix_stereo(
        [
            part(tmp_path / "c.wav", customer, 0.0, is_agent=False),
            part(tmp_path / "a1.wav", first, 0.5, is_agent=True),
            part(tmp_path / "a2.wav", second, 12.0, is_agent=True),
        ],
        tmp_path / "day" / "call.wav",
    )
    both = read(tmp_path / "day" / "call.wav")
    assert seconds == 21.0
    assert both[:160_000, 1].tobytes() == customer
    assert not both[160_000:, 1].any()
    assert both[4_000:20_000, 0].tobytes() == first
    assert both[96_000:, 0].tobytes() == second
    assert not both[:4_000, 0].any()
    assert not both[20_000:96_000, 0].any()
    assert [p.name for p in (tmp_path / "day").iterdir()] == ["call.wav"]
    assert check_recording(tmp_path / "day" / "call.wav").is_complete


def test_two_of_one_side_are_added_without_overflow(tmp_path: Path) -> None:
    loud = tone(1.0, level=32_000)
    parts = [part(tmp_path / f"{n}.wav", loud, 0.0, is_agent=True) for n in range(2)]
    mix_stereo(parts, tmp_path / "call.wav")
    heard = read(tmp_path / "call.wav")[:, 0]
    alone = np.frombuffer(loud, dtype="<i2")
    assert heard.max() == 32_767
    assert heard.min() == -32_768
    assert (np.sign(heard) == np.sign(alone)).all()


def test_an_unfinished_header_is_read_to_the_end(tmp_path: Path) -> None:
    unfinished = part(tmp_path / "c.wav", tone(1.0), 0.0, is_agent=False, said=0)
    assert mix_stereo([unfinished], tmp_path / "call.wav") == 1.0
    assert not read(tmp_path / "call.wav")[:, 0].any()


def test_what_does_not_fit_together_leaves_nothing(tmp_path: Path) -> None:
    customer = part(tmp_path / "customer.wav", tone(1.0), 0.0, is_agent=False)
    target = tmp_path / "out" / "call.wav"
    for wrong in (
        [customer, part(tmp_path / "w.wav", tone(1.0), 0, is_agent=True, rate=16_000)],
        [customer, part(tmp_path / "s.wav", tone(1.0), 0, is_agent=True, channels=2)],
        [customer, part(tmp_path / "late.wav", tone(1.0), 1e9, is_agent=True)],
        [],
    ):
        with pytest.raises(RecordingBroken):
            mix_stereo(wrong, target)
    with pytest.raises(RecordingMissing):
        mix_stereo([Part(path=tmp_path / "none.wav", start=0, is_agent=True)], target)
    assert not target.exists()
