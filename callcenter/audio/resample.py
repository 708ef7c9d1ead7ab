"""Wideband taps brought to the telephone's 8 kHz."""

import numpy as np
import soxr


class To8k:
    """A running conversion of one stream: signed 16-bit mono in and out."""

    def __init__(self, rate: int) -> None:
        self.rate = rate
        # LQ holds back 50 ms of sound, HQ 90 ms; a telephone band needs no more.
        self._stream = soxr.ResampleStream(rate, 8_000, 1, dtype="int16", quality="LQ")

    def feed(self, pcm: bytes) -> bytes:
        """What is complete by now; the filter holds back 50 ms."""
        out = self._stream.resample_chunk(np.frombuffer(pcm, dtype="<i2"))
        return bytes(np.asarray(out, dtype="<i2").tobytes())
