"""Asterisk's English prompts and their texts: real speech at 8 kHz whose words are known, for measuring recognisers."""

import gzip
from pathlib import Path

from tests.rig.install import AsteriskMissing, find_asterisk

TEXTS = "usr/share/doc/asterisk-core-sounds-en/core-sounds-en.txt.gz"
"""Of Debian's package asterisk-core-sounds-en: `name: text` a line, `;` a comment, `[…]` a sound without words."""


def prompts() -> list[tuple[Path, str]]:
    """Every prompt that has words, as (WAV file: 8 kHz, 16 bit, mono; text), in order of name."""
    asterisk = find_asterisk()
    texts = asterisk.root / TEXTS
    if not texts.exists():
        raise AsteriskMissing(f"{texts} is missing; remove {asterisk.root} and run: make asterisk")
    found = []
    for line in gzip.decompress(texts.read_bytes()).decode().splitlines():
        name, colon, text = line.partition(": ")
        wav = asterisk.sounds / f"{name.strip()}.wav"
        if colon and not line.startswith(";") and "[" not in text and wav.exists():
            found.append((wav, " ".join(text.split())))
    return sorted(found)
