"""The scenarios by name. One is a coroutine function that plays its calls on a stage and returns the truth of them."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

from tests.rig.recorder import Recorder
from tests.rig.rig import Rig
from tests.rig.truth import Truth


@dataclass(slots=True, kw_only=True)
class Stage:
    """What a scenario plays on. `facts` are added to the truth beside its calls."""

    rig: Rig
    recorder: Recorder
    facts: Truth = field(default_factory=dict)


Play = Callable[[Stage], Awaitable[list[Truth]]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Scenario:
    """`options` are those of `Rig`."""

    name: str
    doc: str
    play: Play
    options: dict[str, Any]


SCENARIOS: dict[str, Scenario] = {}


def scenario(**options: Any) -> Callable[[Play], Play]:
    """Register a scenario under its function's name, with its docstring as description."""

    def register(play: Play) -> Play:
        name = getattr(play, "__name__", "")
        doc = " ".join((play.__doc__ or "").split()).rstrip(".")
        SCENARIOS[name] = Scenario(name=name, doc=doc, play=play, options=options)
        return play

    return register
