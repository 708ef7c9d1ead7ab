"""The bench's own arithmetic and form; the measurements themselves are `make bench`."""

import json
from dataclasses import asdict

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.bench.__main__ import MEASUREMENTS, read_result
from tests.bench.result import Of, Result, at_least, at_most, less_than, percentile
from tests.bench.table import as_markdown, as_text

SLOW = Result(name="pop", value=140.0, unit="ms", goal=less_than(100.0), note="40 pops")
RATIO = Result(name="ours", value=70_000.0, unit="events/s", ratio=0.68, beside="bare", goal=at_least(0.6, Of.RATIO))


def test_goals_are_compared_on_what_they_are_for() -> None:
    assert SLOW.met is False
    assert RATIO.met is True
    assert Result(name="x", value=1.0, unit="s").met is None
    assert Result(name="x", value=2.0, unit="MiB", goal=at_most(2.0)).met is True
    assert Result(name="x", value=2.0, unit="s", goal=less_than(2.0)).met is False
    assert Result(name="x", value=2.0, unit="s", goal=at_least(0.5, Of.RATIO)).met is False, "no ratio, no goal met"


def test_table_says_met_or_not() -> None:
    text = as_text("Pages", [SLOW, RATIO])
    assert text.splitlines()[2].split() == ["pop", "140", "ms", "<", "100", "ms", "NOT", "MET"]
    assert text.splitlines()[3].strip() == "40 pops"
    assert "0.68 × bare" in text.splitlines()[4]
    assert text.splitlines()[4].endswith("met")
    assert "| pop (40 pops) | 140 ms |  | < 100 ms | NOT MET |" in as_markdown([("Pages", [SLOW])])


@pytest.mark.parametrize("result", [SLOW, RATIO])
def test_results_survive_the_way_between_processes(result: Result) -> None:
    assert read_result(json.loads(json.dumps(asdict(result)))) == result


@given(st.lists(st.floats(-1e6, 1e6), min_size=1), st.sampled_from([0.5, 0.9, 0.95]))
def test_percentile_is_a_measured_value_that_enough_do_not_exceed(values: list[float], share: float) -> None:
    found = percentile(values, share)
    assert found in values
    assert sum(value <= found for value in values) >= share * len(values)
    assert sum(value < found for value in values) <= share * len(values)


def test_every_figure_of_the_issue_has_a_measurement() -> None:
    assert set(MEASUREMENTS) == {"ami", "call_log", "pop", "speech", "legs", "flags", "keywords", "memory"}
