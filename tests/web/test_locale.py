"""Three complete languages: every message translated, placeholders equal, nothing left over."""

import re
from functools import cache
from io import BytesIO
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog, Message
from babel.messages.extract import extract_from_dir
from babel.messages.frontend import parse_mapping_cfg
from babel.messages.pofile import read_po

from callcenter.web import i18n
from callcenter.web.words import WORDS, word
from tests.site import Site

ROOT = Path(__file__).parents[2]
CATALOGUES = ["zh_Hans", "zh_Hant"]
PLACEHOLDER = re.compile(r"%\(\w+\)s|\{\w+\}")
SIMPLIFIED_ONLY = "电话录标转关时说话车辆权产务个发号这请检过还没错误话开进状应场实处连断数"
"""Characters that traditional Chinese writes differently."""
TRADITIONAL_ONLY = "電話錄標轉關時說車輛權產務個發號這請檢過還沒錯誤開進狀應場實處連斷數"


@cache
def plural_of() -> dict[str, str]:
    """Every message that templates and code use, with its plural form or nothing."""
    with (ROOT / "babel.cfg").open("r", encoding="utf-8") as file:
        methods, options = parse_mapping_cfg(file)  # type: ignore[no-untyped-call]
    keywords = {"_": None, "gettext": None, "ngettext": (1, 2), "marked": None}
    found: dict[str, str] = {}
    for _name, _line, message, _comments, _context in extract_from_dir(ROOT, methods, options, keywords=keywords):
        one, many = message[:2] if isinstance(message, tuple) else (message, "")
        if one:
            found[one] = many
    return found


def catalogue(name: str) -> Catalog:
    path = i18n.LOCALE_DIR / name / "LC_MESSAGES" / "messages.po"
    return read_po(BytesIO(path.read_bytes()), locale=name)


def entries(name: str) -> list[Message]:
    return [message for message in catalogue(name) if message.id]


def ids(message: Message) -> tuple[str, ...]:
    return tuple(str(i) for i in (message.id if isinstance(message.id, tuple) else (message.id,)))


def texts(message: Message) -> tuple[str, ...]:
    return tuple(str(s or "") for s in (message.string if isinstance(message.string, tuple) else (message.string,)))


@pytest.mark.parametrize("name", CATALOGUES)
def test_every_message_in_use_is_translated_and_no_other(name: str) -> None:
    have = {ids(message)[0] for message in entries(name)}
    assert have == set(plural_of())


@pytest.mark.parametrize("name", CATALOGUES)
def test_nothing_is_empty_or_fuzzy(name: str) -> None:
    assert [m.id for m in entries(name) if m.fuzzy or not all(texts(m))] == []


@pytest.mark.parametrize("name", CATALOGUES)
def test_placeholders_are_the_same(name: str) -> None:
    for message in entries(name):
        wanted = set(PLACEHOLDER.findall(ids(message)[-1]))
        for text in texts(message):
            assert set(PLACEHOLDER.findall(text)) == wanted, message.id


@pytest.mark.parametrize(
    ("name", "foreign"),
    [
        ("zh_Hans", set(TRADITIONAL_ONLY) - set(SIMPLIFIED_ONLY)),
        ("zh_Hant", set(SIMPLIFIED_ONLY) - set(TRADITIONAL_ONLY)),
    ],
)
def test_each_chinese_keeps_to_its_own_characters(name: str, foreign: set[str]) -> None:
    wrong = [text for message in entries(name) for text in texts(message) if foreign & set(text)]
    assert wrong == []


def test_taiwan_has_its_own_words() -> None:
    with i18n.use("zh-TW"):
        assert i18n.ngettext("%(num)s open complaint", "%(num)s open complaints", 2) == "%(num)s 件未結客訴"
        assert word("agent", "speaker") == "座席"
    with i18n.use("zh-CN"):
        assert word("agent", "speaker") == "坐席"


def test_every_stored_word_has_a_translation() -> None:
    with i18n.use("zh-CN"):
        for kind, table in WORDS.items():
            for value, english in table.items():
                assert not english or word(value, kind) != english, (kind, value)


def test_a_value_of_a_newer_part_is_shown_as_it_is() -> None:
    assert word("some_new_state", "state") == "some new state"


@pytest.mark.parametrize(
    ("header", "language"),
    [
        ("zh-CN,zh;q=0.9,en;q=0.8", "zh-CN"),
        ("zh-TW", "zh-TW"),
        ("zh-HK,zh;q=0.8", "zh-TW"),
        ("en-GB,en;q=0.7", "en"),
        ("fr", "zh-CN"),
        ("", "zh-CN"),
    ],
)
def test_the_browsers_language_is_understood(header: str, language: str) -> None:
    assert i18n.negotiate(header, "zh-CN") == language


def test_words_of_constants_are_in_the_readers_language_not_in_that_of_the_start(seeded_site: Site) -> None:
    template = seeded_site.app.state.site.render.env.from_string('{{ "agent" | word("speaker") }}')
    for language, expected in (("en", "Agent"), ("zh-CN", "坐席"), ("zh-TW", "座席")):
        with i18n.use(language):
            assert template.render() == expected
