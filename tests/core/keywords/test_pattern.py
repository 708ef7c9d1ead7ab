"""The pattern language: what it means, what it refuses, and that no pattern can run away."""

import re

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from callcenter.core.keywords.literals import Literals
from callcenter.core.keywords.pattern import Language, PatternError, parse
from callcenter.core.keywords.regex import to_regex
from tests.core.keywords.measure import Sentence, is_flagged


def found(pattern: str, text: str, language: Language = Language.ZH) -> str | None:
    macros = {"num": parse("(\\d|[一二三])", Language.ZH)}
    match = re.search(to_regex(parse(pattern, language, macros), language), text)
    return match.group() if match else None


@pytest.mark.parametrize(
    ("pattern", "text", "expected"),
    [
        ("(修|换)了?{num}次", "我换了三次", "换了三次"),
        ("刹车~3软", "刹车突然变软", "刹车突然变软"),
        ("刹车~3软", "刹车突然就变得软", None),
        ("刹车~3软", "刹车。软", None),
        ("第[三四]次", "第四次", "第四次"),
        ("好+坏", "好好好坏", "好好好坏"),
        ("^就这$", "你说。就这。行", "就这"),
        ("^就这$", "就这样", None),
        ("车.修", "车要修", "车要修"),
    ],
)
def test_chinese(pattern: str, text: str, expected: str | None) -> None:
    assert found(pattern, text) == expected


@pytest.mark.parametrize(
    ("pattern", "text", "expected"),
    [
        ("brake* (fail*|failure)", "the brakes failed", "brakes failed"),
        ("sue you", "an issue you see", None),
        ("(the )?car ~2 fire", "the car caught fire", "the car caught fire"),
        ("car ~2 fire", "car . fire", None),
        ("(could|can)n't stop", "i couldn't stop", "couldn't stop"),
        ("promised ~4", "was promised", "promised"),
        ("^good", "hello . good car", "good"),
        ("^good", "a good car", None),
        ("left (you |you guys )*two messages", "left two messages", "left two messages"),
        ("left (you |them )*two messages", "left them you two messages", "left them you two messages"),
        ("had one job$", "you had one job . bye", "had one job"),
    ],
)
def test_english(pattern: str, text: str, expected: str | None) -> None:
    assert found(pattern, text, Language.EN) == expected


@pytest.mark.parametrize(
    "pattern",
    [
        "",
        "(a",
        "a)",
        "~x",
        "~99a",
        "a{nothing}",
        "a{num",
        "[]",
        "[^a]",
        "[a",
        "*a",
        "?",
        "a|*",
        "\\w",
        "~3?a",
        "a}",
        "(a+b)*",
    ],
)
def test_refused_with_the_place(pattern: str) -> None:
    with pytest.raises(PatternError, match=r"character|empty"):
        parse(pattern, Language.ZH)


def test_error_names_known_macros() -> None:
    with pytest.raises(PatternError, match="known are: dur, num"):
        parse("{dru}", Language.ZH, {"num": parse("一", Language.ZH), "dur": parse("二", Language.ZH)})


@given(st.text("ab一二(|)?*+~{}[]^$.\\d3- ", max_size=30), st.sampled_from(list(Language)))
def test_any_text_is_a_pattern_or_a_pattern_error(pattern: str, language: Language) -> None:
    try:
        node = parse(pattern, language)
    except PatternError:
        return
    re.compile(to_regex(node, language))
    Literals().required(node)
    list(Literals().words(node))


PATTERNS = st.recursive(
    st.sampled_from(["a", "b", "c", ".", "[ab]", "~5", "a?", "(b|c)?", "b+", "(ab)*"]),
    lambda inner: st.one_of(
        st.tuples(inner, inner).map("".join),
        st.tuples(inner, inner).map(lambda pair: f"({pair[0]}|{pair[1]})"),
    ),
    max_leaves=5,  # eight adjacent repetitions take Python's matcher seconds, which no shipped pattern does
)


@given(PATTERNS, st.text("abc。", max_size=40))
@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_required_literals_never_hide_a_match(pattern: str, text: str) -> None:
    node = parse(pattern, Language.ZH)
    needs = Literals().required(node)
    match = re.search(to_regex(node, Language.ZH), text)
    if match and match.group() and needs is not None:
        assert any(literal in text for literal in needs)


@given(st.text("我你等了三天还没修好第次a ", min_size=200, max_size=400))
@settings(deadline=None, max_examples=30)
def test_shipped_patterns_end_on_hostile_text(text: str) -> None:
    is_flagged(Sentence(text=text, language="zh", complaint=False))
