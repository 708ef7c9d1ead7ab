"""The rules keep what they reach on the labelled sentences, as written and with homophone errors."""

import pytest

from tests.core.keywords.measure import misheard, score, sentences


@pytest.mark.parametrize("use", ["dev", "test", "final"])
@pytest.mark.parametrize("language", ["zh", "en"])
def test_precision_and_recall_as_written(use: str, language: str) -> None:
    reached = score([s for s in sentences(use) if s.language == language])
    assert reached.precision >= 0.90
    assert reached.recall >= 0.20


@pytest.mark.parametrize("use", ["dev", "test"])
def test_chinese_with_homophone_errors(use: str) -> None:
    chinese = [s for s in sentences(use) if s.language == "zh"]
    reached = score([misheard(s, 0.15, seed=1) for s in chinese])
    assert reached.precision >= 0.90
    assert reached.recall >= 0.75 * score(chinese).recall
