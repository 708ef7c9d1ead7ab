"""`python -m tests.web.messages`: put new messages of pages into the catalogues, empty, and drop those no longer in
use. Then translate: `tests/web/test_locale.py` names what is missing."""

from babel.messages.catalog import Catalog
from babel.messages.pofile import write_po

from callcenter.web.i18n import LOCALE_DIR
from tests.web.test_locale import CATALOGUES, catalogue, ids, plural_of


def update(name: str) -> None:
    """Bring one catalogue in step with the pages."""
    old = catalogue(name)
    new = Catalog(locale=name, project="callcenter", header_comment=old.header_comment, fuzzy=False)
    kept = {ids(message)[0]: message for message in old if message.id}
    for message_id in sorted(plural_of()):
        plural = plural_of()[message_id]
        key = (message_id, plural) if plural else message_id
        had = kept.get(message_id)
        new.add(key, had.string if had else None)
    with (LOCALE_DIR / name / "LC_MESSAGES" / "messages.po").open("wb") as file:
        write_po(file, new, width=110, no_location=True, sort_output=True, omit_header=False)


if __name__ == "__main__":
    for each in CATALOGUES:
        update(each)
