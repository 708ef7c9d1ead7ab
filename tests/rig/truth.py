"""What really happened, told from the legs of the telephones and never from AMI: the `.truth.json` of a recording.

The format is the one of tests/replays/README.md. Times are seconds with two decimals (a telephone's clock)."""

from collections.abc import Sequence
from typing import Any

from tests.rig.legs import Leg

Truth = dict[str, Any]

ELSEWHERE_SECONDS = 0.5
"""A phone that stops ringing this close to another's answer stopped because of it."""
HANGUP_SECONDS = 0.5
"""Who hung up this shortly before the customer's leg ended ended the call."""


def inbound(customer: Leg, agents: Sequence[Leg], *, did: str = "", number: str = "", **facts: Any) -> Truth:
    """One customer's call and the agents' legs in it, in order of ringing. `facts` are added, or replace."""
    start, end = _time(customer.created_at), _time(customer.ended_at)
    answered = [leg for leg in agents if leg.answered_at is not None]
    first_answer = min((_time(leg.answered_at) for leg in answered), default=None)
    truth: Truth = {
        "direction": "inbound",
        "from": number or customer.party,
        "start": _round(start),
        "ring_s": _inbound_ring(agents, first_answer, end),
        "talk_s": 0 if first_answer is None else _round(end - first_answer),
        "total_s": _round(end - start),
        "did": did or customer.dialled,
        "to": did or customer.dialled,
        "disposition": _disposition(customer, agents),
        **hangup(customer, agents),
        "agents": [offer(leg, agents) for leg in agents],
    }
    if answered:
        truth["answered_by"] = min(answered, key=lambda leg: _time(leg.answered_at)).party
        truth["final_agent"] = max(answered, key=lambda leg: _time(leg.answered_at)).party
    return truth | holds(agents) | facts


def outbound(agent: Leg, customer: Leg | None, *, to: str, **facts: Any) -> Truth:
    """One call by an agent (dialled, or by click: then `agent` is the leg that rang him). `customer` is the leg at
    the far end, None when it never rang there."""
    start, end = _time(agent.created_at), _time(agent.ended_at)
    truth: Truth = {
        "direction": "outbound",
        "from": agent.party,
        "to": to,
        "start": _round(start),
        "ring_s": None,
        "talk_s": 0,
        "total_s": _round(end - start),
        "disposition": "NO ANSWER",
        "first_hangup": "system",
    }
    if not agent.dialled:
        truth |= {"click_to_call": True, "agent_ring_s": _round(_ring(agent))}
    if customer is not None:
        if customer.answered_at is not None:
            ended = min(end, _time(customer.ended_at))
            truth |= {"disposition": "ANSWERED", "answered_by": to, "talk_s": _round(ended - customer.answered_at)}
        elif customer.refused:
            truth["disposition"] = {"busy": "BUSY", "declined": "DECLINED"}[customer.refused]
        if customer.refused != "busy":
            truth["ring_s"] = _round(_ring(customer))
        truth |= hangup(customer, [agent])
    return truth | holds([agent]) | facts


def internal(caller: Leg, called: Leg, **facts: Any) -> Truth:
    """One agent's call to another that was answered."""
    end, answered = _time(caller.ended_at), _time(called.answered_at)
    truth: Truth = {
        "direction": "internal",
        "from": caller.party,
        "to": called.party,
        "start": _round(_time(caller.created_at)),
        "ring_s": _round(_ring(called)),
        "talk_s": _round(end - answered),
        "total_s": _round(end - _time(caller.created_at)),
        "disposition": "ANSWERED",
        "answered_by": called.party,
        "first_hangup": "agent",
    }
    return truth | facts


def offer(leg: Leg, others: Sequence[Leg]) -> Truth:
    """What came of ringing one agent."""
    truth: Truth = {"ext": leg.party, "outcome": outcome(leg, others)}
    if leg.refused != "busy":
        truth["ring_s"] = 0 if leg.dialled else _round(_ring(leg))
    if leg.answered_at is not None:
        truth["talk_s"] = _round(_time(leg.transferred_at or leg.ended_at) - leg.answered_at)
    return truth


def outcome(leg: Leg, others: Sequence[Leg]) -> str:
    """One agent's outcome; `answered-elsewhere` when another phone was picked up as this one fell silent."""
    if leg.answered_at is not None:
        return "answered"
    if leg.refused:
        return leg.refused
    ended = _time(leg.ended_at)
    elsewhere = any(o.answered_at and abs(o.answered_at - ended) < ELSEWHERE_SECONDS for o in others if o is not leg)
    return "answered-elsewhere" if elsewhere else "no-answer"


def hangup(customer: Leg, agents: Sequence[Leg]) -> Truth:
    """Who ended the call."""
    end = _time(customer.ended_at)
    enders = [
        leg
        for leg in (customer, *agents)
        if leg.hung_up_at and leg.refused != "busy" and abs(end - leg.hung_up_at) < HANGUP_SECONDS
    ]
    if not enders:
        return {"first_hangup": "system"}
    first = min(enders, key=lambda leg: leg.hung_up_at or 0.0)
    if first is customer:
        return {"first_hangup": "customer"}
    return {"first_hangup": "agent", "first_hangup_ext": first.party}


def holds(legs: Sequence[Leg]) -> Truth:
    """Every hold by re-INVITE, in order of time."""
    found = sorted((begin, end, leg.party) for leg in legs for begin, end in leg.holds)
    if not found:
        return {}
    listed = [{"by": party, "at": _round(begin), "dur_s": _round(end - begin)} for begin, end, party in found]
    return {"holds": listed, "hold_s": _round(sum(end - begin for begin, end, _ in found))}


def queue(name: str, customer: Leg, until: float | None) -> Truth:
    """The wait in a queue: from the call's start, as the caller feels it, to `until` (None: to the call's end)."""
    return {"queue": {"name": name, "wait_s": _round(_time(until or customer.ended_at) - _time(customer.created_at))}}


def transfer(kind: str, method: str, source: Leg | str, to: str, at: float, **facts: Any) -> Truth:
    """One handing-on."""
    from_ = source.party if isinstance(source, Leg) else source
    return {"type": kind, "method": method, "from": from_, "to": to, "at": _round(at), **facts}


def _inbound_ring(agents: Sequence[Leg], first_answer: float | None, end: float) -> float | None:
    rung = [_time(leg.created_at) for leg in agents if leg.refused != "busy" and not leg.dialled]
    return _round((first_answer or end) - min(rung)) if rung else None


def _disposition(customer: Leg, agents: Sequence[Leg]) -> str:
    if any(leg.answered_at for leg in agents):
        return "ANSWERED"
    if customer.hung_up_at:
        return "ABANDONED"
    refusals = {leg.refused for leg in agents}
    return {"busy": "BUSY", "declined": "DECLINED"}.get(refusals.pop() if len(refusals) == 1 else "", "NO ANSWER")


def _ring(leg: Leg) -> float:
    return _time(leg.answered_at or leg.ended_at) - _time(leg.created_at)


def _time(value: float | None) -> float:
    assert value is not None, "the scenario ended before this leg did"
    return value


def _round(seconds: float) -> float:
    return round(seconds, 2)
