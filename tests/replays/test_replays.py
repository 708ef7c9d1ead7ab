"""Every recorded scenario comes out as it really happened."""

import json
from pathlib import Path
from typing import Any

import pytest

from callcenter.core.call_record import CallRecord
from callcenter.services.replay import replay
from tests.replays.comparison import differences

FOLDER = Path(__file__).parent
SCENARIOS = sorted(path.name.removesuffix(".truth.json") for path in FOLDER.glob("*.truth.json"))


def truths(scenario: str) -> list[dict[str, Any]]:
    """The calls that a manager link can see, in order of start, consultations inside the customer's call."""
    calls = json.loads((FOLDER / f"{scenario}.truth.json").read_text())["calls"]
    for asked in [call for call in calls if call.get("consultation")]:
        rung = {"ext": asked["to"], "outcome": "answered", "ring_s": asked["ring_s"], "talk_s": asked["talk_s"]}
        calls[0]["agents"].append(rung)
    seen = [call for call in calls if not call.get("inside_gap") and not call.get("consultation")]
    return sorted(seen, key=lambda call: call["start"])


@pytest.mark.parametrize("scenario", SCENARIOS)
def test_recording_comes_out_true(scenario: str) -> None:
    records: list[CallRecord] = sorted(replay(FOLDER / f"{scenario}.raw"), key=lambda record: record.started_at)
    expected = truths(scenario)
    assert len(records) == len(expected)
    wrong = [differences(record, truth, scenario) for record, truth in zip(records, expected, strict=True)]
    assert wrong == [[] for _ in expected]
