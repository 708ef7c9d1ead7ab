"""Who may do what: one table, read by pages, live topics and the API alike (design.md §8)."""

from enum import StrEnum

from callcenter.core.roles import Role


class Action(StrEnum):
    """One thing a role may be allowed to do."""

    DESK = "desk"
    """Take calls on the agent desk, wrap them up, judge flags of them."""
    CALLS_OWN = "calls.own"
    """See the calls one was offered or took."""
    CALLS_ALL = "calls.all"
    """See everybody's calls."""
    NUMBERS = "numbers"
    """See telephone numbers and plates whole; everybody else sees them masked."""
    PLAY = "recordings.play"
    """Listen to the recording of a call one may see."""
    RETRY = "recordings.retry"
    """Put a failed transcription back in the queue."""
    CUSTOMER_EDIT = "customers.edit"
    """Create a customer, or say which of several a caller is."""
    WALL = "wall"
    """See all live calls and alerts."""
    SYSTEM = "system"
    """See the health of the system."""


_AGENT = frozenset({Action.DESK, Action.CALLS_OWN, Action.NUMBERS, Action.PLAY, Action.CUSTOMER_EDIT})
_QA = frozenset({Action.CALLS_OWN, Action.CALLS_ALL, Action.PLAY})
_SUPERVISOR = _AGENT | _QA | {Action.WALL, Action.RETRY, Action.SYSTEM}

ALLOWED: dict[str, frozenset[Action]] = {
    Role.AGENT: _AGENT,
    Role.QA: _QA,
    Role.SUPERVISOR: _SUPERVISOR,
    Role.ADMIN: _SUPERVISOR,
}
"""Role → actions. A reviewer judges the conversation, not the person, so `qa` sees numbers masked."""


def may(role: str, action: Action) -> bool:
    """Whether `role` may do `action`; an unknown role may do nothing."""
    return action in ALLOWED.get(role, frozenset())
