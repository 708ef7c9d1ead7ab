"""Whose calls a user may see."""

from callcenter.core.errors import NotAllowed
from callcenter.core.permissions import Action
from callcenter.store.tables import Call
from callcenter.web.visit import Visit


def check_may_see(seen: Visit, call: Call) -> None:
    """Raise `NotAllowed` for another agent's call. Everybody offered a call took part in it."""
    if seen.may(Action.CALLS_ALL):
        return
    extension = seen.user.extension
    took_part = extension is not None and extension in {call.final_agent, *(a["extension"] for a in call.agents)}
    if not took_part:
        raise NotAllowed("this call is another agent's")
