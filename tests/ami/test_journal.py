"""The journal: what is written comes back byte for byte, torn, spoilt, rotated, packed or on a full disk."""

import errno
import gzip
import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from callcenter.ami.journal import Journal, JournalConfig, is_journal, journal_files, read_journal, read_journals
from callcenter.ami.journal_format import MAGIC, decode_records, encode_record
from callcenter.ami.parser import TERMINATOR, AmiParser, BlockSplitter
from callcenter.core.errors import BadInput

REPLAYS = Path(__file__).parent.parent / "replays"
RECORDS = st.lists(
    st.tuples(st.integers(0, 2**31).map(float), st.integers(1, 99), st.binary(max_size=200)), max_size=12
)


def write(journal: Journal, count: int, start: float = 0.0, size: int = 10) -> None:
    for number in range(count):
        journal.append(start + number, 1, b"x" * size + TERMINATOR)
    journal.flush()


def numbers(folder: Path) -> list[float]:
    return [at for at, _, _ in read_journals(folder)]


@given(RECORDS)
def test_what_is_written_comes_back(records: list[tuple[float, int, bytes]]) -> None:
    data = MAGIC + b"".join(encode_record(*record) for record in records)
    assert list(decode_records(data)) == records


@given(RECORDS.filter(bool), st.integers(min_value=0))
def test_a_torn_tail_loses_only_the_torn_record(records: list[tuple[float, int, bytes]], cut: int) -> None:
    encoded = [encode_record(*record) for record in records]
    kept = cut % (len(encoded[-1]) - 1)
    data = b"".join(encoded[:-1]) + encoded[-1][:kept]
    assert list(decode_records(data)) == records[:-1]


@given(RECORDS.filter(bool), st.integers(min_value=0), st.integers(0, 255))
def test_a_spoilt_byte_loses_at_most_two_records(records: list[tuple[float, int, bytes]], at: int, byte: int) -> None:
    data = bytearray(b"".join(encode_record(*record) for record in records))
    data[at % len(data)] = byte
    survivors = [record for record in decode_records(bytes(data)) if record in records]
    assert len(survivors) >= len(records) - 2


@given(st.binary(max_size=300))
def test_any_bytes_can_be_read(data: bytes) -> None:
    list(decode_records(data))


def test_a_block_that_looks_like_a_record_is_a_block() -> None:
    inner = encode_record(1.0, 1, b"inner")
    assert list(decode_records(encode_record(2.0, 1, b"\n" + inner))) == [(2.0, 1, b"\n" + inner)]


def test_a_recording_replays_from_the_journal(tmp_path: Path) -> None:
    stream = (REPLAYS / "queue_answered_after_rna.raw").read_bytes()
    journal = Journal(JournalConfig(folder=tmp_path))
    for number, block in enumerate(BlockSplitter().feed(stream)):
        journal.append(1000.0 + number, 3, block + TERMINATOR)
    journal.close()
    (path,) = journal_files(tmp_path)
    parser = AmiParser()
    replayed = [m for _, _, block in read_journal(path) for m in parser.feed(block)]
    assert replayed == AmiParser().feed(stream)
    assert is_journal(path)
    assert not is_journal(REPLAYS / "queue_answered_after_rna.raw")


def test_rotates_packs_and_reads_in_order(tmp_path: Path) -> None:
    journal = Journal(JournalConfig(folder=tmp_path, rotate_bytes=200))
    write(journal, 30)
    journal.tend(now=0.0)
    files = journal_files(tmp_path)
    assert len(files) > 3
    assert [path.suffix for path in files] == [".gz"] * (len(files) - 1) + [".journal"]
    journal.close()
    assert numbers(tmp_path) == [float(number) for number in range(30)]
    assert [at for at, _, _ in read_journals(tmp_path, since=17.0)] == [float(n) for n in range(17, 30)]


def test_rotates_by_age(tmp_path: Path) -> None:
    journal = Journal(JournalConfig(folder=tmp_path, rotate_seconds=60))
    assert not journal.append(0.0, 1, b"a" + TERMINATOR)
    assert not journal.append(59.0, 1, b"b" + TERMINATOR)
    assert journal.append(60.0, 1, b"c" + TERMINATOR)
    journal.close()
    assert len(journal_files(tmp_path)) == 2


def test_order_survives_a_clock_set_back(tmp_path: Path) -> None:
    for at in (5000.0, 100.0, 3000.0):
        journal = Journal(JournalConfig(folder=tmp_path))
        journal.append(at, 1, b"x" + TERMINATOR)
        journal.close()
    assert numbers(tmp_path) == [5000.0, 100.0, 3000.0]


def test_a_killed_process_leaves_a_readable_file(tmp_path: Path) -> None:
    killed = Journal(JournalConfig(folder=tmp_path))
    killed.append(1.0, 4, b"whole" + TERMINATOR)
    killed.flush()
    (torn,) = journal_files(tmp_path)
    with torn.open("ab") as file:
        file.write(encode_record(2.0, 4, b"torn")[:-3])
    successor = Journal(JournalConfig(folder=tmp_path))
    assert successor.last_connection() == 4
    successor.append(3.0, 5, b"next" + TERMINATOR)
    successor.flush()
    successor.tend(now=0.0)
    assert numbers(tmp_path) == [1.0, 3.0]
    successor.close()


def test_a_crash_while_packing_counts_nothing_twice(tmp_path: Path) -> None:
    journal = Journal(JournalConfig(folder=tmp_path))
    write(journal, 3)
    journal.close()
    (plain,) = journal_files(tmp_path)
    plain.with_suffix(".journal.gz").write_bytes(gzip.compress(plain.read_bytes()))
    plain.with_suffix(".journal.gz.tmp").write_bytes(b"half")
    assert numbers(tmp_path) == [0.0, 1.0, 2.0]
    Journal(JournalConfig(folder=tmp_path)).tend(now=0.0)
    assert [path.name for path in tmp_path.iterdir()] == [plain.name + ".gz"]


def test_a_torn_archive_gives_what_it_has(tmp_path: Path) -> None:
    path = tmp_path / "x.journal.gz"
    packed = gzip.compress(MAGIC + b"".join(encode_record(float(n), 1, os.urandom(500)) for n in range(200)))
    path.write_bytes(packed[: len(packed) // 2])
    assert 50 < len(list(read_journal(path))) < 150


def test_the_oldest_go_when_there_is_too_much(tmp_path: Path) -> None:
    journal = Journal(JournalConfig(folder=tmp_path, rotate_bytes=1000, keep_bytes=3000))
    for number in range(100):
        journal.append(float(number), 1, os.urandom(100) + TERMINATOR)
    journal.flush()
    journal.tend(now=0.0)
    assert sum(path.stat().st_size for path in journal_files(tmp_path)) <= 3000
    assert numbers(tmp_path)[-1] == 99.0
    journal.close()


def test_the_old_go(tmp_path: Path) -> None:
    journal = Journal(JournalConfig(folder=tmp_path, rotate_bytes=1, keep_days=2))
    write(journal, 3)
    os.utime(journal_files(tmp_path)[0], (0, 0))
    newest = journal_files(tmp_path)[-1].stat().st_mtime
    journal.tend(now=newest + 86400)
    assert numbers(tmp_path) == [1.0, 2.0]
    journal.close()


def test_a_full_disk_is_counted_and_said_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    journal = Journal(JournalConfig(folder=tmp_path))
    real_open = Path.open

    def full(path: Path, mode: str = "r", **more: object) -> object:
        if mode == "xb":
            raise OSError(errno.ENOSPC, "No space left on device")
        return real_open(path, mode, **more)  # type: ignore[call-overload]

    monkeypatch.setattr(Path, "open", full)
    write(journal, 5)
    assert journal.lost == 5
    assert "No space left" in journal.last_error
    assert len(caplog.records) == 1
    monkeypatch.undo()
    write(journal, 2, start=11.0)
    assert journal.lost == 5
    assert numbers(tmp_path) == [11.0, 12.0]
    journal.close()


def test_a_failing_write_counts_what_was_buffered(tmp_path: Path) -> None:
    journal = Journal(JournalConfig(folder=tmp_path))
    journal.append(1.0, 1, b"a" + TERMINATOR)
    assert journal._file is not None
    os.close(journal._file.fileno())
    journal.flush()
    assert journal.lost == 1
    journal.append(2.0, 1, b"b" + TERMINATOR)
    assert journal.lost == 2
    journal.append(20.0, 1, b"c" + TERMINATOR)
    journal.close()
    assert numbers(tmp_path)[-1] == 20.0


@pytest.mark.parametrize("content", [b"", b"Event: X\r\n\r\n", b"\x1f\x8bnot gzip"])
def test_another_file_is_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "other"
    path.write_bytes(content)
    assert not is_journal(path)
    with pytest.raises(BadInput):
        list(read_journal(path))
    with pytest.raises(BadInput):
        read_journal(tmp_path / "missing")
