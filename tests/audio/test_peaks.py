from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from callcenter.audio.decode import UnreadableAudio
from callcenter.audio.peaks import PeakBuilder, peaks_of
from tests.audio.wavs import tone, write_wav

pieces = st.lists(st.lists(st.integers(-32768, 32767), min_size=1, max_size=70), max_size=20)


@given(pieces, st.integers(1, 9))
def test_the_waveform_holds_every_extreme_wherever_the_cuts_are(cut: list[list[int]], points: int) -> None:
    builder = PeakBuilder(points, rate=8_000)
    for piece in cut:
        samples = np.array(piece, dtype=np.int16)
        builder.feed((samples, -(samples // 2)))
    peaks = builder.finish()
    everything = np.array([v for piece in cut for v in piece], dtype=np.int16)
    assert peaks.seconds == pytest.approx(len(everything) / 8_000)
    if not len(everything):
        assert peaks.low == ()
        return
    assert min(len(everything), points) <= len(peaks.low[0]) <= 2 * points + 1
    span = round(peaks.seconds_per_point * 8_000)
    for index in range(len(peaks.low[0])):
        stretch = everything[index * span : (index + 1) * span]
        for value, extreme in ((peaks.low[0][index], stretch.min()), (peaks.high[0][index], stretch.max())):
            assert abs(value * 256 - int(extreme)) <= 256


def test_any_file_both_sides(tmp_path: Path) -> None:
    left = np.frombuffer(tone(30.0, level=32_000), dtype="<i2")
    both = np.stack((left, left // 4), axis=1).astype("<i2")
    shown = peaks_of(write_wav(tmp_path / "a.wav", both.tobytes(), channels=2), points=500).as_dict()
    assert shown["seconds"] == 30.0
    assert 500 <= len(shown["channels"][0]) <= 1_001
    assert max(shown["channels"][0]) == pytest.approx(0.98, abs=0.03)
    assert max(shown["channels"][1]) == pytest.approx(0.25, abs=0.03)


def test_a_file_without_sound_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "a.wav").write_bytes(b"nothing")
    with pytest.raises(UnreadableAudio):
        peaks_of(tmp_path / "a.wav")


def test_points_must_be_positive() -> None:
    with pytest.raises(ValueError, match="at least one"):
        PeakBuilder(0)
