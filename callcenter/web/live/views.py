"""Which page follows which topics. Topics come from the session's user and role only, never from the browser."""

from dataclasses import dataclass
from typing import Literal

from callcenter.core.permissions import Action, may
from callcenter.store.tables import User

PageName = Literal["base", "desk", "call", "wall", "system"]
SYSTEM_TOPIC = "system"
SUPERVISORS_TOPIC = "supervisors"

_NEEDS: dict[str, Action] = {
    "desk": Action.DESK,
    "call": Action.CALLS_OWN,
    "wall": Action.WALL,
    "system": Action.SYSTEM,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """One open page as the stream sees it. Views with the same key are sent the same bytes."""

    page: PageName
    call_id: int | None
    user: User

    @property
    def key(self) -> tuple[object, ...]:
        """What a rendering depends on, beside the notice."""
        desk = self.user.extension if self.page == "desk" else None
        return (self.page, self.call_id, self.user.language, may(self.user.role, Action.NUMBERS), desk)

    @property
    def topics(self) -> frozenset[str]:
        """What this page is told of."""
        found = {SYSTEM_TOPIC}
        if may(self.user.role, Action.DESK) and self.user.extension:
            found.add(extension_topic(self.user.extension))
        if self.page == "wall":
            found.add(SUPERVISORS_TOPIC)
        if self.page == "call" and self.call_id is not None:
            found.add(f"call:{self.call_id}")
        return frozenset(found)


def is_open_to(page: str, role: str) -> bool:
    """Whether this role may follow such a page."""
    needed = _NEEDS.get(page)
    return needed is None or may(role, needed)


def extension_topic(extension: str) -> str:
    """The topic of one telephone's desk."""
    return f"extension:{extension}"
