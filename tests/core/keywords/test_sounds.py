"""The table of readings agrees with pypinyin, its source."""

from pypinyin import Style, pinyin

from callcenter.core.keywords.sounds import FUZZY_SOUND, SAME_SOUND, SAME_SOUND_AND_TONE, SoundTable
from tests.core.keywords.measure import shipped


def test_readings_are_among_those_pypinyin_knows() -> None:
    table = shipped()[0].sounds.syllables
    wrong = [
        char
        for char, syllable in table.items()
        if not char.isdigit()
        and syllable.plain
        not in {r.replace("ü", "v") for r in pinyin(char, style=Style.NORMAL, heteronym=True, v_to_u=False)[0]}
    ]
    assert len(wrong) <= 5, wrong


def test_differences() -> None:
    table = SoundTable(["# comment", "zhang1 张章", "zhang3 长", "zan1 簪", "san1 三", ""])
    assert table.of("张簪x3") == table.of("章张x三")
    assert table.difference("张", "张") == 0
    assert table.difference("张", "章") == SAME_SOUND_AND_TONE
    assert table.difference("张", "长") == SAME_SOUND
    assert table.difference("张", "簪") == FUZZY_SOUND
