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
    starts_at_seconds: float = 10.0


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

    def pbx_wrote(self, call: str = "c1", **legs: float) -> None:
        """What the PBX recorded of each leg, in seconds, from ten seconds after the call's start."""
        for leg, seconds in legs.items():
            side = "agent" if leg.startswith("ag") else "customer"
            write_wav(self.folder / DAY / f"{call}-{leg}-{side}-10000.wav", tone(seconds))

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


async def test_each_leg_is_recorded_and_both_become_one_file(bench: Bench, recorder: Recorder) -> None:
    call = bench.script()
    await recorder.handle(call.joins("ag", agent="1001"))
    await recorder.handle(call.joins("cust"))
    await until(lambda: recorder.recording == 2)
    assert sorted(bench.asked()) == [
        ("PJSIP/1001-ag", f"r(/pbx/rec/{DAY}/c1-ag-agent-10000.wav)"),
        ("PJSIP/trunk-cust", f"r(/pbx/rec/{DAY}/c1-cust-customer-10000.wav)"),
    ]
    assert "File" not in bench.pbx.sent[0].keys
    assert bench.shelf.rows == {f"{DAY}/c1.wav": pytest.approx(10, abs=0.01)}
    bench.pbx_wrote(ag=3.0, cust=2.0)
    await recorder.handle(call.leaves("ag"))
    await recorder.handle(call.leaves("cust"))
    await recorder.handle(call.ends())
    await recorder.settled()
    facts = bench.shelf.done[f"{DAY}/c1.wav"]
    found = check_recording(bench.folder / DAY / "c1.wav")
    assert (facts.duration_seconds, facts.sha256, facts.size_bytes) == (3.0, found.sha256, found.size_bytes)
    assert len(facts.peaks["channels"]) == 2
    assert bench.ready == [7]
    assert [p.name for p in (bench.folder / DAY).iterdir()] == ["c1.wav"]


async def test_a_transfer_adds_the_second_agents_leg(bench: Bench, recorder: Recorder) -> None:
    call = bench.script()
    await recorder.handle(call.joins("cust"))
    await recorder.handle(call.joins("ag1", agent="1001"))
    await recorder.handle(call.leaves("ag1"))
    bench.now += 20
    await recorder.handle(call.joins("ag2", agent="1002"))
    await recorder.handle(call.joins("cust"))
    await until(lambda: recorder.recording == 2)
    asked = dict(bench.asked())
    assert asked["PJSIP/1002-ag2"] == f"r(/pbx/rec/{DAY}/c1-ag2-agent-30000.wav)"
    assert asked.keys() <= {"PJSIP/trunk-cust", "PJSIP/1001-ag", "PJSIP/1002-ag2"}
    assert len(asked) == len(bench.asked())
    assert len(bench.shelf.rows) == 1


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
    await until(lambda: len(bench.pbx.sent) == 3)
    await recorder.handle(call.ends())
    await recorder.settled()
    assert len(bench.pbx.sent) == 3
    assert "Permission denied" in bench.shelf.absent[f"{DAY}/c1.wav"]


async def test_a_lost_link_is_waited_for(bench: Bench, recorder: Recorder) -> None:
    bench.pbx.error = AmiLinkLost("down")
    await recorder.handle(bench.script().joins("cust"))
    await until(lambda: len(bench.pbx.sent) >= 3)
    bench.pbx.error = None
    await until(lambda: recorder.recording == 1)
    assert len(bench.shelf.rows) == 1


async def test_an_unanswered_request_that_was_carried_out_is_not_repeated(bench: Bench, recorder: Recorder) -> None:
    bench.pbx.error = AmiLinkLost("no answer")
    await recorder.handle(bench.script().joins("cust"))
    await until(lambda: bench.pbx.sent)
    bench.pbx_wrote(cust=1.0)
    await until(lambda: recorder.recording == 1)
    sent = len(bench.pbx.sent)
    await asyncio.sleep(0.02)
    assert len(bench.pbx.sent) == sent


async def test_files_that_never_appear_are_said(bench: Bench, recorder: Recorder) -> None:
    call = bench.script()
    await recorder.handle(call.joins("cust"))
    await until(lambda: bench.asked())
    await recorder.handle(call.ends())
    await recorder.settled()
    assert "did not appear" in bench.shelf.absent[f"{DAY}/c1.wav"]
    assert not bench.ready


async def test_files_without_sound_are_said(bench: Bench, recorder: Recorder) -> None:
    call = bench.script()
    await recorder.handle(call.joins("cust"))
    await until(lambda: bench.asked())
    bench.pbx_wrote(ag=0, cust=0)
    await recorder.handle(call.ends())
    await recorder.settled()
    assert "no sound" in bench.shelf.absent[f"{DAY}/c1.wav"]


async def test_one_side_and_a_crashed_pbx_still_make_a_recording(bench: Bench, recorder: Recorder) -> None:
    call = bench.script()
    await recorder.handle(call.joins("cust"))
    await until(lambda: bench.asked())
    write_wav(bench.folder / DAY / "c1-cust-customer-10000.wav", tone(4.0), said=0)
    (bench.folder / DAY / "c1-ag-agent-10000.wav").write_bytes(b"what is this")
    await recorder.handle(call.ends())
    await recorder.settled()
    assert bench.shelf.done[f"{DAY}/c1.wav"].duration_seconds == 4.0


async def test_a_restart_goes_on_with_what_is_up_and_looks_after_the_rest(bench: Bench) -> None:
    bench.shelf.before = (f"{DAY}/c1.wav", f"{DAY}/c0.wav", "../evil.wav")
    bench.pbx_wrote("c0", cust0=2.0)
    bench.pbx_wrote("c1", cust=2.0)
    call, other = bench.script("c1"), bench.script("c9")
    recorder = bench.build()
    await recorder.start([call.joins("ag", agent="1001"), call.joins("cust"), other.joins("cust9")])
    await until(lambda: f"{DAY}/c0.wav" in bench.shelf.done)
    assert list(bench.shelf.absent) == ["../evil.wav"]
    await until(lambda: recorder.recording == 3)
    assert sorted(channel for channel, _ in bench.asked()) == ["PJSIP/1001-ag", "PJSIP/trunk-cust9"]
    await recorder.handle(call.ends())
    await recorder.settled()
    assert f"{DAY}/c1.wav" in bench.shelf.done
    await recorder.aclose()


async def test_what_was_merged_before_the_crash_is_only_checked(bench: Bench) -> None:
    bench.shelf.before = (f"{DAY}/c0.wav",)
    write_wav(bench.folder / DAY / "c0.wav", tone(2.0), channels=2)
    recorder = bench.build()
    await recorder.start()
    await recorder.settled()
    assert bench.shelf.done[f"{DAY}/c0.wav"].duration_seconds == 1.0


async def test_a_disk_that_refuses_is_tried_again(bench: Bench, recorder: Recorder) -> None:
    call = bench.script()
    await recorder.handle(call.joins("cust"))
    await until(lambda: bench.asked())
    bench.pbx_wrote(cust=1.0)
    blocker = bench.folder / DAY / ".c1.wav.part"
    blocker.mkdir()
    await recorder.handle(call.ends())
    await recorder.settled()
    assert not bench.shelf.absent
    assert not bench.shelf.done
    assert (bench.folder / DAY / "c1-cust-customer-10000.wav").exists()


async def test_a_merged_call_keeps_its_recording(bench: Bench, recorder: Recorder) -> None:
    first, second = bench.script("c1"), bench.script("c2")
    await recorder.handle(first.joins("cust"))
    await recorder.handle(second.joins("ag", agent="1002"))
    await until(lambda: recorder.recording == 2)
    await recorder.handle(second.merges("c1"))
    await recorder.handle(first.joins("ag", agent="1002"))
    await until(lambda: len(bench.asked()) == 3)
    bench.pbx_wrote("c1", cust=2.0, ag=1.0)
    bench.pbx_wrote("c2", ag=2.0)
    await recorder.handle(first.ends())
    await recorder.settled()
    assert sorted(bench.shelf.done) == [f"{DAY}/c1.wav", f"{DAY}/c2.wav"]


async def test_the_legs_files_are_kept_when_told(bench: Bench) -> None:
    bench.config = replace(bench.config, finish=replace(bench.config.finish, keep_legs=True))
    bench.shelf.before = (f"{DAY}/c0.wav",)
    bench.pbx_wrote("c0", ag=1.0, cust=1.0)
    recorder = bench.build()
    await recorder.start()
    await recorder.settled()
    assert len(list((bench.folder / DAY).iterdir())) == 3
