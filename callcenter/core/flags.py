"""A flag: a keyword rule found its words in an utterance."""

from dataclasses import dataclass

from callcenter.core.transcript import Speaker


@dataclass(frozen=True, slots=True, kw_only=True)
class Flag:
    """One hit of one rule."""

    rule: str
    """Rule id, e.g. `safety.brakes`."""
    category: str
    severity: int
    """1 (note) to 5 (critical), domain.md §4.2."""
    actions: tuple[str, ...]
    """`alert_agent`, `alert_supervisor`, `open_case`, `escalate`, `qa_flag`, `set_do_not_call`."""
    matched: str
    """The characters of the text that matched, as they stand in it."""
    start: int
    """Offset of the first matched character in the text."""
    end: int
    """Offset after the last matched character."""
    speaker: Speaker
    why: str
    """One sentence: which pattern matched and how (as written, by sound)."""
    by_sound: bool = False
