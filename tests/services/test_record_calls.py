import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest

from callcenter.ami.errors import AmiActionRefused, AmiLinkLost
from callcenter.ami.messages import Message
from callcenter.audio.checks import check_recording
from callcenter.core.call_record import Direction
from callcenter.services.record_calls import Recorder, RecorderConfig
from callcenter.services.recording.finish import FinishConfig
from callcenter.services.recordings import RecordingFacts
from tests.audio.wavs import tone, write_wav
from tests.services.listening_fakes import STARTED, FakePbx, Script, make_record

DAY = "2026-11-18"


@dataclass(frozen=True)
class FakeRow:
    path: str


@dataclass
class RememberingShelf:
    rows: dict[str, float] = field(default_factory=dict)
    done: dict[str, RecordingFacts] = field(default_factory=dict)
    absent: dict[str, str] = field(default_factory=dict)
    before: tuple[str, ...] = ()

    def begun(self, call_key: str, path: str, *, layout: str, starts_at_seconds: float) -> int | None:
        assert layout == "stereo"
        self.rows.setdefault(path, starts_at_seconds)
        return len(self.rows)

    def finished(self, path: str, facts: RecordingFacts) -> int | None:
        self.done[path] = facts
        return 7

    def missing(self, path: str, reason: str) -> None:
        self.absent[path] = reason

    def unfinished(self) -> list[FakeRow]:
        return [FakeRow(path) for path in self.before]


class Bench:
    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.now = STARTED + 10
        self.pbx, self.shelf, self.ready = FakePbx(), RememberingShelf(), list[int]()
        self.config = RecorderConfig(
            pbx_folder="/pbx/rec",
            finish=FinishConfig(folder=folder, poll_seconds=0.002, quiet_seconds=0.02, missing_seconds=0.02),
            retry_seconds=(0.0,),
            disk_retry_seconds=(0.0,),
        )

    def build(self) -> Recorder:
        return Recorder(self.config, sender=self.pbx, shelf=self.shelf, ready=self.ready.append, clock=lambda: self.now)

    def script(self, call_id: str = "c1") -> Script:
        return Script(lambda: self.now, call_id)

    def pbx_wrote(self, name: str, *, agent: float | None = 2.0, customer: float | None = 2.0) -> None:
        for side, seconds in (("agent", agent), ("customer", customer)):
            if seconds is not None:
                write_wav(self.folder / f"{name}-{side}.wav", tone(seconds))

    def asked(self) -> list[tuple[str, str]]:
        return [(a.keys["Channel"], a.keys["Options"]) for a in self.pbx.sent]


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    return Bench(tmp_path)


@pytest.fixture
async def recorder(bench: Bench) -> AsyncIterator[Recorder]:
    recorder = bench.build()
    await recorder.start()
    yield recorder
    await recorder.aclose()


async def until(condition: object) -> None:
    assert callable(condition)
    async with asyncio.timeout(5):
        while not condition():
            await asyncio.sleep(0.002)


async def test_both_sides_are_recorded_on_the_customers_channel(bench: Bench, recorder: Recorder) -> None:
    call = bench.script()
    await recorder.handle(call.joins("ag", agent="1001"))
    await recorder.handle(call.joins("cust"))
    await until(lambda: bench.asked())
    assert bench.asked() == [
        (
            "PJSIP/trunk-cust",
            f"r(/pbx/rec/{DAY}/c1-1-customer.wav)t(/pbx/rec/{DAY}/c1-1-agent.wav)",
        )
    ]
    assert "File" not in bench.pbx.sent[0].keys
    assert bench.shelf.rows == {f"{DAY}/c1-1.wav": pytest.approx(10, abs=0.5)}
    bench.pbx_wrote(f"{DAY}/c1-1", agent=3.0)
    await recorder.handle(call.leaves("ag"))
    await recorder.handle(call.leaves("cust"))
    await recorder.handle(call.ends())
    await recorder.settled()
    facts = bench.shelf.done[f"{DAY}/c1-1.wav"]
    found = check_recording(bench.folder / DAY / "c1-1.wav")
    assert (facts.duration_seconds, facts.sha256, facts.size_bytes) == (3.0, found.sha256, found.size_bytes)
    assert len(facts.peaks["channels"]) == 2
    assert bench.ready == [7]
    assert [p.name for p in (bench.folder / DAY).iterdir()] == ["c1-1.wav"]


async def test_a_transfer_goes_on_in_the_same_recording(bench: Bench, recorder: Recorder) -> None:
    call = bench.script()
    await recorder.handle(call.joins("cust"))
    await recorder.handle(call.joins("ag1", agent="1001"))
    await recorder.handle(call.leaves("ag1"))
    await recorder.handle(call.joins("ag2", agent="1002"))
    await recorder.handle(call.joins("cust"))
    await asyncio.sleep(0.01)
    assert len(bench.asked()) == 1


async def test_a_second_outside_party_is_recorded_when_the_first_leaves(bench: Bench, recorder: Recorder) -> None:
    call = bench.script()
    await recorder.handle(call.joins("cust"))
    await recorder.handle(call.joins("other"))
    await until(lambda: bench.asked())
    await recorder.handle(call.leaves("cust"))
    await until(lambda: len(bench.asked()) == 2)
    assert bench.asked()[1][0] == "PJSIP/trunk-other"
    assert f"{DAY}/c1-2.wav" in bench.shelf.rows


async def test_internal_calls_are_not_recorded_unless_wanted(bench: Bench, recorder: Recorder) -> None:
    call = Script(lambda: bench.now, record=make_record(direction=Direction.INTERNAL))
    await recorder.handle(call.joins("a", agent="1001"))
    await recorder.handle(call.ends())
    await recorder.settled()
    assert not bench.asked()
    assert not bench.shelf.rows


async def test_a_refusal_is_final_after_three_and_said(bench: Bench, recorder: Recorder) -> None:
    bench.pbx.error = AmiActionRefused("MixMonitor", Message({"Message": "Permission denied"}))
    call = bench.script()
    await recorder.handle(call.joins("cust"))
    await until(lambda: bench.shelf.absent)
    await recorder.handle(call.ends())
    await recorder.settled()
    assert len(bench.pbx.sent) == 3
    assert "Permission denied" in bench.shelf.absent[f"{DAY}/c1-1.wav"]


async def test_a_lost_link_is_waited_for(bench: Bench, recorder: Recorder) -> None:
    bench.pbx.error = AmiLinkLost("down")
    await recorder.handle(bench.script().joins("cust"))
    await until(lambda: len(bench.pbx.sent) >= 3)
    bench.pbx.error = None
    sent = len(bench.pbx.sent)
    await until(lambda: len(bench.pbx.sent) > sent)
    await asyncio.sleep(0.01)
    assert recorder.recording == 1
    assert len(bench.shelf.rows) == 1


async def test_an_unanswered_request_that_was_carried_out_is_not_repeated(bench: Bench, recorder: Recorder) -> None:
    bench.pbx.error = AmiLinkLost("no answer")
    bench.pbx_wrote(f"{DAY}/c1-1")
    await recorder.handle(bench.script().joins("cust"))
    await until(lambda: bench.pbx.sent)
    await asyncio.sleep(0.02)
    assert len(bench.pbx.sent) == 1


async def test_files_that_never_appear_are_said(bench: Bench, recorder: Recorder) -> None:
    call = bench.script()
    await recorder.handle(call.joins("cust"))
    await until(lambda: bench.asked())
    await recorder.handle(call.ends())
    await recorder.settled()
    assert "did not appear" in bench.shelf.absent[f"{DAY}/c1-1.wav"]
    assert not bench.ready


async def test_files_without_sound_are_said(bench: Bench, recorder: Recorder) -> None:
    call = bench.script()
    await recorder.handle(call.joins("cust"))
    await until(lambda: bench.asked())
    bench.pbx_wrote(f"{DAY}/c1-1", agent=0, customer=0)
    await recorder.handle(call.ends())
    await recorder.settled()
    assert "no sound" in bench.shelf.absent[f"{DAY}/c1-1.wav"]


async def test_one_side_and_a_crashed_pbx_still_make_a_recording(bench: Bench, recorder: Recorder) -> None:
    call = bench.script()
    await recorder.handle(call.joins("cust"))
    await until(lambda: bench.asked())
    write_wav(bench.folder / DAY / "c1-1-customer.wav", tone(4.0), said=0)
    await recorder.handle(call.ends())
    await recorder.settled()
    assert bench.shelf.done[f"{DAY}/c1-1.wav"].duration_seconds == 4.0


async def test_a_restart_goes_on_with_what_is_up_and_looks_after_the_rest(bench: Bench) -> None:
    bench.shelf.before = (f"{DAY}/c1-2.wav", f"{DAY}/c0-1.wav", "../evil-1.wav")
    bench.pbx_wrote(f"{DAY}/c0-1")
    bench.pbx_wrote(f"{DAY}/c1-2", agent=None)
    call, other = bench.script("c1"), bench.script("c9")
    recorder = bench.build()
    await recorder.start([call.joins("ag", agent="1001"), call.joins("cust"), other.joins("cust9")])
    await until(lambda: f"{DAY}/c0-1.wav" in bench.shelf.done)
    assert list(bench.shelf.absent) == ["../evil-1.wav"]
    await until(lambda: bench.asked())
    assert [channel for channel, _ in bench.asked()] == ["PJSIP/trunk-cust9"]
    await recorder.handle(call.ends())
    await recorder.settled()
    assert f"{DAY}/c1-2.wav" in bench.shelf.done
    await recorder.aclose()


async def test_what_was_merged_before_the_crash_is_only_checked(bench: Bench) -> None:
    bench.shelf.before = (f"{DAY}/c0-1.wav",)
    write_wav(bench.folder / DAY / "c0-1.wav", tone(2.0), channels=2)
    recorder = bench.build()
    await recorder.start()
    await recorder.settled()
    assert bench.shelf.done[f"{DAY}/c0-1.wav"].duration_seconds == 1.0


async def test_a_disk_that_refuses_is_tried_again(bench: Bench, recorder: Recorder) -> None:
    call = bench.script()
    await recorder.handle(call.joins("cust"))
    await until(lambda: bench.asked())
    bench.pbx_wrote(f"{DAY}/c1-1")
    blocker = bench.folder / DAY / ".c1-1.wav.part"
    blocker.mkdir()
    await recorder.handle(call.ends())
    await asyncio.sleep(0.05)
    assert not bench.shelf.absent
    assert (bench.folder / DAY / "c1-1-customer.wav").exists()


async def test_a_merged_call_keeps_its_recording(bench: Bench, recorder: Recorder) -> None:
    first, second = bench.script("c1"), bench.script("c2")
    await recorder.handle(second.joins("cust"))
    await until(lambda: bench.asked())
    await recorder.handle(second.merges("c1"))
    await recorder.handle(first.joins("cust"))
    await asyncio.sleep(0.01)
    assert len(bench.asked()) == 1
    bench.pbx_wrote(f"{DAY}/c2-1")
    await recorder.handle(first.ends())
    await recorder.settled()
    assert list(bench.shelf.done) == [f"{DAY}/c2-1.wav"]


async def test_the_sides_are_kept_when_told(bench: Bench) -> None:
    bench.config = replace(bench.config, finish=replace(bench.config.finish, keep_sides=True))
    bench.shelf.before = (f"{DAY}/c0-1.wav",)
    bench.pbx_wrote(f"{DAY}/c0-1")
    recorder = bench.build()
    await recorder.start()
    await recorder.settled()
    assert len(list((bench.folder / DAY).iterdir())) == 3
