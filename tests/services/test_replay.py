"""`callcenter replay`: raw streams, journals, nonsense."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from callcenter.ami.journal_format import MAGIC, encode_record
from callcenter.cli import app
from callcenter.services.replay import UnreadableRecording, replay

RECORDINGS = Path(__file__).parent.parent / "replays"
ONE = RECORDINGS / "in_answered_agent_hangs.raw"
DROP = RECORDINGS / "ami_drop_midcall.raw"


def as_journal(path: Path, target: Path) -> Path:
    """The recording as our own journal keeps it."""
    raw = path.read_bytes()
    with target.open("wb") as journal:
        journal.write(MAGIC)
        for line in path.with_suffix(".idx.jsonl").read_text().splitlines():
            entry = json.loads(line)
            blocks = raw[entry["o"] : entry["o"] + entry["n"]]
            journal.write(encode_record(entry["t"], entry["c"], blocks))
    return target


@pytest.mark.parametrize("path", [ONE, DROP], ids=lambda path: path.stem)
def test_a_journal_tells_the_same(path: Path, tmp_path: Path) -> None:
    assert list(replay(as_journal(path, tmp_path / "a.journal"))) == list(replay(path))


def test_connections_are_told_apart_without_an_index(tmp_path: Path) -> None:
    alone = tmp_path / "a.raw"
    alone.write_bytes(DROP.read_bytes())
    (record,) = replay(alone)
    assert record.gap is not None


def test_a_stream_that_stops_in_mid_call(tmp_path: Path) -> None:
    data = ONE.read_bytes()
    alone = tmp_path / "a.raw"
    alone.write_bytes(data[: data.index(b"Event: HangupRequest")])
    (record,) = replay(alone)
    assert record.gap is not None
    assert record.gap.restored_at is None
    assert "ended_at" in record.gap.estimated


def test_the_command_prints_json_lines() -> None:
    result = CliRunner().invoke(app, ["replay", str(RECORDINGS / "two_interleaved.raw"), "--json"])
    calls = [json.loads(line) for line in result.stdout.splitlines()]
    assert [call["customer_number"] for call in calls] == ["13811111111", "13822222222"]


def test_the_command_prints_a_table() -> None:
    result = CliRunner().invoke(app, ["replay", str(ONE)])
    assert "13800138000" in result.stdout
    assert "1001 answered" in result.stdout


@pytest.mark.parametrize("content", [b"", b"hello", b"\x1f\x8bgarbage", b"\x00" * 100])
def test_nonsense_is_one_clear_line(content: bytes, tmp_path: Path) -> None:
    file = tmp_path / "x.raw"
    file.write_bytes(content)
    result = CliRunner().invoke(app, ["replay", str(file)])
    assert result.exit_code == 1
    assert result.stderr.count("\n") == 1


def test_a_missing_file(tmp_path: Path) -> None:
    with pytest.raises(UnreadableRecording, match="No such file"):
        list(replay(tmp_path / "none.raw"))


def test_a_broken_index_names_its_line(tmp_path: Path) -> None:
    (tmp_path / "a.raw").write_bytes(ONE.read_bytes())
    (tmp_path / "a.idx.jsonl").write_text('{"t": 1, "c": 0, "o": 0, "n": 10}\n{"t": "x"}\n')
    with pytest.raises(UnreadableRecording, match="line 2"):
        list(replay(tmp_path / "a.raw"))
