from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from callcenter.core.numbers import HIDDEN, NumberKind, parse_number, shown

VECTORS = yaml.safe_load((Path(__file__).parent / "validation_vectors.yaml").read_text())["phones"]


@pytest.mark.parametrize("vector", VECTORS, ids=lambda v: v["in"] or "empty")
def test_vectors(vector: dict[str, Any]) -> None:
    number = parse_number(vector["in"], area_code="028")
    assert (number.kind, number.e164, number.extension) == (
        vector["kind"],
        vector["e164"] or "",
        vector.get("ext", ""),
    )


@pytest.mark.parametrize(
    ("raw", "region", "kind", "e164"),
    [
        ("0912345678", "TW", NumberKind.MOBILE, "+886912345678"),
        ("02-2345-6789", "TW", NumberKind.LANDLINE, "+886223456789"),
        ("9123 4567", "HK", NumberKind.MOBILE, "+85291234567"),
        ("+852 9123 4567", "CN", NumberKind.FOREIGN, "+85291234567"),
        ("+886912345678", "CN", NumberKind.FOREIGN, "+886912345678"),
        ("+44 20 7946 0958", "CN", NumberKind.FOREIGN, "+442079460958"),
        ("13800138000", "CN", NumberKind.MOBILE, "+8613800138000"),
        ("913800138000", "CN", NumberKind.INVALID, ""),
        ("+1", "CN", NumberKind.INVALID, ""),
        ("张伟", "CN", NumberKind.INVALID, ""),
    ],
)
def test_regions(raw: str, region: str, kind: NumberKind, e164: str) -> None:
    number = parse_number(raw, region=region)
    assert (number.kind, number.e164) == (kind, e164)


@pytest.mark.parametrize("raw", [*sorted(HIDDEN), "Anonymous", " UNKNOWN "])
def test_hidden_callers_stay_hidden(raw: str) -> None:
    number = parse_number(raw)
    assert (number.kind, number.e164, number.last8) == (NumberKind.HIDDEN, "", "")


@given(st.text(max_size=40), st.sampled_from(["CN", "TW", "HK", "US"]))
def test_nonsense_is_a_value_not_an_exception(raw: str, region: str) -> None:
    number = parse_number(raw, region=region, area_code="028")
    assert number.e164 == "" or (number.e164.startswith("+") and number.e164[1:].isdigit())


@given(st.from_regex(r"\+861[3-9][0-9]{9}", fullmatch=True))
def test_normalising_twice_changes_nothing(e164: str) -> None:
    assert parse_number(e164).e164 == e164
    assert parse_number(shown(e164)).e164 == e164
