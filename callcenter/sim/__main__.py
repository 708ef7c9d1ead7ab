"""`python -m callcenter.sim`: the simulated PBX as a process of its own, so that its sound keeps time whatever the
product does. Says where it is in one line of JSON, then obeys lines of JSON on standard input: `{"loop": "demo"}`
plays a scenario file over and over (from its first call in the language `"first"`, if named), `{"play": "demo", "id":
"…"}` one call of it. Ends with its input."""

import argparse
import asyncio
import json
import logging
import sys
from pathlib import Path

from callcenter.core.errors import CallcenterError
from callcenter.sim.pbx import SimConfig, SimulatedPbx
from callcenter.sim.scenario_files import beginning_with, load_scenarios


async def serve(pbx: SimulatedPbx) -> None:
    """Until standard input ends."""
    await pbx.start()
    where = {"host": pbx.host, "port": pbx.ami_port, "user": pbx.user, "secret": pbx.secret}
    sys.stdout.write(json.dumps(where) + "\n")
    sys.stdout.flush()
    playing: set[asyncio.Task[None]] = set()
    try:
        while line := await asyncio.to_thread(sys.stdin.readline):
            task = asyncio.create_task(_obey(pbx, line))
            playing.add(task)
            task.add_done_callback(playing.discard)
    finally:
        for task in playing:
            task.cancel()
        await asyncio.gather(*playing, return_exceptions=True)
        await pbx.aclose()


async def _obey(pbx: SimulatedPbx, line: str) -> None:
    try:
        order = json.loads(line)
        if "loop" in order:
            scenarios = load_scenarios(str(order["loop"]))
            await pbx.play_loop(beginning_with(scenarios, str(order.get("first", ""))))
            return
        for scenario in load_scenarios(str(order["play"])):
            if scenario.id == order.get("id"):
                await pbx.play(scenario)
    except (ValueError, KeyError, TypeError, CallcenterError) as error:
        logging.getLogger(__name__).error("cannot play %s: %s", line.strip(), error)


def main() -> int:
    """Returns 1 when the port cannot be opened."""
    parser = argparse.ArgumentParser(prog="python -m callcenter.sim", description="The simulated PBX.")
    parser.add_argument("--recordings", type=Path, required=True, help="folder that MixMonitor writes to")
    parser.add_argument("--port", type=int, default=0, help="of the manager interface; 0 takes a free one")
    chosen = parser.parse_args()
    try:
        asyncio.run(serve(SimulatedPbx(SimConfig(recordings_dir=chosen.recordings, port=chosen.port))))
    except (OSError, CallcenterError) as error:
        sys.stderr.write(f"simulated PBX: {error}\n")
        return 1
    except KeyboardInterrupt:
        return 0
    return 0


if __name__ == "__main__":
    sys.exit(main())
