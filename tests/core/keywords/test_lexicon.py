"""The shipped rules say what domain.md's sentences and dialogues demand."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from callcenter.core.keywords import KeywordSpotter
from callcenter.core.transcript import Speaker
from callcenter.services.keyword_rules import load_rules

HERE = Path(__file__).parent
CASES: list[dict[str, Any]] = yaml.safe_load((HERE / "keyword_tests.yaml").read_text(encoding="utf-8"))["cases"]
DIALOGUES: list[dict[str, Any]] = yaml.safe_load((HERE / "dialogues.yaml").read_text(encoding="utf-8"))["dialogues"]


@pytest.fixture(scope="module")
def spotter() -> KeywordSpotter:
    return KeywordSpotter(load_rules())


def rules_in(spotter: KeywordSpotter, text: str, language: str, speaker: str) -> set[str]:
    return {f.rule for f in spotter.spot(text, language=language, speaker=Speaker(speaker))}


@pytest.mark.parametrize("case", CASES, ids=[c["text"][:40] for c in CASES])
def test_sentence(spotter: KeywordSpotter, case: dict[str, Any]) -> None:
    found = rules_in(spotter, case["text"], case["lang"], case.get("speaker", "customer"))
    wanted = set(case["fires"])
    assert wanted <= found if case.get("at_least") else wanted == found


@pytest.mark.parametrize("key", ["zh-CN", "en"])
@pytest.mark.parametrize("dialogue", DIALOGUES, ids=[d["id"] for d in DIALOGUES])
def test_dialogue_turns(spotter: KeywordSpotter, dialogue: dict[str, Any], key: str) -> None:
    for number, turn in enumerate(dialogue["turns"], start=1):
        wanted = {f["entry"] for f in dialogue["expected"]["flags"] if f["turn"] == number}
        assert rules_in(spotter, turn[key], key[:2], turn["s"]) == wanted, turn[key]
