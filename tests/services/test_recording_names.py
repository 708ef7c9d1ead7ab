import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from callcenter.services.recording.names import (
    RecordingName,
    UnsafeRecordingName,
    inside,
    recording_name,
    safe_stem,
)

NOON = 1_763_812_800.0


def test_a_recording_is_named_by_day_call_and_number() -> None:
    name = recording_name("1763795192.4", NOON, 2)
    assert name.path == "2025-11-22/1763795192.4-2.wav"
    assert name.customer == "2025-11-22/1763795192.4-2-customer.wav"
    assert name.agent == "2025-11-22/1763795192.4-2-agent.wav"
    assert (name.stem, name.number) == ("1763795192.4", 2)
    assert name.on_pbx("/var/spool/rec", name.agent) == "/var/spool/rec/2025-11-22/1763795192.4-2-agent.wav"


@pytest.mark.parametrize(
    "call_id", ["../../etc/passwd", "..", "a/b", "a\\b", "", "张伟", "a b", "x" * 200, "-rf", ".x"]
)
def test_strange_ids_stay_one_plain_name(call_id: str) -> None:
    name = recording_name(call_id, NOON, 1)
    assert re.fullmatch(r"2025-11-22/[A-Za-z0-9_][A-Za-z0-9_.\-]*-1\.wav", name.path)
    assert ".." not in name.path
    assert name.stem == safe_stem(call_id)


@given(st.text(max_size=30), st.text(max_size=30))
def test_names_are_safe_and_different_calls_never_share_one(one: str, other: str) -> None:
    for call_id in (one, other):
        name = recording_name(call_id, NOON, 1)
        assert inside(Path("/recordings"), name.path) == Path("/recordings") / name.path
        assert name.number == 1
    assert (safe_stem(one) == safe_stem(other)) == (one == other)


@pytest.mark.parametrize(
    "path", ["../a-1.wav", "/etc/passwd", "2025-11-22/../../a-1.wav", "a-1.wav", "2025-11-22/a.wav"]
)
def test_other_names_are_none_of_ours(path: str) -> None:
    with pytest.raises(UnsafeRecordingName):
        _ = RecordingName(path).stem


def test_nothing_leads_out_of_the_folder(tmp_path: Path) -> None:
    (tmp_path / "rec").mkdir()
    (tmp_path / "rec" / "link").symlink_to(tmp_path)
    for name in ("../x", "/etc/passwd", "link/x", "", "."):
        with pytest.raises(UnsafeRecordingName):
            inside(tmp_path / "rec", name)
