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


def test_a_recording_is_named_by_day_and_call_and_its_legs_by_time() -> None:
    name = recording_name("1763795192.4", NOON)
    assert name.path == "2025-11-22/1763795192.4.wav"
    assert (name.day, name.stem) == ("2025-11-22", "1763795192.4")
    leg = name.leg("1763795193.7", is_agent=True, at=12.34)
    assert leg.path == "2025-11-22/1763795192.4-1763795193.7-agent-12340.wav"
    assert leg.on_pbx("/var/spool/rec") == f"/var/spool/rec/{leg.path}"


def test_the_legs_of_a_call_are_found_among_those_of_the_day() -> None:
    name = recording_name("17.4", NOON)
    mine = [name.leg("17.4", is_agent=False, at=1), name.leg("17.5", is_agent=True, at=2.5)]
    files = [
        "17.4.wav",
        "117.4-1.1-agent-5.wav",
        "17.44-1.1-agent-5.wav",
        "17.4-1.1-agent-x.wav",
        *(leg.path.split("/")[1] for leg in mine),
    ]
    assert name.legs(files) == mine
    assert name.has_leg("17.5", files)
    assert not name.has_leg("17.6", files)


@pytest.mark.parametrize(
    "call_id", ["../../etc/passwd", "..", "a/b", "a\\b", "", "张伟", "a b", "x" * 200, "-rf", ".x"]
)
def test_strange_ids_stay_one_plain_name(call_id: str) -> None:
    name = recording_name(call_id, NOON)
    assert re.fullmatch(r"2025-11-22/[A-Za-z0-9_][A-Za-z0-9_.\-]*\.wav", name.path)
    assert ".." not in name.path
    assert name.stem == safe_stem(call_id)


@given(st.text(max_size=30), st.text(max_size=30))
def test_names_are_safe_and_different_calls_never_share_one(one: str, other: str) -> None:
    for call_id in (one, other):
        name = recording_name(call_id, NOON)
        assert inside(Path("/recordings"), name.path) == Path("/recordings") / name.path
        leg = name.leg(other, is_agent=False, at=3)
        assert inside(Path("/recordings"), leg.path) == Path("/recordings") / leg.path
        assert name.legs([leg.path.split("/")[1]]) == [leg]
    assert (safe_stem(one) == safe_stem(other)) == (one == other)


@pytest.mark.parametrize(
    "path", ["../a-1.wav", "/etc/passwd", "2025-11-22/../../a-1.wav", "a-1.wav", "2025-11-22/a.mp3"]
)
def test_other_names_are_none_of_ours(path: str) -> None:
    with pytest.raises(UnsafeRecordingName):
        RecordingName(path)


def test_nothing_leads_out_of_the_folder(tmp_path: Path) -> None:
    (tmp_path / "rec").mkdir()
    (tmp_path / "rec" / "link").symlink_to(tmp_path)
    for name in ("../x", "/etc/passwd", "link/x", "", "."):
        with pytest.raises(UnsafeRecordingName):
            inside(tmp_path / "rec", name)
