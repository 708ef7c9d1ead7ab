import pytest
from hypothesis import given
from hypothesis import strategies as st

from callcenter.audio.clock import EARLINESS_ALLOWED, LATENESS_ALLOWED, ArrivalClock

RATE = 8_000
FRAME = 160


def test_steady_frames_need_no_padding() -> None:
    clock = ArrivalClock(RATE)
    placed = [clock.place(100 + 0.02 * n, FRAME) for n in range(500)]
    assert [p.padding for p in placed] == [0] * 500
    assert placed[0].start == pytest.approx(99.98)
    assert placed[-1].start == pytest.approx(99.98 + 0.02 * 499)


def test_a_hole_is_filled_so_that_sample_time_is_call_time() -> None:
    clock = ArrivalClock(RATE)
    clock.place(10.0, FRAME)
    placed = clock.place(12.0, FRAME)
    assert placed.padding == 15_840
    assert placed.padding_start == pytest.approx(10.0)
    assert placed.start == pytest.approx(11.98)


def test_jitter_below_the_limit_is_not_a_hole() -> None:
    clock = ArrivalClock(RATE)
    clock.place(10.0, FRAME)
    assert clock.place(10.09, FRAME).padding == 0


def test_a_late_reader_sees_one_batch_and_no_hole() -> None:
    clock = ArrivalClock(RATE)
    clock.place(10.0, FRAME)
    placed = clock.place(11.0, 50 * FRAME)
    assert placed.padding == 0
    assert placed.start == pytest.approx(10.0)


def test_silence_is_filled_while_nothing_arrives() -> None:
    clock = ArrivalClock(RATE)
    assert clock.idle(9.0) is None
    clock.place(10.0, FRAME)
    assert clock.idle(10.1) is None
    placed = clock.idle(10.5)
    assert placed is not None
    assert placed.padding == pytest.approx(0.4 * RATE, abs=1)
    assert clock.place(10.52, FRAME).padding == 0


def test_a_burst_after_a_filled_stall_goes_back_to_arrival_time_by_itself() -> None:
    clock = ArrivalClock(RATE)
    clock.place(10.0, FRAME)
    clock.idle(10.9)
    ahead = clock.place(11.0, 50 * FRAME)
    assert ahead.start + 1.0 > 11.5
    assert not ahead.stepped_back
    after_silence = clock.place(14.0, FRAME)
    assert after_silence.start == pytest.approx(13.98)


def test_time_steps_back_when_far_ahead() -> None:
    clock = ArrivalClock(RATE)
    for n in range(80):
        placed = clock.place(10.0, FRAME)
        if placed.stepped_back:
            assert n in (50, 51)
            break
    else:
        pytest.fail("eighty frames at one moment are 1.6 s ahead")
    assert placed.start == pytest.approx(9.98)


def test_a_rate_must_be_positive() -> None:
    with pytest.raises(ValueError, match="positive"):
        ArrivalClock(0)


steps = st.lists(st.tuples(st.floats(0, 3), st.integers(0, 60), st.booleans()), min_size=1, max_size=60)


@given(steps)
def test_sample_time_stays_near_arrival_and_no_sample_is_lost(
    plan: list[tuple[float, int, bool]],
) -> None:
    clock = ArrivalClock(RATE)
    now, fed, last_end = 50.0, 0, None
    for wait, frames, tick in plan:
        now += wait
        if tick or not frames:
            if placed := clock.idle(now):
                fed += placed.padding
                assert clock.position == pytest.approx(now - LATENESS_ALLOWED, abs=0.001)
                last_end = clock.position
            continue
        samples = frames * FRAME
        placed = clock.place(now, samples)
        fed += placed.padding + samples
        end = placed.start + samples / RATE
        assert clock.position == pytest.approx(end)
        assert now - LATENESS_ALLOWED - 0.001 <= end <= now + EARLINESS_ALLOWED + 0.001
        if last_end is not None and not placed.stepped_back:
            assert placed.padding_start == pytest.approx(last_end)
            assert placed.start == pytest.approx(last_end + placed.padding / RATE)
        last_end = end
    assert clock.padded_samples <= fed
