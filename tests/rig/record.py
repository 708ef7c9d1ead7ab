"""Plays scenarios on the rig and records them: `python -m tests.rig.record NAME…|--all|--list [--into FOLDER]`."""

import argparse
import asyncio
import re
import sys
from pathlib import Path

from callcenter.core.errors import Unavailable
from tests.rig import scenarios  # noqa: F401 - fills the registry
from tests.rig.install import REPOSITORY
from tests.rig.recorder import Recorder
from tests.rig.rig import Rig
from tests.rig.scenarios.registry import SCENARIOS, Scenario, Stage
from tests.rig.truth import Truth

REPLAYS = REPOSITORY / "tests" / "replays"
AFTERMATH_SECONDS = 1.3
"""AgentComplete may come up to about a second after the last Hangup (Asterisk 22.10.1)."""


async def record(scenario: Scenario, folder: Path) -> Truth:
    """Play one scenario on a rig of its own and write its three files into `folder`; the truth."""
    async with Rig(**scenario.options) as rig:
        recorder = Recorder(rig.ami_port, "recorder", rig.ami_secret)
        stage = Stage(rig=rig, recorder=recorder)
        await recorder.connect()
        calls = await scenario.play(stage)
        await rig.quiet()
        await asyncio.sleep(AFTERMATH_SECONDS)
        version = re.search(r"Asterisk ([\d.]+)", await rig.ami.command("core show version"))
        await recorder.close()
    truth = {
        "scenario": scenario.name,
        "doc": scenario.doc,
        "asterisk": version.group(1) if version else "",
        "t0": round(recorder.first_at, 3),
        "calls": calls,
        **stage.facts,
    }
    recorder.write(folder, scenario.name, truth)
    return truth


async def record_all(names: list[str], folder: Path) -> int:
    """Record these, one after another; the number that failed."""
    failed = 0
    for name in names:
        try:
            truth = await record(SCENARIOS[name], folder)
        except (AssertionError, OSError, Unavailable) as error:
            failed += 1
            print(f"{name}: {error}", file=sys.stderr)
        else:
            print(f"{name}: {len(truth['calls'])} calls, {(folder / f'{name}.raw').stat().st_size} bytes")
    return failed


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.rig.record", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help="scenarios to record")
    parser.add_argument("--all", action="store_true", help="record every scenario")
    parser.add_argument("--list", action="store_true", help="name every scenario and say what it does")
    parser.add_argument("--into", type=Path, default=REPLAYS, help="folder to write to (default tests/replays)")
    arguments = parser.parse_args()
    names: list[str] = sorted(SCENARIOS) if arguments.all or arguments.list else arguments.names
    if unknown := [name for name in names if name not in SCENARIOS]:
        parser.error(f"no such scenario: {', '.join(unknown)} (see --list)")
    if not names:
        parser.error("name a scenario, or --all, or --list")
    if arguments.list:
        for name in names:
            print(f"{name}: {SCENARIOS[name].doc}")
        return 0
    arguments.into.mkdir(parents=True, exist_ok=True)
    return 1 if asyncio.run(record_all(names, arguments.into)) else 0


if __name__ == "__main__":
    sys.exit(main())
