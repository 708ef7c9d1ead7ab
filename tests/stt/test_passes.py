"""The pure parts of the pool: which text stands, what is given up under load, who waits, how often partials come."""

import itertools
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from callcenter.core.transcript import Speaker, Utterance, Word
from callcenter.stt.choose import LanguageModels, ModelRef
from callcenter.stt.ladder import HOLD_SECONDS, Ladder, Load
from callcenter.stt.leg import LegState, Spoken
from callcenter.stt.pool_types import LegOutput
from callcenter.stt.recognizer import NOTHING, Heard
from callcenter.stt.second_queue import STALE_SECONDS, SecondQueue, Waiting
from callcenter.stt.throttle import GAP_SECONDS, Throttle

REF = ModelRef(id="m", path=Path("m"))


def leg() -> LegState:
    return LegState(
        leg="a",
        group="a",
        speaker=Speaker.CUSTOMER,
        models=LanguageModels(language="en", vosk=REF, whisper=REF),
        rate=8000,
        second_pass=True,
        worker=0,
    )


def heard(text: str, confidence: float = 0.9) -> Heard:
    words = tuple(
        Word(text=word, start=n * 0.1, end=n * 0.1 + 0.1, confidence=confidence) for n, word in enumerate(text.split())
    )
    return Heard(text=text, words=words, confidence=confidence)


def over(state: LegState, *, first: bool = True, second: bool = True) -> Spoken:
    spoken = state.begin(0.0, first=first, second=second)
    spoken.audio += bytes(16000)
    state.end(1.0)
    return spoken


def summary(utterance: Utterance | None) -> tuple[int, str] | None:
    return (utterance.revision, utterance.text) if utterance else None


def test_pass_two_replaces_pass_one() -> None:
    state = leg()
    spoken = over(state)
    spoken.first_heard = heard("my breaks failed")
    assert summary(state.settle(spoken)) == (1, "my breaks failed")
    spoken.second_heard, spoken.second_over = heard("My brakes failed."), True
    assert summary(state.settle(spoken)) == (2, "My brakes failed.")
    assert state.settle(spoken) is None
    assert not state.finishing


def test_pass_two_first_makes_pass_one_superfluous() -> None:
    state = leg()
    spoken = over(state)
    spoken.second_heard, spoken.second_over = heard("yes"), True
    assert summary(state.settle(spoken)) == (2, "yes")
    spoken.first_heard = heard("guess")
    assert state.settle(spoken) is None
    assert not state.finishing


@pytest.mark.parametrize(
    ("first", "expected"),
    [
        (heard("the"), (2, "")),
        (heard("yes i do", 0.4), (2, "")),
        (heard("yes i do"), None),
    ],
)
def test_pass_two_hears_nothing(first: Heard, expected: tuple[int, str] | None) -> None:
    state = leg()
    spoken = over(state)
    spoken.first_heard = first
    state.settle(spoken)
    spoken.second_heard, spoken.second_over = NOTHING, True
    assert summary(state.settle(spoken)) == expected


def test_pass_two_given_up_leaves_pass_one() -> None:
    state = leg()
    spoken = over(state)
    spoken.second_over = True
    assert state.settle(spoken) is None
    spoken.first_heard = heard("hello")
    assert summary(state.settle(spoken)) == (1, "hello")


def test_nothing_heard_and_nothing_shown_says_nothing() -> None:
    state = leg()
    spoken = over(state, second=False)
    spoken.first_heard = NOTHING
    assert state.settle(spoken) is None
    assert not state.finishing


def test_a_shown_partial_that_came_to_nothing_is_taken_back() -> None:
    state = leg()
    spoken = over(state, second=False)
    spoken.partial, spoken.first_heard = "the", NOTHING
    assert summary(state.settle(spoken)) == (1, "")


@given(st.permutations(["first", "second"]), st.sampled_from(["", "the", "a b c"]), st.sampled_from(["", "x y"]))
def test_whatever_the_order_the_same_text_stands(order: list[str], first: str, second: str) -> None:
    state = leg()
    spoken = over(state)
    shown: Utterance | None = None
    for who in order:
        if who == "first":
            spoken.first_heard = heard(first) if first else NOTHING
        else:
            spoken.second_heard, spoken.second_over = heard(second) if second else NOTHING, True
        shown = state.settle(spoken) or shown
    assert (shown.text if shown else "") == (second or (first if first == "a b c" else ""))
    assert not state.finishing


def test_the_ladder_gives_up_in_order_and_takes_back_one_rung_at_a_time() -> None:
    ladder = Ladder()
    assert ladder.update(0.0, first_behind=0.9, second_behind=0.0) is Load.NORMAL
    assert ladder.update(0.1, first_behind=1.1, second_behind=0.0) is Load.NO_SECOND_PASS
    assert not ladder.allows_second(Speaker.CUSTOMER, only_text=False)
    assert ladder.allows_second(Speaker.CUSTOMER, only_text=True)
    assert ladder.update(0.2, first_behind=3.5, second_behind=0.0) is Load.NO_AGENTS
    assert ladder.allows_first(Speaker.CUSTOMER)
    assert not ladder.allows_first(Speaker.AGENT)
    assert ladder.update(0.3, first_behind=11.0, second_behind=0.0) is Load.NO_LIVE_TEXT
    assert not ladder.allows_first(Speaker.CUSTOMER)
    loads = [ladder.update(1.0 + n * HOLD_SECONDS, first_behind=0.0, second_behind=0.0) for n in range(5)]
    assert loads == [3, 2, 1, 0, 0]


def test_a_moment_of_delay_starts_the_calm_anew() -> None:
    ladder = Ladder()
    ladder.update(0.0, first_behind=2.0, second_behind=0.0)
    ladder.update(1.0, first_behind=0.0, second_behind=0.0)
    ladder.update(1.0 + HOLD_SECONDS / 2, first_behind=0.7, second_behind=0.0)
    assert ladder.update(1.1 + HOLD_SECONDS, first_behind=0.0, second_behind=0.0) is Load.NO_SECOND_PASS


def waiting(seq: int, since: float, *, only_text: bool = False) -> Waiting:
    return Waiting(leg="a", seq=seq, only_text=only_text, since=since)


def test_the_queue_serves_texts_before_corrections_and_drops_stale_corrections() -> None:
    queue = SecondQueue()
    queue.push(waiting(1, 0.0))
    queue.push(waiting(2, 1.5))
    queue.push(waiting(3, 1.8, only_text=True))
    assert queue.behind(2.0) == pytest.approx(0.2)
    assert queue.take(2.0) == (waiting(3, 1.8, only_text=True), [])
    assert queue.take(0.1 + STALE_SECONDS) == (waiting(2, 1.5), [waiting(1, 0.0)])
    assert queue.take(9.0) == (None, [])


@given(st.lists(st.tuples(st.floats(0, 20), st.sampled_from(["a", "b"])), max_size=200))
def test_partials_of_a_call_keep_their_distance_and_the_newest_wins(offers: list[tuple[float, str]]) -> None:
    throttle = Throttle()
    shown: list[tuple[float, LegOutput]] = []
    last: dict[str, LegOutput] = {}
    for number, (at, name) in enumerate(sorted(offers)):
        last[name] = LegOutput(leg=name, kind="partial", note=str(number))
        shown += [(at, output) for output in throttle.offer(at, "call", name, last[name])]
    for step in range(4):
        at = 30.0 + step * GAP_SECONDS
        shown += [(at, output) for output in throttle.due(at)]
    times = [at for at, _ in shown]
    assert all(b - a >= GAP_SECONDS for a, b in itertools.pairwise(times))
    for name, output in last.items():
        assert [o for _, o in shown if o.leg == name][-1] == output
