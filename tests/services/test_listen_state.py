from dataclasses import replace

import pytest

from callcenter.core.transcript import Speaker
from callcenter.services.listening.pbx_time import PbxTime
from callcenter.services.listening.state import Degraded, LegState, ListeningState, Mode, differs, judge

GOOD = LegState(
    speaker=Speaker.CUSTOMER,
    recognised=True,
    second_pass=True,
    corrects=True,
    sounding=True,
    waited_seconds=0,
    coverage=1.0,
    lag_seconds=0.2,
    marked=False,
)
AGENT = replace(GOOD, speaker=Speaker.AGENT)


@pytest.mark.parametrize(
    ("legs", "mode", "degraded"),
    [
        ([GOOD, AGENT], Mode.TWO_PASS, Degraded.NONE),
        ([GOOD, replace(AGENT, second_pass=False)], Mode.TWO_PASS, Degraded.NO_SECOND_PASS),
        ([replace(GOOD, second_pass=False)], Mode.VOSK, Degraded.NO_SECOND_PASS),
        ([GOOD, replace(AGENT, recognised=False)], Mode.TWO_PASS, Degraded.CUSTOMER_ONLY),
        ([replace(GOOD, recognised=False), AGENT], Mode.TWO_PASS, Degraded.AFTER_CALL),
        ([replace(GOOD, recognised=False)], Mode.AFTER_CALL, Degraded.AFTER_CALL),
        ([GOOD, replace(AGENT, sounding=False, waited_seconds=9)], Mode.TWO_PASS, Degraded.NO_AUDIO),
        ([GOOD, replace(AGENT, sounding=False, waited_seconds=1)], Mode.TWO_PASS, Degraded.NONE),
        ([GOOD, replace(AGENT, marked=True)], Mode.TWO_PASS, Degraded.WORKER_RESTARTED),
        ([replace(GOOD, recognised=False, has_no_model=True)], Mode.AFTER_CALL, Degraded.NO_MODEL),
    ],
)
def test_the_worst_trouble_is_told(legs: list[LegState], mode: Mode, degraded: Degraded) -> None:
    state = judge(legs, Mode.TWO_PASS, no_audio_after=5)
    assert (state.mode, state.degraded) == (mode, degraded)


def test_a_side_is_covered_as_well_as_its_worst_leg() -> None:
    state = judge([GOOD, AGENT, replace(AGENT, coverage=0.5, lag_seconds=2)], Mode.VOSK, no_audio_after=5)
    assert state.as_dict() == {
        "mode": "vosk",
        "degraded": "",
        "lag_seconds": 2.0,
        "coverage": {"customer": 1.0, "agent": 0.5},
    }


def test_small_changes_are_not_told() -> None:
    state = ListeningState(mode=Mode.VOSK, lag_seconds=0.2, coverage=((Speaker.AGENT, 1.0),))
    assert differs(state, None)
    assert not differs(replace(state, lag_seconds=0.4, coverage=((Speaker.AGENT, 0.99),)), state)
    assert differs(replace(state, lag_seconds=0.8), state)
    assert differs(replace(state, coverage=((Speaker.AGENT, 0.9),)), state)
    assert differs(replace(state, degraded=Degraded.NO_AUDIO), state)


def test_the_shortest_delay_is_the_difference_of_the_clocks() -> None:
    pbx = PbxTime()
    assert pbx.since(100.0, 107.0) == 7
    for delay in (3.4, 3.001, 3.2):
        pbx.saw(50.0, 50.0 + delay)
    assert pbx.ahead == pytest.approx(3.001)
    assert pbx.since(100.0, 110.0) == pytest.approx(6.999)
