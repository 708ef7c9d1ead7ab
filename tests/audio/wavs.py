"""Small WAV files for tests, whole ones and those a crash left behind."""

import struct
from pathlib import Path

import numpy as np


def tone(seconds: float, *, hertz: float = 440, rate: int = 8_000, level: int = 8_000) -> bytes:
    """A sine as signed 16-bit samples."""
    at = np.arange(round(seconds * rate)) / rate
    return (level * np.sin(2 * np.pi * hertz * at)).astype("<i2").tobytes()


def write_wav(
    path: Path, pcm: bytes, *, rate: int = 8_000, channels: int = 1, said: int | None = None, bits: int = 16
) -> Path:
    """A file like Asterisk's; `said` is the length in its header where that is not the truth."""
    length = len(pcm) if said is None else said
    block = channels * bits // 8
    header = struct.pack(
        "<4sI4s4sIHHIIHH", b"RIFF", 36 + length, b"WAVE", b"fmt ", 16, 1, channels, rate, rate * block, block, bits
    )
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(header + struct.pack("<4sI", b"data", length) + pcm)
    return path
