"""Telephone numbers made comparable (domain.md §2.4.1): E.164 for storage and matching, hidden callers respected.

Chinese rules come first when the dealership is in China, because carriers there write mobiles with a leading zero and
long-distance prefixes that no standard knows; every other number goes through phonenumbers (libphonenumber)."""

import re
import unicodedata
from dataclasses import dataclass
from enum import StrEnum

import phonenumbers

HIDDEN = frozenset({"", "anonymous", "unavailable", "restricted", "unknown", "<unknown>", "private", "withheld"})
"""What PBXes write for a caller who does not want to be known (ami.md §D.14)."""

_LONG_DISTANCE = ("17909", "17951", "12593")
_SERVICE = re.compile(r"400[016789]\d{6}|800\d{7}|9\d{4,5}|1\d{4}|110|119|120|122")
_MOBILE = re.compile(r"1[3-9]\d{9}")
_LANDLINE = re.compile(r"0?(?:(10|2[0-57-9])([2-9]\d{7})|([3-9]\d{2})([2-9]\d{6,7}))")
_EXTENSION_SUFFIX = re.compile(r"(?:-|转|轉|ext\.?|#)\s*(\d{1,6})$", re.IGNORECASE)
_LAST_DIGITS = 8


class NumberKind(StrEnum):
    """What sort of number it is; only mobiles, landlines and foreign numbers belong to customers."""

    MOBILE = "mobile"
    LANDLINE = "landline"
    SERVICE = "service"
    EXTENSION = "extension"
    FOREIGN = "foreign"
    HIDDEN = "hidden"
    INVALID = "invalid"


@dataclass(frozen=True, slots=True, kw_only=True)
class Number:
    """A telephone number as stored and matched."""

    raw: str
    kind: NumberKind
    e164: str = ""
    """With `+`; empty when hidden, invalid, internal or a service number."""
    extension: str = ""
    """What follows `-`, 转 or `ext`."""

    @property
    def last8(self) -> str:
        """The digits that survive a carrier's rewriting of the prefix; empty when there are fewer."""
        digits = self.e164.lstrip("+")
        return digits[-_LAST_DIGITS:] if len(digits) >= _LAST_DIGITS else ""


def parse_number(raw: str, *, region: str = "CN", area_code: str = "") -> Number:
    """Normalise `raw` for a dealership in `region` (ISO 3166, CN, TW, HK, …) whose own area code completes
    local numbers. Never raises: nonsense comes back as `INVALID`."""
    text = unicodedata.normalize("NFKC", raw).strip()
    if text.lower() in HIDDEN:
        return Number(raw=raw, kind=NumberKind.HIDDEN)
    suffix = _EXTENSION_SUFFIX.search(text)
    if suffix:
        # 199-0000-0001 has no extension: what stands before one must be a whole number.
        kind, e164 = _read(text[: suffix.start()], region, area_code)
        if e164:
            return Number(raw=raw, kind=kind, e164=e164, extension=suffix.group(1))
    kind, e164 = _read(text, region, area_code)
    return Number(raw=raw, kind=kind, e164=e164)


def _read(text: str, region: str, area_code: str) -> tuple[NumberKind, str]:
    digits = re.sub(r"[\s\-()/.·]", "", text)
    if not re.fullmatch(r"\+?[0-9]+", digits):
        return NumberKind.INVALID, ""
    found = _chinese(digits, area_code) if region == "CN" else None
    return found or _international(digits, region)


def _chinese(digits: str, area_code: str) -> tuple[NumberKind, str] | None:
    """The Chinese reading, or None for a number that says it is foreign."""
    national = _without_prefixes(digits)
    if national is None:
        return None
    if _MOBILE.fullmatch(national):
        return NumberKind.MOBILE, f"+86{national}"
    if national.startswith("0") and _MOBILE.fullmatch(national[1:]):
        return NumberKind.MOBILE, f"+86{national[1:]}"
    if _SERVICE.fullmatch(national):
        return NumberKind.SERVICE, ""
    if _LANDLINE.fullmatch(national):
        return NumberKind.LANDLINE, f"+86{national.removeprefix('0')}"
    if re.fullmatch(r"\d{2,6}", national):
        return NumberKind.EXTENSION, ""
    if re.fullmatch(r"[2-9]\d{6,7}", national) and area_code:
        return NumberKind.LANDLINE, f"+86{area_code.lstrip('0')}{national}"
    return NumberKind.INVALID, ""


def _without_prefixes(digits: str) -> str | None:
    for prefix in _LONG_DISTANCE:
        if digits.startswith(prefix) and len(digits) > len(prefix) + 6:
            digits = digits.removeprefix(prefix)
    if digits.startswith(("+86", "0086")):
        return digits.removeprefix("+86").removeprefix("0086")
    if digits.startswith(("+", "00")):
        return None
    rest = digits.removeprefix("86")
    if digits.startswith("86") and (_MOBILE.fullmatch(rest) or (len(rest) > 8 and _LANDLINE.fullmatch(rest))):
        return rest
    return digits


def _international(digits: str, region: str) -> tuple[NumberKind, str]:
    if re.fullmatch(r"\d{2,6}", digits):
        return NumberKind.EXTENSION, ""
    try:
        number = phonenumbers.parse(digits, region)
    except phonenumbers.NumberParseException:
        return NumberKind.INVALID, ""
    if not phonenumbers.is_possible_number(number):
        return NumberKind.INVALID, ""
    return _kind(number, region), phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


def _kind(number: phonenumbers.PhoneNumber, region: str) -> NumberKind:
    if phonenumbers.region_code_for_number(number) != region:
        return NumberKind.FOREIGN
    mobile = phonenumbers.number_type(number) == phonenumbers.PhoneNumberType.MOBILE
    return NumberKind.MOBILE if mobile else NumberKind.LANDLINE


def shown(e164: str, *, region: str = "CN") -> str:
    """A stored number as people of the region write it: national at home, international abroad."""
    try:
        number = phonenumbers.parse(e164, None)
    except phonenumbers.NumberParseException:
        return e164
    home = phonenumbers.region_code_for_number(number) == region
    style = phonenumbers.PhoneNumberFormat.NATIONAL if home else phonenumbers.PhoneNumberFormat.INTERNATIONAL
    return phonenumbers.format_number(number, style)
