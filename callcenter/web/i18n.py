"""Three languages, one at a time: gettext catalogues, and the formats of times and lengths (ui.md §3).

The language is a context variable, so that a pushed fragment is rendered exactly like a page."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import cache
from io import BytesIO
from pathlib import Path

from babel import Locale, negotiate_locale
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.support import NullTranslations, Translations

LOCALE_DIR = Path(__file__).parent / "locale"

LANGUAGES: dict[str, str] = {"zh-CN": "简体中文", "zh-TW": "繁體中文", "en": "English"}
"""BCP 47 tag → its own name. English is the language of the message ids."""

_CATALOGUES = {"zh-CN": "zh_Hans", "zh-TW": "zh_Hant"}
_LOCALES = {"zh-CN": "zh_CN", "zh-TW": "zh_TW", "en": "en"}
_language: ContextVar[str] = ContextVar("language", default="en")


@contextmanager
def use(language: str) -> Iterator[None]:
    """Render in `language` within the block."""
    token = _language.set(language if language in LANGUAGES else "en")
    try:
        yield
    finally:
        _language.reset(token)


def language() -> str:
    """The language being rendered."""
    return _language.get()


def locale() -> Locale:
    """Its formats."""
    return _locale(_language.get())


def gettext(message: str) -> str:
    """`message` in the language being rendered."""
    return str(translations(_language.get()).ugettext(message))


def ngettext(singular: str, plural: str, n: int) -> str:
    """The form for `n` in the language being rendered."""
    return str(translations(_language.get()).ungettext(singular, plural, n))


def marked(message: str) -> str:
    """Mark a string for translation where it is defined; it is translated where it is shown."""
    return message


def negotiate(accept_language: str, default: str) -> str:
    """The best language for a browser that nobody has signed in from."""
    wanted = [part.split(";")[0].strip().replace("-", "_") for part in accept_language.split(",") if part]
    aliases = {"zh": "zh_CN", "zh_Hans": "zh_CN", "zh_Hant": "zh_TW", "zh_HK": "zh_TW", "zh_SG": "zh_CN"}
    wanted = [aliases.get(tag, tag) for tag in wanted]
    found = negotiate_locale(wanted, ["zh_CN", "zh_TW", "en"])
    return found.replace("_", "-") if found else default


@cache
def translations(tag: str) -> NullTranslations:
    """The catalogue of `tag`. Compiled ones come with the wheel; a checkout reads the .po itself."""
    folder = _CATALOGUES.get(tag)
    if folder is None:
        return NullTranslations()
    messages = LOCALE_DIR / folder / "LC_MESSAGES"
    compiled, source = messages / "messages.mo", messages / "messages.po"
    if compiled.exists() and not (source.exists() and source.stat().st_mtime > compiled.stat().st_mtime):
        with compiled.open("rb") as file:
            return Translations(file)
    with source.open("rb") as file:
        catalogue = read_po(file, locale=folder)
    buffer = BytesIO()
    write_mo(buffer, catalogue)
    buffer.seek(0)
    return Translations(buffer)


@cache
def _locale(tag: str) -> Locale:
    return Locale.parse(_LOCALES[tag])
