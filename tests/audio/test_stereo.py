import wave
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest

from callcenter.audio.checks import RecordingBroken, RecordingMissing, check_recording
from callcenter.audio.stereo import merge_stereo
from tests.audio.wavs import tone, write_wav


def read(path: Path) -> npt.NDArray[np.int16]:
    with wave.open(str(path)) as file:
        assert (file.getnchannels(), file.getframerate()) == (2, 8_000)
        return np.frombuffer(file.readframes(file.getnframes()), dtype="<i2").reshape(-1, 2)


def test_the_agent_is_left_and_the_customer_right(tmp_path: Path) -> None:
    agent, customer = tone(20.0, hertz=300), tone(18.0, hertz=700)
    seconds = merge_stereo(
        left=write_wav(tmp_path / "agent.wav", agent),
        right=write_wav(tmp_path / "customer.wav", customer),
        target=tmp_path / "day" / "call.wav",
    )
    both = read(tmp_path / "day" / "call.wav")
    assert seconds == 20.0
    assert both[:, 0].tobytes() == agent
    assert both[: len(customer) // 2, 1].tobytes() == customer
    assert not both[len(customer) // 2 :, 1].any()
    assert [p.name for p in (tmp_path / "day").iterdir()] == ["call.wav"]
    assert check_recording(tmp_path / "day" / "call.wav").is_complete


def test_one_side_alone_and_an_unfinished_header(tmp_path: Path) -> None:
    customer = write_wav(tmp_path / "customer.wav", tone(1.0), said=0)
    assert merge_stereo(left=None, right=customer, target=tmp_path / "call.wav") == 1.0
    assert not read(tmp_path / "call.wav")[:, 0].any()


def test_what_does_not_fit_together_leaves_nothing(tmp_path: Path) -> None:
    customer = write_wav(tmp_path / "customer.wav", tone(1.0))
    target = tmp_path / "out" / "call.wav"
    with pytest.raises(RecordingBroken):
        merge_stereo(left=write_wav(tmp_path / "w.wav", tone(1.0), rate=16_000), right=customer, target=target)
    with pytest.raises(RecordingBroken):
        merge_stereo(left=write_wav(tmp_path / "s.wav", tone(1.0), channels=2), right=customer, target=target)
    with pytest.raises(RecordingBroken):
        merge_stereo(left=None, right=None, target=target)
    with pytest.raises(RecordingMissing):
        merge_stereo(left=None, right=tmp_path / "none.wav", target=target)
    assert not target.exists()
