"""How values look on a page: times in the site's zone, lengths, sizes, telephone numbers whole or masked."""

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import phonenumbers
from babel.dates import format_date, format_datetime, format_timedelta

from callcenter.web import i18n

_KEEP_START, _KEEP_END = 3, 4


class Formats:
    """The Jinja filters of one site."""

    def __init__(self, timezone: str, region: str) -> None:
        self.zone = ZoneInfo(timezone)
        self.region = region

    def moment(self, value: datetime | float | None) -> str:
        """Date and time, e.g. `2026-11-20 10:24:31`: the same in every language, so columns align and sort."""
        return "" if value is None else self._local(value).strftime("%Y-%m-%d %H:%M:%S")

    def clock(self, value: datetime | float | None) -> str:
        """Time of day."""
        return "" if value is None else self._local(value).strftime("%H:%M:%S")

    def day(self, value: datetime | date | float | None) -> str:
        """Date, in the language's medium form."""
        if value is None:
            return ""
        when = value if isinstance(value, date) and not isinstance(value, datetime) else self._local(value).date()
        return format_date(when, format="medium", locale=i18n.locale())

    def long(self, value: datetime | float | None) -> str:
        """Date and time as a sentence would have it."""
        if value is None:
            return ""
        return format_datetime(self._local(value), format="medium", tzinfo=self.zone, locale=i18n.locale())

    def ago(self, value: datetime, now: datetime | None = None) -> str:
        """`3 days ago`."""
        delta = value - (now or datetime.now(UTC))
        return format_timedelta(delta, add_direction=True, locale=i18n.locale())

    def phone(self, number: str, *, whole: bool = True) -> str:
        """A stored or dialled number for reading; masked in the middle unless `whole`."""
        text = self._grouped(number)
        return text if whole else mask(text)

    def _grouped(self, number: str) -> str:
        if not number.startswith("+"):
            return number
        try:
            parsed = phonenumbers.parse(number)
        except phonenumbers.NumberParseException:
            return number
        home = phonenumbers.region_code_for_number(parsed) == self.region
        style = phonenumbers.PhoneNumberFormat
        return phonenumbers.format_number(parsed, style.NATIONAL if home else style.INTERNATIONAL)

    def _local(self, value: datetime | float) -> datetime:
        moment = value if isinstance(value, datetime) else datetime.fromtimestamp(value, UTC)
        return moment.astimezone(self.zone)


def duration(seconds: float | None) -> str:
    """`4:05`, `1:02:03`; a dash when it did not happen."""
    if seconds is None:
        return "–"
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02d}:{rest:02d}" if hours else f"{minutes}:{rest:02d}"


def size(count: float) -> str:
    """Bytes in the unit that keeps it short (powers of 1,000)."""
    for unit in ("B", "kB", "MB", "GB"):
        if count < 1000:
            return f"{count:.0f} {unit}"
        count /= 1000
    return f"{count:.1f} TB"


def mask(text: str) -> str:
    """A number with its middle digits starred, spacing kept: `138 **** 5678`. Short numbers (extensions,
    service numbers) name nobody and stay whole."""
    places = [i for i, character in enumerate(text) if character.isalnum()]
    if len(places) <= _KEEP_END + 2:
        return text
    hidden = set(places[_KEEP_START:-_KEEP_END] if len(places) > _KEEP_START + _KEEP_END else places[1:-2])
    return "".join("*" if i in hidden else character for i, character in enumerate(text))
