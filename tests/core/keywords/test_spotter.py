"""What a flag says, and how misheard words, negation and contexts are treated."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from callcenter.core.flags import Flag
from callcenter.core.keywords import KeywordSpotter
from callcenter.core.transcript import Speaker
from tests.core.keywords.measure import shipped


def spot(text: str, language: str = "zh", speaker: Speaker = Speaker.CUSTOMER) -> tuple[Flag, ...]:
    return shipped()[1].spot(text, language=language, speaker=speaker)


def rules(text: str, language: str = "zh", speaker: Speaker = Speaker.CUSTOMER) -> set[str]:
    return {f.rule for f in spot(text, language, speaker)}


def test_flag_says_rule_words_span_and_why() -> None:
    text = "你好，我要 投訴，請登記"
    flag = next(f for f in spot(text) if f.rule == "complaint.explicit")
    assert text[flag.start : flag.end] == flag.matched == "我要 投訴"
    assert (flag.category, flag.severity) == ("explicit_complaint", 3)
    assert "open_case" in flag.actions
    assert "Explicit complaint" in flag.why and "我要 投訴" in flag.why
    assert not flag.by_sound


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        ("我要头诉你们", "complaint.explicit"),
        ("刹车失零了", "safety.brakes"),
        ("你们还没休好", "repeat.unfixed"),
        ("发动机异想很大", "defect.powertrain"),
    ],
)
def test_misheard_words(text: str, rule: str) -> None:
    flags = {f.rule: f for f in spot(text)}
    assert flags[rule].by_sound
    assert "sounds like" in flags[rule].why


@pytest.mark.parametrize("text", ["期货涨了", "女士您好", "自然风挺好", "请保管好钥匙"])
def test_words_that_only_sound_alike_stay_silent(text: str) -> None:
    assert not spot(text)


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("我不是来投诉的", "zh"),
        ("不会去找记者的", "zh"),
        ("朋友说别的店加价，你们这里有吗", "zh"),
        ("如果配件坏了质保怎么算", "zh"),
        ("I don't want a refund", "en"),
        ("What happens if the part fails", "en"),
    ],
)
def test_negated_asked_and_told_of_others(text: str, language: str) -> None:
    assert not spot(text, language)


def test_general_frames_give_way_to_the_named_matter() -> None:
    assert rules("修了三次还没修好，到底什么时候能好") >= {"repeat.unfixed"}
    assert not any(r.startswith("reproach.") for r in rules("修了三次还没修好，到底什么时候能好"))
    assert "reproach.question" in rules("到底什么时候能好")


@pytest.mark.parametrize(
    ("calm", "turned", "language"),
    [
        ("我不是嫌你们慢", "我不是嫌你们慢，可修了四回还漏油", "zh"),
        ("退款已经到账了", "退款说到账了，到现在也没收到", "zh"),
        ("以前漏油，你们师傅给修好了", "你们师傅给修好了，现在又开始漏油", "zh"),
        ("It rattled but it's quiet now", "It was quiet now it rattles again", "en"),
        ("Turns out the leak was just a loose cap", "Turns out you never fixed the leak", "en"),
    ],
)
def test_a_turn_ends_the_calm(calm: str, turned: str, language: str) -> None:
    assert not rules(calm, language)
    assert rules(turned, language)


def test_warming_leaves_nothing_to_compile() -> None:
    spotter = KeywordSpotter(shipped()[0])
    spotter.warm(["en"])
    assert spotter.spot("I want my money back", language="en", speaker=Speaker.CUSTOMER)


def test_small_signs_together() -> None:
    flags = spot("昨天约好代步车，今天来了你们才跟我说给了别人")
    assert flags


def test_sides_of_the_call() -> None:
    assert rules("这个不归我们管", speaker=Speaker.AGENT) == {"agent.buck_passing"}
    assert "agent.buck_passing" not in rules("这个不归我们管", speaker=Speaker.CUSTOMER)
    assert "complaint.explicit" in rules("我要投诉", speaker=Speaker.UNKNOWN)


@pytest.mark.parametrize("tag", ["zh", "zh-TW", "zh_CN", "", "yue"])
def test_language_tags_and_script(tag: str) -> None:
    assert "complaint.explicit" in rules("我要投诉", tag)
    assert "comp.refund" in rules("I want my money back", "en-US")


@given(st.text(max_size=120), st.sampled_from(["zh", "en", ""]), st.sampled_from(list(Speaker)))
@settings(deadline=None, max_examples=200)
def test_any_text_is_survived_and_spans_fit(text: str, language: str, speaker: Speaker) -> None:
    for flag in spot(text, language, speaker):
        assert text[flag.start : flag.end] == flag.matched
        assert flag.matched


def test_every_rule_has_titles_advice_and_actions() -> None:
    loaded, _ = shipped()
    for rule in loaded.rules:
        assert set(rule.title) == set(rule.category.title) == set(rule.category.advice) == {"zh-CN", "zh-TW", "en"}
        assert rule.actions
    assert shipped()[1].rule("safety.brakes") is not None
    assert shipped()[1].rule("no.such") is None
