"""Sound to warm recognisers with: it touches what speech touches, and needs no recording."""

import numpy as np


def babble(seconds: float, rate: int) -> bytes:
    """16-bit noise with the rhythm and the formants of syllables; always the same."""
    random = np.random.default_rng(7)
    time = np.arange(int(seconds * rate)) / rate
    pitch = 120 + 30 * np.sin(2 * np.pi * 0.7 * time)
    phase = 2 * np.pi * np.cumsum(pitch) / rate
    formants = 500 + 250 * np.sin(2 * np.pi * 2.3 * time), 1500 + 500 * np.sin(2 * np.pi * 3.1 * time)
    voice = np.zeros_like(time)
    for harmonic in range(1, 25):
        hertz = harmonic * pitch
        gain = sum(np.exp(-(((hertz - formant) / 180) ** 2)) for formant in formants)
        voice += gain * np.sin(harmonic * phase)
    syllables = np.clip(np.sin(2 * np.pi * 4 * time) + 0.3, 0, 1)
    sound = 6000 * syllables * (voice / np.max(np.abs(voice)) + 0.05 * random.standard_normal(len(time)))
    samples = np.clip(sound, -32768, 32767).astype(np.int16)
    return bytes(samples.tobytes())
