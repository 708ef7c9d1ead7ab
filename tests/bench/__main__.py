"""`make bench`: every figure in one run. `python -m tests.bench NAME…` runs some; `--markdown FILE` also writes the
table for the README. Each measurement runs in a process of its own, so that none sees another's memory or threads.
Ends with 1 when one of them could not be measured; a goal that is not met is printed, not an error: machines
differ."""

import argparse
import importlib
import json
import os
import platform
import resource
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, cast

import psutil

from tests.bench.result import Compare, Goal, Of, Result
from tests.bench.table import as_markdown, as_text

TIMEOUT_SECONDS = 600.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Measurement:
    """A module with `results()`."""

    title: str
    module: str
    alone: bool = True
    """False where another may use the other core meanwhile: it is no clock that is measured."""


MEASUREMENTS = {
    "ami": Measurement(title="Manager events (AMI), by CPU time", module="tests.bench.ami_results"),
    "call_log": Measurement(title="Call log (SQLite)", module="tests.bench.call_log"),
    "pop": Measurement(title="Screen pop, AMI bytes to painted page", module="tests.bench.pop"),
    "speech": Measurement(title="Recognition, by CPU time", module="tests.bench.speech_results", alone=False),
    "legs": Measurement(title="Live legs in real time", module="tests.bench.legs_results"),
    "flags": Measurement(title="Flag on the page after the end of the words", module="tests.bench.flag_latency"),
    "keywords": Measurement(title="Keyword rules, by CPU time", module="tests.bench.keywords"),
    "memory": Measurement(title="Memory", module="tests.bench.memory", alone=False),
}


def main() -> int:
    """Run what is named, else everything."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description="Measure, side by side with peers.")
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"of {', '.join(MEASUREMENTS)}; none means all")
    parser.add_argument("--markdown", type=Path, metavar="FILE", help="write the table there too")
    parser.add_argument("--into", type=Path, help=argparse.SUPPRESS)
    chosen = parser.parse_args()
    if unknown := [name for name in chosen.names if name not in MEASUREMENTS]:
        parser.error(f"{unknown[0]}: known are {', '.join(MEASUREMENTS)}")
    if chosen.into is not None:
        measure_here(chosen.names[0], chosen.into)
        return 0
    return measure_all(chosen.names or list(MEASUREMENTS), chosen.markdown)


def measure_here(name: str, into: Path) -> None:
    """In this process; the results go to a file, since what is measured may print."""
    found: Iterable[Result] = importlib.import_module(MEASUREMENTS[name].module).results()
    into.write_text(json.dumps([asdict(result) for result in found]), "utf-8")


def measure_all(names: Sequence[str], markdown: Path | None) -> int:
    """Those that need the machine for themselves one after another, then the others two at a time."""
    on = machine()
    print(on, flush=True)
    done: dict[str, list[Result] | None] = {}
    with ThreadPoolExecutor(1) as one, ThreadPoolExecutor(2) as two:
        for pool, alone in ((one, True), (two, False)):
            mine = [name for name in names if MEASUREMENTS[name].alone is alone]
            done |= dict(zip(mine, pool.map(_measure_and_print, mine), strict=True))
    parts = [(MEASUREMENTS[name].title, results) for name, results in done.items() if results is not None]
    if markdown is not None:
        markdown.write_text(f"{on}\n\n{as_markdown(parts)}\n", "utf-8")
    return _conclude(parts, [name for name, results in done.items() if results is None])


def _measure_and_print(name: str) -> list[Result] | None:
    began, busy, ours = time.monotonic(), _busy_seconds(), _our_seconds()
    results = _measure_in_process(name)
    if results is not None:
        took = time.monotonic() - began
        others = max(0.0, _busy_seconds() - busy - (_our_seconds() - ours)) / took
        strangers = f"; other programs took {others:.1f} cores meanwhile" if MEASUREMENTS[name].alone else ""
        print(f"\n{as_text(MEASUREMENTS[name].title, results)}\n({name}, {took:.0f} s{strangers})", flush=True)
    return results


def _busy_seconds() -> float:
    """CPU time of everything on this machine."""
    times = psutil.cpu_times()
    return float(sum(times) - times.idle - getattr(times, "iowait", 0.0) - getattr(times, "guest", 0.0))


def _our_seconds() -> float:
    """CPU time of the measurements that have ended, with all they started."""
    spent = resource.getrusage(resource.RUSAGE_CHILDREN)
    return spent.ru_utime + spent.ru_stime


def machine() -> str:
    """What it was measured on."""
    memory = psutil.virtual_memory().total / 2**30
    load = os.getloadavg()[0]
    return f"Python {platform.python_version()}, {os.cpu_count()} cores, {memory:.0f} GB, load {load:.1f} at the start"


def _conclude(done: Sequence[tuple[str, Sequence[Result]]], failed: Sequence[str]) -> int:
    with_goal = [result for _, results in done for result in results if result.met is not None]
    missed = [result.name for result in with_goal if not result.met]
    print(f"\n{len(with_goal) - len(missed)} of {len(with_goal)} goals met.", *(f"Not met: {name}." for name in missed))
    if failed:
        print(f"Could not be measured: {', '.join(failed)} (see above).", file=sys.stderr)
    return 1 if failed else 0


def _measure_in_process(name: str) -> list[Result] | None:
    """None when it failed; what it said is on standard error."""
    with tempfile.TemporaryDirectory() as folder:
        into = Path(folder) / "results.json"
        command = [sys.executable, "-m", "tests.bench", name, "--into", str(into)]
        process = subprocess.Popen(command, stdout=sys.stderr, start_new_session=True)
        try:
            code = process.wait(TIMEOUT_SECONDS)
        except subprocess.TimeoutExpired:
            print(f"{name}: not done after {TIMEOUT_SECONDS:.0f} s", file=sys.stderr)
            code = -1
        finally:
            _end(process)
        return [read_result(raw) for raw in json.loads(into.read_text("utf-8"))] if code == 0 else None


def _end(process: "subprocess.Popen[bytes]") -> None:
    """It and whatever it started, should it still be there (a browser, a simulated PBX)."""
    if process.poll() is None:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def read_result(raw: dict[str, Any]) -> Result:
    """As it was written by the other process."""
    goal = cast("dict[str, Any] | None", raw["goal"])
    made = Result(**{**raw, "goal": None})
    if goal is None:
        return made
    return replace(made, goal=Goal(compare=Compare(goal["compare"]), limit=goal["limit"], of=Of(goal["of"])))


if __name__ == "__main__":
    sys.exit(main())
