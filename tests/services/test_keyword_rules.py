"""Mistakes in a dealership's keyword files are reported with file, line and fix."""

import shutil
from pathlib import Path

import pytest

from callcenter.services.keyword_rules import default_folder, load_rules
from callcenter.services.located_yaml import LocatedError, load_yaml

CATEGORY = """schema: 1
category:
  id: extra
  severity: 3
  speaker: customer
  title: {zh-CN: 甲, zh-TW: 甲, en: Extra}
rules:
  - id: extra.one
    title: {zh-CN: 甲, zh-TW: 甲, en: One}
    severity: 3
    actions: [alert_agent]
    zh:
      - "轮毂(裂|断)"
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    target = tmp_path / "keywords"
    target.mkdir()
    shutil.copy(default_folder() / "_common.yaml", target)
    (target / "extra.yaml").write_text(CATEGORY, encoding="utf-8")
    return target


def change(folder: Path, old: str, new: str) -> None:
    path = folder / "extra.yaml"
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")


def test_a_small_folder_loads(folder: Path) -> None:
    rules = load_rules(folder)
    assert [r.id for r in rules.rules] == ["extra.one"]
    assert len(rules.fingerprint) == 12


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("轮毂(裂|断)", "轮毂(裂|断", r"extra.yaml:13: pattern .* without its '\)'"),
        ("轮毂(裂|断)", "轮毂{nope}", "extra.yaml:13: .*unknown macro"),
        ("轮毂(裂|断)", "~5", "extra.yaml:13: .*almost anything"),
        ("severity: 3\n    actions", "severity: 7\n    actions", "extra.yaml:10: .*from 1 to 5"),
        ("[alert_agent]", "[alert_agnet]", "extra.yaml:11: 'alert_agnet' is not known"),
        ("    actions: [alert_agent]\n", "", "extra.yaml:8: 'actions' is missing"),
        ("    zh:\n", "    zhh:\n", "extra.yaml:13: unknown key 'zhh'"),
        ("    zh:\n", "    sound: maybe\n    zh:\n", "extra.yaml:12: 'maybe' is not known"),
        ("speaker: customer", "speaker: boss", "extra.yaml:5: 'boss' is not known"),
        ("zh-TW: 甲, en: One", "en: One", "extra.yaml:9: 'zh-TW' is missing"),
        ("rules:\n", "rules: [\n", "extra.yaml:.*not valid YAML"),
        ("  - id: extra.one", "  - id: extra.one\n    id: again", "extra.yaml:9: key 'id' stands twice"),
    ],
)
def test_mistakes_name_file_line_and_fix(folder: Path, old: str, new: str, message: str) -> None:
    change(folder, old, new)
    with pytest.raises(LocatedError, match=message):
        load_rules(folder)


def test_the_same_id_twice(folder: Path) -> None:
    text = CATEGORY.replace("id: extra\n", "id: other\n")
    (folder / "other.yaml").write_text(text, encoding="utf-8")
    with pytest.raises(LocatedError, match=r"other.yaml:8: rule id 'extra.one' is used twice"):
        load_rules(folder)


def test_bad_regular_expression_in_the_negation_table(folder: Path) -> None:
    path = folder / "_common.yaml"
    path.write_text(path.read_text(encoding="utf-8").replace('re: "不打算"', 're: "不打算("'), encoding="utf-8")
    with pytest.raises(LocatedError, match="not a regular expression"):
        load_rules(folder)


def test_missing_empty_and_binary_files(tmp_path: Path) -> None:
    with pytest.raises(LocatedError, match="missing"):
        load_rules(tmp_path)
    path = tmp_path / "a.yaml"
    with pytest.raises(LocatedError, match="cannot be read"):
        load_yaml(path)
    path.write_text("# nothing", encoding="utf-8")
    with pytest.raises(LocatedError, match="empty"):
        load_yaml(path)
    path.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(LocatedError, match="UTF-8"):
        load_yaml(path)
