"""Normalised text and the way back to what was written."""

from hypothesis import given
from hypothesis import strategies as st

from callcenter.core.keywords.normalise import ChineseNormaliser, EnglishNormaliser, fold_pattern

ZH = ChineseNormaliser({"您": "你", "客诉": "投诉", "回覆": "回复"}, ["嗯", "哎呀"])
EN = EnglishNormaliser({"dont": "don't"}, ["um"])


def test_chinese_folds_scripts_widths_and_regional_words() -> None:
    assert ZH("嗯，我要　客訴！ＡＢＣ１２３").text == "我要投诉。abc123"
    assert ZH("四 s 店").text == "四s店"
    assert ZH("睡不著").text == "睡不着"


def test_chinese_spans_point_into_the_original() -> None:
    text = "嗯，我 要 客訴，謝謝"
    normalised = ZH(text)
    at = normalised.text.index("投诉")
    start, end = normalised.original_span(at, at + 2)
    assert text[start:end] == "客訴"


def test_english_keeps_apostrophes_and_marks_sentences() -> None:
    assert EN("Mr. Wang, I DONT  care… It’s 3,500!").text == "mr wang i don't care . it's 3500 ."
    assert EN("um, the owners' club").text == "the owners club"


def test_english_spans_point_into_the_original() -> None:
    text = "So — I’d like a REFUND, now."
    normalised = EN(text)
    at = normalised.text.index("a refund")
    start, end = normalised.original_span(at, at + len("a refund"))
    assert text[start:end] == "a REFUND"


def test_patterns_fold_like_text() -> None:
    assert fold_pattern("您們(憑什麼)", {"您": "你"}) == "你们(凭什么)"


@given(st.text(max_size=80))
def test_every_character_knows_its_origin(text: str) -> None:
    for normaliser in (ZH, EN):
        normalised = normaliser(text)
        assert len(normalised.text) == len(normalised.starts) == len(normalised.ends)
        assert all(0 <= s <= e <= len(text) for s, e in zip(normalised.starts, normalised.ends, strict=True))
        assert list(normalised.starts) == sorted(normalised.starts)
