"""Decoding: every format a dealership's recordings come in, and files that are not what they say."""

import io
import struct
import wave
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest

from callcenter.audio.decode import Samples, UnreadableAudio, probe, read_pcm

RATE = 8000


def tone(seconds: float, hertz: float, rate: int = RATE) -> Samples:
    return (8000 * np.sin(2 * np.pi * hertz * np.arange(int(seconds * rate)) / rate)).astype(np.int16)


def wav(path: Path, channels: list[Samples], rate: int = RATE, width: int = 2) -> Path:
    with wave.open(str(path), "wb") as file:
        file.setnchannels(len(channels))
        file.setsampwidth(width)
        file.setframerate(rate)
        data = np.stack(channels, axis=1)
        file.writeframes((data // 256 + 128).astype(np.uint8).tobytes() if width == 1 else data.tobytes())
    return path


def encoded(path: Path, codec: str, samples: Samples, container: str | None = None, rate: int = RATE) -> Path:
    with av.open(str(path), "w", format=container) as out:
        stream: Any = out.add_stream(codec, rate=rate)
        stream.layout = "mono"
        frame = av.AudioFrame.from_ndarray(samples.reshape(1, -1), format="s16", layout="mono")
        frame.rate = rate
        for packet in [*stream.encode(frame), *stream.encode(None)]:
            out.mux(packet)
    return path


def read(path: Path, rate: int = RATE) -> list[Samples]:
    return [np.concatenate(parts) for parts in zip(*read_pcm(path, rate), strict=True)]


def loudest(samples: Samples, rate: int = RATE) -> float:
    """Frequency of the strongest tone."""
    return float(np.argmax(np.abs(np.fft.rfft(samples))) * rate / len(samples))


def test_channels_stay_apart(tmp_path: Path) -> None:
    left, right = read(wav(tmp_path / "a.wav", [tone(2, 440), tone(2, 1000)]))
    assert loudest(left) == pytest.approx(440, abs=2)
    assert loudest(right) == pytest.approx(1000, abs=2)
    assert probe(tmp_path / "a.wav").channels == 2


def test_pieces_are_about_a_second_and_lose_nothing(tmp_path: Path) -> None:
    path = wav(tmp_path / "a.wav", [tone(5.5, 440)])
    pieces = [len(piece[0]) for piece in read_pcm(path)]
    assert sum(pieces) == 5.5 * RATE
    assert max(pieces) < 2 * RATE


@pytest.mark.parametrize("rate", [8000, 16000])
@pytest.mark.parametrize("stored", [8000, 11025, 44100, 48000])
def test_any_rate_becomes_the_rate_asked_for(tmp_path: Path, stored: int, rate: int) -> None:
    (samples,) = read(wav(tmp_path / "a.wav", [tone(2, 440, stored)], stored), rate)
    assert len(samples) == pytest.approx(2 * rate, abs=rate * 0.02)
    assert loudest(samples, rate) == pytest.approx(440, abs=3)


@pytest.mark.parametrize(
    ("name", "codec", "container", "rate"),
    [
        ("a.flac", "flac", None, 8000),
        ("a.ogg", "libopus", None, 48000),
        ("a.mp3", "libmp3lame", None, 8000),
        ("a.wav", "pcm_mulaw", None, 8000),
        ("a.wav", "pcm_alaw", None, 8000),
        ("mp3.wav", "libmp3lame", "mp3", 8000),
        ("wav.mp3", "pcm_s16le", "wav", 8000),
        ("a.ulaw", "pcm_mulaw", "mulaw", 8000),
        ("a.alaw", "pcm_alaw", "alaw", 8000),
        ("a.sln", "pcm_s16le", "s16le", 8000),
    ],
)
def test_formats_whatever_the_name_says(
    tmp_path: Path, name: str, codec: str, container: str | None, rate: int
) -> None:
    (samples,) = read(encoded(tmp_path / name, codec, tone(2, 440, rate), container, rate))
    assert len(samples) == pytest.approx(2 * RATE, abs=0.2 * RATE)
    assert loudest(samples[2000:14000]) == pytest.approx(440, abs=3)


def test_gsm_frames_of_asterisk(tmp_path: Path) -> None:
    silence = bytes.fromhex("d820a2e15a50004924924924500049249249245000492492492450004924924924")
    path = tmp_path / "a.gsm"
    path.write_bytes(silence * 100)
    (samples,) = read(path)
    assert len(samples) == 100 * 160


def test_eight_bit(tmp_path: Path) -> None:
    (samples,) = read(wav(tmp_path / "a.wav", [tone(2, 440)], width=1))
    assert loudest(samples) == pytest.approx(440, abs=2)


@pytest.mark.parametrize("length", [0, 0xFFFFFFFF])
def test_a_wav_whose_writer_died_is_read_to_its_end(tmp_path: Path, length: int) -> None:
    path = wav(tmp_path / "a.wav", [tone(2, 440)])
    data = bytearray(path.read_bytes())
    data[4:8] = data[40:44] = struct.pack("<I", length)
    path.write_bytes(data)
    (samples,) = read(path)
    assert len(samples) == 2 * RATE


def test_a_truncated_wav_gives_what_is_there(tmp_path: Path) -> None:
    path = wav(tmp_path / "a.wav", [tone(2, 440)])
    path.write_bytes(path.read_bytes()[: 44 + RATE * 2 + 1])
    (samples,) = read(path)
    assert len(samples) == pytest.approx(RATE, abs=2)


@pytest.mark.parametrize(
    "content",
    [b"", b"RIFF", b"hello, this is text\n" * 100, bytes(44), b"RIFF\x24\0\0\0WAVEfmt \x10\0\0\0", b"%PDF-1.4\n"],
    ids=["empty", "four bytes", "text", "zeros", "header only", "pdf"],
)
def test_what_is_no_sound_says_so(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "bad.wav"
    path.write_bytes(content)
    with pytest.raises(UnreadableAudio, match=r"bad\.wav: "):
        read(path)


def test_a_wav_without_samples_says_so(tmp_path: Path) -> None:
    with pytest.raises(UnreadableAudio, match="no sound"):
        read(wav(tmp_path / "a.wav", [np.zeros(0, np.int16)]))


def test_missing_file_and_folder(tmp_path: Path) -> None:
    for path in (tmp_path / "none.wav", tmp_path):
        with pytest.raises(UnreadableAudio, match="cannot be opened"):
            read(path)


def test_a_playlist_cannot_name_other_files(tmp_path: Path) -> None:
    wav(tmp_path / "secret.wav", [tone(1, 440)])
    for text in ("ffconcat version 1.0\nfile secret.wav\n", "#EXTM3U\n#EXTINF:1,\nsecret.wav\n"):
        path = tmp_path / "list.wav"
        path.write_text(text)
        with pytest.raises(UnreadableAudio):
            read(path)


def test_random_bytes_end_in_a_clear_error_or_in_sound(tmp_path: Path) -> None:
    random = np.random.default_rng(1)
    path = tmp_path / "noise.wav"
    for size in (1, 100, 5000, 100_000):
        path.write_bytes(random.bytes(size))
        try:
            read(path)
        except UnreadableAudio as error:
            assert "noise.wav" in str(error)


def test_three_hours_need_no_memory(tmp_path: Path) -> None:
    header = io.BytesIO()
    with wave.open(header, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(RATE)
        file.writeframes(b"")
    size = 3 * 3600 * RATE * 2
    data = bytearray(header.getvalue())
    data[4:8], data[40:44] = struct.pack("<I", size + 36), struct.pack("<I", size)
    path = tmp_path / "long.wav"
    with path.open("wb") as out:
        out.write(data)
        out.truncate(len(data) + size)
    total = longest = 0
    for (piece,) in read_pcm(path):
        total += len(piece)
        longest = max(longest, len(piece))
    assert total == size // 2
    assert longest < 2 * RATE
