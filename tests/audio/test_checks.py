import hashlib
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from callcenter.audio.checks import RecordingBroken, RecordingMissing, check_recording, read_layout
from tests.audio.wavs import tone, write_wav


def test_a_sound_recording(tmp_path: Path) -> None:
    path = write_wav(tmp_path / "a.wav", tone(2.5))
    found = check_recording(path)
    assert found.duration_seconds == 2.5
    assert found.size_bytes == path.stat().st_size
    assert found.sha256 == hashlib.sha256(path.read_bytes()).hexdigest()
    assert (found.channels, found.rate, found.is_complete) == (1, 8_000, True)


def test_what_a_crash_cut_off_is_read_as_far_as_it_goes(tmp_path: Path) -> None:
    for said in (0, 100, 99_999_999):
        found = check_recording(write_wav(tmp_path / "a.wav", tone(1.0) + b"\x01", said=said))
        assert found.duration_seconds == pytest.approx(1.0)
        assert not found.is_complete


def test_a_comment_behind_the_sound_is_no_sound(tmp_path: Path) -> None:
    path = write_wav(tmp_path / "a.wav", tone(1.0) + b"LIST\x04\0\0\0abcd", said=16_000)
    layout = read_layout(path)
    assert layout.seconds == 1.0


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"", "is empty"),
        (b"ID3\x04 this is an MP3", "no WAV file"),
        (b"RIFF\0\0\0\0WAVE", "without sound"),
        (b"RIFF\0\0\0\0WAVEdata\x10\0\0\0" + bytes(16), "without sound"),
    ],
)
def test_what_is_no_recording_is_said(tmp_path: Path, content: bytes, told: str) -> None:
    path = tmp_path / "a.wav"
    path.write_bytes(content)
    with pytest.raises(RecordingBroken, match=told):
        check_recording(path)


def test_no_sound_eight_bits_and_nothing_at_all(tmp_path: Path) -> None:
    with pytest.raises(RecordingBroken, match="holds no sound"):
        check_recording(write_wav(tmp_path / "a.wav", b""))
    with pytest.raises(RecordingBroken, match="8 bit"):
        check_recording(write_wav(tmp_path / "a.wav", bytes(800), bits=8))
    with pytest.raises(RecordingMissing, match="No such file"):
        check_recording(tmp_path / "none.wav")
    with pytest.raises(RecordingMissing):
        check_recording(tmp_path)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.binary(max_size=200), st.booleans())
def test_noise_is_a_clear_error_or_a_layout_inside_the_file(tmp_path: Path, noise: bytes, named: bool) -> None:
    path = tmp_path / "a.wav"
    path.write_bytes((b"RIFF\0\0\0\0WAVEfmt " if named else b"") + noise)
    try:
        layout = read_layout(path)
    except RecordingBroken:
        return
    assert layout.data_offset + layout.data_bytes <= path.stat().st_size
