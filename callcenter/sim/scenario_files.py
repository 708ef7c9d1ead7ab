"""Reads scenario files (`scenarios/*.yaml`): lists of calls to play."""

from collections.abc import Mapping
from dataclasses import fields
from enum import StrEnum
from pathlib import Path
from typing import Any, TypeVar

import yaml

from callcenter.core.call_record import Direction
from callcenter.core.errors import ConfigError
from callcenter.sim.calls.scenario import Hold, Outcome, Ring, Scenario, Side, Transfer

SCENARIOS_DIR = Path(__file__).parent / "scenarios"
_NESTED = {"hold": Hold, "transfer": Transfer}
_ENUMS: dict[str, type[StrEnum]] = {"direction": Direction, "hangup_by": Side, "outcome": Outcome}
T = TypeVar("T")


class ScenarioError(ConfigError):
    """A scenario file is wrong; the text names file, call and key."""


def load_scenarios(path: Path | str = "demo") -> list[Scenario]:
    """The calls of a file in order; a plain name means a file that ships with the product. Raises ScenarioError."""
    file = SCENARIOS_DIR / f"{path}.yaml" if isinstance(path, str) else path
    try:
        raw = yaml.safe_load(file.read_text(encoding="utf-8"))
    except OSError as error:
        raise ScenarioError(f"{file} cannot be read: {error.strerror}") from error
    except yaml.YAMLError as error:
        raise ScenarioError(f"{file.name} is not YAML: {error}") from error
    if not isinstance(raw, dict) or raw.get("schema") != 1 or not isinstance(raw.get("scenarios"), list):
        raise ScenarioError(f"{file.name}: expected `schema: 1` and a list `scenarios`")
    return [_scenario(file.name, number, item) for number, item in enumerate(raw["scenarios"], 1)]


def beginning_with(scenarios: list[Scenario], language: str) -> list[Scenario]:
    """The same round, begun at the first call in `language`; unchanged when there is none."""
    start = next((i for i, scenario in enumerate(scenarios) if scenario.language == language), 0)
    return scenarios[start:] + scenarios[:start]


def _scenario(file: str, number: int, raw: Any) -> Scenario:
    where = f"{file}: call {raw.get('id', number) if isinstance(raw, dict) else number}"
    values = dict(_checked(where, raw, Scenario))
    values["rings"] = tuple(_build(f"{where}: rings", ring, Ring) for ring in values.get("rings") or [{}])
    for key, kind in _NESTED.items():
        if values.get(key) is not None:
            values[key] = _build(f"{where}: {key}", values[key], kind)
    return _make(where, values, Scenario)


def _build(where: str, raw: Any, kind: type[T]) -> T:
    return _make(where, dict(_checked(where, raw, kind)), kind)


def _checked(where: str, raw: Any, kind: type) -> Mapping[str, Any]:
    if not isinstance(raw, dict):
        raise ScenarioError(f"{where}: expected keys and values")
    known = {field.name for field in fields(kind)}
    if unknown := [str(key) for key in raw if key not in known]:
        raise ScenarioError(f"{where}: unknown key {unknown[0]}; known are {', '.join(sorted(known))}")
    return raw


def _make(where: str, values: dict[str, Any], kind: type[T]) -> T:
    for key, enum in _ENUMS.items():
        if key in values:
            try:
                values[key] = enum(values[key])
            except ValueError as error:
                raise ScenarioError(f"{where}: {key} must be one of {', '.join(enum)}") from error
    try:
        return kind(**values)
    except TypeError as error:
        missing = str(error).rpartition(":")[2].strip() or str(error)
        raise ScenarioError(f"{where}: missing {missing}") from error
