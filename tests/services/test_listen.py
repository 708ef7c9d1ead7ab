import asyncio
from collections.abc import AsyncIterator, Callable
from dataclasses import replace

import pytest

from callcenter.ami.errors import AmiLinkLost
from callcenter.audio.gate import GateConfig
from callcenter.core.call_record import Direction
from callcenter.core.errors import Unavailable
from callcenter.services.listen import Listener
from callcenter.services.listening.config import ListenConfig
from callcenter.services.listening.ports import Heard
from callcenter.services.listening.state import Mode
from callcenter.services.listening.taps import TapConfig
from callcenter.services.open_legs import OpenLegs
from tests.services.listening_fakes import (
    STARTED,
    FakeAudioServer,
    FakePbx,
    FakePool,
    RememberingTranscript,
    Script,
    WordRules,
    make_record,
)

VOICE = b"\x10\x10" * 160
SILENCE = bytes(320)


class Bench:
    """A listener with everything around it fake, ten seconds into the call."""

    def __init__(self, mode: Mode = Mode.TWO_PASS) -> None:
        self.now = STARTED + 10
        self.pbx = FakePbx()
        self.transcript = RememberingTranscript()
        self.config = ListenConfig(
            taps=TapConfig(host="127.0.0.1", retry_seconds=(0.0,), connect_seconds=0.05),
            mode=mode,
            tick_seconds=0.01,
            no_audio_seconds=0.05,
        )
        self.pool: FakePool
        self.server: FakeAudioServer

    def build(self) -> Listener:
        return Listener(
            self.config,
            sender=self.pbx,
            make_server=self._make_server,
            make_pool=self._make_pool,
            spotter=WordRules(brakes=5, late=2),
            sink=self.transcript,
            alerts=self.transcript,
            language_of=lambda record: "en",
            is_speech=lambda frame, rate: any(frame),
            clock=lambda: self.now,
        )

    def _make_server(self, taps: object) -> FakeAudioServer:
        self.server = self.pbx.server = FakeAudioServer(taps)  # type: ignore[arg-type]
        return self.server

    def _make_pool(self, deliver: Callable[[Heard], None]) -> FakePool:
        self.pool = FakePool(deliver)
        return self.pool

    def script(self, call_id: str = "c1") -> Script:
        return Script(lambda: self.now, call_id)


@pytest.fixture
def bench() -> Bench:
    return Bench()


@pytest.fixture
async def listener(bench: Bench) -> AsyncIterator[Listener]:
    listener = bench.build()
    await listener.start()
    yield listener
    await listener.aclose()


async def until(condition: Callable[[], object]) -> None:
    async with asyncio.timeout(5):
        while not condition():
            await asyncio.sleep(0.002)


async def test_both_legs_are_tapped_recognised_and_written(bench: Bench, listener: Listener) -> None:
    call = bench.script()
    await listener.handle(call.joins("cust"))
    await listener.handle(call.joins("ag", agent="1001"))
    await until(lambda: len(bench.server.open_streams) == 2)
    assert bench.pbx.tapped() == ["PJSIP/trunk-cust", "PJSIP/1001-ag"]
    assert bench.pbx.sent[0].keys["Data"].endswith(",qoES")
    bench.pool.hear("cust", "the brakes failed", start=12.5)
    bench.pool.hear("ag", "i am sorry", start=14.0)
    await listener.settled()
    (first, second) = bench.transcript.utterances
    assert (first[0], first[1], first[2].text, first[2].start, first[3]) == (
        "c1",
        "cust",
        "the brakes failed",
        12.5,
        ("brakes",),
    )
    assert second[1] == "ag"
    assert first[2].language == "en"


async def test_sound_goes_through_the_gate_with_call_seconds(bench: Bench, listener: Listener) -> None:
    call = bench.script()
    await listener.handle(call.joins("cust"))
    await until(lambda: bench.server.open_streams)
    (stream,) = bench.server.open_streams
    # Odd sizes: the cutting into frames of 20 ms is the listener's affair.
    sound = VOICE * 50 + SILENCE * 40
    for offset in range(0, len(sound), 500):
        bench.server.say(stream, sound[offset : offset + 500], 11.0 + offset / 16_000)
    key = bench.pool.key("cust")
    fed = bench.pool.audio[key]
    assert fed[0][1] == pytest.approx(11.0)
    assert b"".join(pcm for pcm, _ in fed).startswith(VOICE * 50)
    ((ended, end),) = bench.pool.endpoints
    assert ended == key
    assert end == pytest.approx(12.0)


async def test_the_tap_counts_from_the_start_of_the_call(bench: Bench, listener: Listener) -> None:
    bench.pbx.connects = False
    await listener.handle(bench.script().joins("cust"))
    await until(lambda: bench.server.expected)
    (origin,) = bench.server.expected.values()
    assert asyncio.get_running_loop().time() - origin == pytest.approx(10, abs=0.5)


async def test_a_tap_is_armed_at_the_ring_and_private_until_the_answer(bench: Bench, listener: Listener) -> None:
    call = bench.script()
    await listener.handle(call.rings("cust"))
    assert bench.pbx.tapped() == []
    await listener.handle(call.rings("ag", agent="1001"))
    await until(lambda: len(bench.server.open_streams) == 2)
    for stream in bench.server.open_streams:
        bench.server.say(stream, VOICE * 50, 5.0)
    assert not bench.pool.opened
    await listener.handle(call.joins("cust"))
    await listener.handle(call.joins("ag", agent="1001"))
    await asyncio.sleep(0.01)
    assert len(bench.pbx.tapped()) == 2
    assert len(bench.pool.opened) == 2


async def test_many_ringing_telephones_are_not_all_tapped(bench: Bench, listener: Listener) -> None:
    call = bench.script()
    await listener.handle(call.rings("cust"))
    for n in range(9):
        await listener.handle(call.rings(f"ag{n}", agent=f"100{n}"))
    await until(lambda: len(bench.server.open_streams) == 5)
    assert len(bench.pbx.tapped()) == 5


async def test_a_broken_tap_is_asked_for_again_while_the_leg_lives(bench: Bench, listener: Listener) -> None:
    call = bench.script()
    await listener.handle(call.joins("cust"))
    await until(lambda: bench.server.open_streams)
    bench.server.hang_up(bench.server.open_streams[0], "lost")
    await until(lambda: len(bench.pbx.tapped()) == 2 and bench.server.open_streams)
    await listener.handle(call.leaves("cust"))
    assert bench.server.open_streams == []
    await asyncio.sleep(0.02)
    assert len(bench.pbx.tapped()) == 2


async def test_a_link_that_is_down_is_tried_until_it_is_back(bench: Bench, listener: Listener) -> None:
    bench.pbx.error = AmiLinkLost("down")
    await listener.handle(bench.script().joins("cust"))
    await until(lambda: len(bench.pbx.sent) >= 3)
    assert len(bench.server.expected) <= 1
    await until(lambda: any(s["degraded"] == "no_audio" for _, s in bench.transcript.states))
    bench.pbx.error = None
    await until(lambda: bench.server.open_streams)


async def test_a_tap_that_never_connects_is_asked_for_again(bench: Bench, listener: Listener) -> None:
    bench.pbx.connects = False
    await listener.handle(bench.script().joins("cust"))
    await until(lambda: len(bench.pbx.sent) >= 2)
    assert len(bench.server.expected) <= 1


async def test_internal_calls_are_left_alone(bench: Bench, listener: Listener) -> None:
    call = Script(lambda: bench.now, record=make_record(direction=Direction.INTERNAL))
    await listener.handle(call.rings("a", agent="1001"))
    await listener.handle(call.joins("a", agent="1001"))
    await listener.handle(call.joins("b", agent="1002"))
    await listener.handle(call.ends())
    await asyncio.sleep(0.01)
    assert not bench.pbx.sent
    assert not bench.transcript.states


async def test_a_transfer_taps_the_second_agent_in_the_same_call(bench: Bench, listener: Listener) -> None:
    call = bench.script()
    await listener.handle(call.joins("cust"))
    await listener.handle(call.joins("ag1", agent="1001"))
    await listener.handle(call.leaves("ag1"))
    await listener.handle(call.joins("ag2", agent="1002"))
    await listener.handle(call.joins("cust"))
    await until(lambda: len(bench.server.open_streams) == 2)
    assert bench.pbx.tapped() == ["PJSIP/trunk-cust", "PJSIP/1002-ag2"] or len(bench.pbx.tapped()) == 3
    assert len([key for key in bench.pool.opened if key.startswith("cust")]) == 1
    bench.pool.hear("ag2", "hello")
    await listener.settled()
    assert bench.transcript.utterances[-1][:2] == ("c1", "ag2")


async def test_legs_of_a_merged_call_go_on_under_the_other_on_its_clock(bench: Bench, listener: Listener) -> None:
    first = bench.script("c1")
    await listener.handle(first.joins("cust"))
    consultation = Script(lambda: bench.now, record=make_record("c2", started_at=STARTED + 6))
    await listener.handle(consultation.joins("ag2", agent="1002"))
    bench.pool.hear("ag2", "one moment", start=3.0)
    await listener.handle(consultation.merges("c1"))
    await listener.handle(first.joins("ag2", agent="1002"))
    bench.pool.hear("ag2", "hello", seq=2, start=5.0)
    await listener.settled()
    assert [u[0] for u in bench.transcript.utterances] == ["c2", "c1"]
    assert [u[2].start for u in bench.transcript.utterances] == pytest.approx([3.0, 11.0], abs=0.1)
    assert len([key for key in bench.pool.opened if key.startswith("ag2")]) == 1


async def test_a_restart_numbers_on_from_what_is_stored(bench: Bench, listener: Listener) -> None:
    bench.transcript.stored_before = 7
    await listener.handle(bench.script().joins("cust"))
    bench.pool.hear_partial("cust", "the", seq=1)
    bench.pool.hear("cust", "the brakes", seq=1)
    bench.pool.hear("cust", "the brakes!", seq=1, revision=2)
    await listener.settled()
    assert bench.transcript.partials[0][2].seq == 8
    assert [(u[2].seq, u[2].revision) for u in bench.transcript.utterances] == [(8, 1), (8, 2)]


async def test_a_leg_that_is_opened_anew_never_reuses_a_number(bench: Bench, listener: Listener) -> None:
    call = bench.script()
    await listener.handle(call.joins("cust"))
    bench.pool.hear("cust", "one", seq=3)
    before = bench.pool.key("cust")
    bench.pool.say("cust", "failed", "worker died")
    await until(lambda: bench.pool.key("cust") != before)
    bench.pool.hear("cust", "two", seq=1)
    await listener.settled()
    assert bench.transcript.utterances[-1][2].seq > 3
    await until(lambda: bench.transcript.states[-1][1]["degraded"] in ("worker_restarted", ""))


async def test_late_words_after_the_end_still_arrive(bench: Bench, listener: Listener) -> None:
    call = bench.script()
    await listener.handle(call.joins("cust"))
    await listener.handle(call.leaves("cust"))
    await listener.handle(call.ends())
    bench.pool.hear("cust", "goodbye", start=9.0)
    bench.pool.say("cust", "closed")
    bench.pool.hear("cust", "after the last word")
    await listener.settled()
    assert [u[2].text for u in bench.transcript.utterances] == ["goodbye"]
    assert listener.status().legs == 0
    assert listener.status().taps == 0


async def test_a_full_box_drops_corrections_then_agents_then_live_text(bench: Bench, listener: Listener) -> None:
    bench.pool.room, bench.pool.corrected = 3, 1
    calls = [bench.script(f"c{n}") for n in range(4)]
    await listener.handle(calls[0].joins("cust0"))
    assert listener.status().load == "full"
    await listener.handle(calls[0].joins("ag0", agent="1000"))
    assert listener.status().load == "no_second_pass"
    await listener.handle(calls[1].joins("cust1"))
    await listener.handle(calls[1].joins("ag1", agent="1001"))
    assert listener.status().load == "customer_only"
    await listener.handle(calls[2].joins("cust2"))
    assert {key.split("#")[0] for key in bench.pool.legs} == {"cust0", "cust1", "cust2"}
    await listener.handle(calls[3].joins("cust3"))
    assert listener.status().load == "after_call"
    await listener.settled()
    last = dict(bench.transcript.states)
    await until(lambda: dict(bench.transcript.states)["c0"]["degraded"] == "customer_only")
    assert last["c3"]["mode"] == "after_call"
    assert last["c3"]["degraded"] == "after_call"
    await listener.handle(calls[0].leaves("cust0"))
    assert "cust3" in {key.split("#")[0] for key in bench.pool.legs}


async def test_a_missing_model_leaves_the_product_without_live_text(bench: Bench) -> None:
    listener = bench.build()
    bench.pool.missing = Unavailable("callcenter models pull en-vosk")
    await listener.start()
    await listener.handle(bench.script().joins("cust"))
    await listener.settled()
    assert listener.status().load == "off"
    assert "models pull" in listener.status().unavailable
    assert bench.transcript.states[0][1]["degraded"] == "no_model"
    assert not bench.pbx.sent
    await listener.aclose()


async def test_a_language_without_a_model_is_said_and_can_be_changed(bench: Bench) -> None:
    bench.config = replace(bench.config, languages=frozenset({"zh"}))
    listener = bench.build()
    await listener.start()
    await listener.handle(bench.script().joins("cust"))
    await listener.settled()
    assert bench.transcript.states[-1][1]["degraded"] == "no_model"
    listener.set_language("c1", "zh")
    assert bench.pool.legs[bench.pool.key("cust")]["language"] == "zh"
    await listener.aclose()


@pytest.mark.parametrize(
    ("load", "told"), [(0, "full"), (1, "no_second_pass"), (2, "customer_only"), (3, "after_call")]
)
async def test_what_the_pool_gives_up_for_a_while_is_said(
    bench: Bench, listener: Listener, load: int, told: str
) -> None:
    call = bench.script()
    await listener.handle(call.joins("cust"))
    await listener.handle(call.joins("ag", agent="1001"))
    bench.pool.load = load
    assert listener.status().load == told
    reason = "" if told == "full" else told
    await until(lambda: bench.transcript.states and bench.transcript.states[-1][1]["degraded"] == reason)


async def test_legs_that_talked_before_a_restart_are_tapped_anew(bench: Bench, listener: Listener) -> None:
    before = OpenLegs()
    call = bench.script()
    for event in (call.joins("cust"), call.joins("ag1", agent="1001"), call.leaves("ag1")):
        before.see(event)
    bench.now += 20
    await listener.resume(before.joined)
    await until(lambda: bench.server.open_streams)
    assert bench.pbx.tapped() == ["PJSIP/trunk-cust"]
    assert bench.pool.opened == ["cust#1"]
    before.see(call.ends())
    assert before.joined == ()


async def test_listening_switched_off_says_so(bench: Bench) -> None:
    bench.config = replace(bench.config, mode=Mode.OFF)
    listener = bench.build()
    await listener.start()
    await listener.handle(bench.script().joins("cust"))
    await listener.settled()
    assert bench.transcript.states == [("c1", {"mode": "off", "degraded": "", "lag_seconds": 0.0, "coverage": {}})]
    assert not bench.server.started
    await listener.aclose()


async def test_an_early_alert_is_confirmed_or_taken_back(bench: Bench, listener: Listener) -> None:
    await listener.handle(bench.script().joins("cust"))
    bench.pool.hear_partial("cust", "my brakes")
    bench.pool.hear_partial("cust", "my brakes are")
    bench.pool.hear("cust", "my breaks are over")
    await listener.settled()
    assert bench.transcript.alerts == [("cust", 1, "brakes")]
    assert bench.transcript.retracted == [("cust", 1, "brakes")]


async def test_a_database_that_refuses_does_not_end_listening(bench: Bench, listener: Listener) -> None:
    await listener.handle(bench.script().joins("cust"))
    bench.transcript.error = OSError("disk full")
    bench.pool.hear("cust", "one")
    await listener.settled()
    bench.transcript.error = None
    bench.pool.hear("cust", "two", seq=2)
    await listener.settled()
    assert [u[2].text for u in bench.transcript.utterances] == ["two"]
    assert listener.status().failed_deliveries == 1


async def test_coverage_counts_what_nobody_listened_to(bench: Bench, listener: Listener) -> None:
    await listener.handle(bench.script().joins("cust"))
    await until(lambda: bench.server.open_streams)
    bench.pbx.connects = False
    bench.server.hang_up(bench.server.open_streams[0], "lost")
    await until(lambda: bench.transcript.states and bench.transcript.states[-1][1]["coverage"].get("customer", 1) < 0.6)


def test_the_gate_is_the_measured_one() -> None:
    assert ListenConfig(taps=TapConfig(host="x")).gate == GateConfig()
