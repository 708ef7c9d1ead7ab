"""What a telephone line does to a voice: the 300 to 3400 Hz band, 8000 samples a second and G.711 A-law.
Pure: arrays in, arrays out."""

import numpy as np
import numpy.typing as npt

RATE = 8000
"""Hertz, what AudioSocket's slin and MixMonitor's WAV carry."""
BAND_HERTZ = (300.0, 3400.0)
"""The voice band of a telephone line (ITU-T G.712)."""
A = 87.6
"""The compression parameter of G.711 A-law."""

Samples = npt.NDArray[np.float32]
Pcm = npt.NDArray[np.int16]


def through_telephone(voice: Samples, rate: int, *, peak: float = 0.7) -> Pcm:
    """A voice (-1 to 1, `rate` Hertz) as the far end hears it: 8 kHz, 16 bits, loudest at `peak`."""
    import soxr
    from scipy.signal import butter, sosfilt

    narrow = soxr.resample(voice, rate, RATE, quality="HQ") if rate != RATE else voice
    band = butter(4, BAND_HERTZ, "bandpass", fs=RATE, output="sos")
    filtered = np.asarray(sosfilt(band, narrow), dtype=np.float64)
    loudest = float(np.max(np.abs(filtered))) if filtered.size else 0.0
    level = filtered * (peak / loudest) if loudest > 0 else filtered
    return _a_law(level)


def _a_law(x: npt.NDArray[np.float64]) -> Pcm:
    """Coded with 8 bits and decoded again, so that the quantisation noise of a real line is there."""
    k = 1 + np.log(A)
    size = np.abs(x)
    coded = np.where(size < 1 / A, A * size / k, (1 + np.log(np.maximum(A * size, 1e-9))) / k)
    steps = np.round(coded * 127) / 127
    decoded = np.where(steps < 1 / k, steps * k / A, np.exp(steps * k - 1) / A)
    line: Pcm = np.clip(np.sign(x) * decoded * 32767, -32768, 32767).astype(np.int16)
    return line
