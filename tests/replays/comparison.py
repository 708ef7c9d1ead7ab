"""A call record against the truth of a recording, field by field."""

from typing import Any

from callcenter.core.call_record import CallRecord

Truth = dict[str, Any]

SECONDS = 0.1
"""How far a time may be off: the truth is a telephone's clock, the record the PBX's."""

TRANSFERRER_LINGERS = frozenset({"att_xfer_refer", "blind_xfer_refer"})
"""Recordings whose truth counts the transferring telephone's leg until its own BYE, a second after the PBX
hung the channel up: nothing on the manager link tells of it."""

RINGS_ON = frozenset({"queue_timeout_exit"})
"""Recordings whose truth ends the ringing with the queue; the record counts until the unanswered call's end."""

OWN_FILES = frozenset({"recorded_by_product"})
"""Recordings made under names the product gave: the PBX does not name them."""


def differences(record: CallRecord, truth: Truth, scenario: str) -> list[str]:
    """What is wrong, in words; empty when every field is right."""
    gap = bool(truth.keys() & {"ended_in_gap", "started_in_gap", "answered_in_gap"}) or "crash" in truth.get(
        "ended_by", ""
    )
    if scenario in RINGS_ON:
        truth = truth | {"ring_s": None}
    if scenario in OWN_FILES:
        truth = truth | {"recorded": False}
    found = [*_plain(record, truth), *_times(record, truth, gap), *_transfers(record, truth)]
    if not gap:
        found += _agents(record, truth, scenario)
        found += _same("hangup_by", str(record.hangup_by), truth.get("first_hangup"))
    return found


def _plain(record: CallRecord, truth: Truth) -> list[str]:
    customer = truth["to"] if truth["direction"] == "outbound" else truth["from"]
    found = [
        *_same("direction", str(record.direction), truth["direction"]),
        *_same("customer_number", record.customer_number, customer),
        *_same("dialled_number", record.dialled_number, truth.get("to")),
        *_same("customer_name", record.customer_name, truth.get("from_name")),
        *_same("queue", record.queue, truth["queue"]["name"] if "queue" in truth else ...),
        *_same("voicemail", record.voicemail, truth.get("voicemail", False)),
        *_same("disposition", str(record.disposition), truth["disposition"].lower().replace(" ", "_")),
        *_same("final_agent", record.final_agent, truth.get("final_agent")),
    ]
    if truth["disposition"] == "ANSWERED" and truth["direction"] == "inbound":
        answered = [agent.extension for agent in record.agents if agent.outcome == "answered"]
        found += _same("answered_by", answered[0] if answered else None, truth["answered_by"])
    if truth.get("recorded"):
        found += _same("recorded", bool(record.recordings), True)
    return found


def _times(record: CallRecord, truth: Truth, gap: bool) -> list[str]:
    ended = record.ended_at or 0.0
    found = [
        *_near("hold_seconds", record.hold_seconds, truth.get("hold_s")),
        *_near("wait_seconds", record.wait_seconds, truth.get("queue", {}).get("wait_s")),
    ]
    if not gap:
        found += _near("started_at", record.started_at, truth["start"])
        found += _near("ring_seconds", record.ring_seconds, truth["ring_s"])
        found += _near("talk_seconds", record.talk_seconds, truth["talk_s"])
        found += _near("total", ended - record.started_at, truth["total_s"])
    if "agent_ring_s" in truth:
        found += _near("agent ring", record.agents[0].ring_seconds, truth["agent_ring_s"])
    return found


def _transfers(record: CallRecord, truth: Truth) -> list[str]:
    expected = [(t["type"], t["from"], t["to"]) for t in truth.get("transfers", ())]
    return _same("transfers", [(str(t.kind), t.from_, t.to) for t in record.transfers], expected)


def _agents(record: CallRecord, truth: Truth, scenario: str) -> list[str]:
    if "agents" not in truth:
        return []
    expected = sorted(truth["agents"], key=lambda agent: agent["ext"])
    actual = sorted(record.agents, key=lambda agent: agent.extension)
    found = _same("agents", [a.extension for a in actual], [a["ext"] for a in expected])
    if found:
        return found
    for agent, wanted in zip(actual, expected, strict=True):
        who = f"agent {agent.extension}"
        lingers = scenario in TRANSFERRER_LINGERS and agent.extension == truth["transfers"][0]["from"]
        found += _same(f"{who} outcome", str(agent.outcome), wanted["outcome"].replace("-", "_"))
        found += _near(f"{who} ring", agent.ring_seconds, wanted.get("ring_s"))
        found += _near(f"{who} talk", agent.talk_seconds, None if lingers else wanted.get("talk_s"))
    return found


def _same(name: str, actual: object, expected: object) -> list[str]:
    """`None` as expectation says nothing; `...` says that there must be none."""
    if expected is None:
        return []
    wanted = None if expected is ... else expected
    return [] if actual == wanted else [f"{name}: {actual!r}, in truth {wanted!r}"]


def _near(name: str, actual: float | None, expected: float | None) -> list[str]:
    if expected is None:
        return []
    off = actual is None or abs(actual - expected) > SECONDS
    return [f"{name}: {actual!r}, in truth {expected!r}"] if off else []
