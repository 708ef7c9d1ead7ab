from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from callcenter.services.listening.flags import CallFlags
from tests.services.listening_fakes import make_flag

HERE, THERE = ("cust", 1), ("cust", 2)
BRAKES = make_flag("brakes")


def test_one_partial_is_not_enough_and_two_in_a_row_are() -> None:
    flags = CallFlags()
    assert flags.hear_partial(HERE, 5, (BRAKES,)).raised == ()
    assert flags.hear_partial(HERE, 5, ()).raised == ()
    assert flags.hear_partial(HERE, 5, (BRAKES,)).raised == ()
    assert flags.hear_partial(HERE, 5, (BRAKES,)).raised == (BRAKES,)
    assert flags.hear_partial(HERE, 5, (BRAKES,)).raised == ()


def test_notes_and_mere_sounds_wait_for_the_final_text() -> None:
    flags = CallFlags()
    weak = (make_flag("late", 2), replace(BRAKES, by_sound=True))
    for _ in range(3):
        assert flags.hear_partial(HERE, 5, weak).raised == ()
    assert flags.hear_final(HERE, 5, weak).flags == weak


def test_the_final_text_confirms_or_takes_back() -> None:
    for final, retracted in (((BRAKES,), ()), ((), ("brakes",))):
        flags = CallFlags()
        flags.hear_partial(HERE, 5, (BRAKES,))
        flags.hear_partial(HERE, 5, (BRAKES,))
        verdict = flags.hear_final(HERE, 5, final)
        assert verdict.flags == final
        assert verdict.retracted == retracted


def test_the_same_rule_within_a_minute_is_one_alert() -> None:
    flags = CallFlags()
    assert flags.hear_final(HERE, 5, (BRAKES,)).flags == (BRAKES,)
    assert flags.hear_final(THERE, 30, (BRAKES,)).flags == ()
    assert flags.hear_final(("cust", 3), 65, (BRAKES,)).flags == (BRAKES,)


def test_a_correction_keeps_its_own_flag_and_frees_what_it_takes_back() -> None:
    flags = CallFlags()
    assert flags.hear_final(HERE, 5, (BRAKES,)).flags == (BRAKES,)
    assert flags.hear_final(HERE, 5, (BRAKES,), is_last=True).flags == (BRAKES,)
    flags = CallFlags()
    flags.hear_final(HERE, 5, (BRAKES,))
    flags.hear_final(HERE, 5, (), is_last=True)
    assert flags.hear_final(THERE, 6, (BRAKES,)).flags == (BRAKES,)


def test_a_merged_call_brings_its_alerts() -> None:
    first, second = CallFlags(), CallFlags()
    second.hear_final(("ag", 1), 10, (BRAKES,))
    first.absorb(second)
    assert first.hear_final(HERE, 20, (BRAKES,)).flags == ()


finals = st.lists(st.tuples(st.integers(1, 4), st.floats(0, 300), st.sets(st.sampled_from(["a", "b"]))), max_size=30)


@given(finals)
def test_alerts_of_a_rule_in_different_utterances_are_a_minute_apart(
    plan: list[tuple[int, float, set[str]]],
) -> None:
    flags = CallFlags()
    standing: dict[tuple[str, int], float] = {}
    for seq, at, rules in plan:
        verdict = flags.hear_final(("cust", seq), at, tuple(make_flag(rule) for rule in sorted(rules)))
        assert {f.rule for f in verdict.flags} <= rules
        for rule in ("a", "b"):
            standing.pop((rule, seq), None)
        for flag in verdict.flags:
            others = [t for (rule, n), t in standing.items() if rule == flag.rule and n != seq]
            assert all(abs(at - other) >= 60 for other in others)
            standing[flag.rule, seq] = at
