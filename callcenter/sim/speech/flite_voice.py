"""English speech by flite (package `flite`, Carnegie Mellon University), one process per turn."""

import shutil
import subprocess
import tempfile
from pathlib import Path

import numpy as np

from callcenter.sim.speech.telephone import Samples
from callcenter.sim.speech.voices import Voice, VoiceMissing

TIME_LIMIT_SECONDS = 60


class FliteEngine:
    """Speaks English."""

    def __init__(self) -> None:
        program = shutil.which("flite")
        if program is None:
            raise VoiceMissing("English sample speech needs the program flite: apt-get install flite")
        self._program = program

    def say(self, text: str, voice: Voice) -> tuple[Samples, int]:
        """Raises VoiceMissing when this build of flite has no such voice."""
        import soundfile

        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "turn.wav"
            command = [
                self._program,
                "-voice",
                voice.name,
                "--setf",
                f"duration_stretch={1 / voice.speed:.3f}",
            ]
            command += ["-t", text, "-o", str(path)]
            result = subprocess.run(command, capture_output=True, timeout=TIME_LIMIT_SECONDS, check=False)  # noqa: S603 - fixed program, no shell
            if result.returncode or not path.exists():
                reason = result.stderr.decode("utf-8", "replace").strip() or "no sound came out"
                raise VoiceMissing(f"flite could not speak with the voice {voice.name}: {reason}")
            samples, rate = soundfile.read(path, dtype="float32")
        return np.asarray(samples, dtype=np.float32), int(rate)
