"""A call record as the JSON object of `callcenter replay --json` and the REST API; `call.schema.json` describes it."""

from dataclasses import asdict
from typing import Any

from callcenter.core.call_record import CallRecord


def call_json(record: CallRecord) -> dict[str, Any]:
    """Plain values only. Times are Unix seconds; durations are cut to milliseconds."""
    value = _rounded(asdict(record))
    value["agents"] = [_rounded(agent) for agent in value["agents"]]
    value["recordings"] = list(value["recordings"])
    value["transfers"] = [{"kind": t.kind, "from": t.from_, "to": t.to} for t in record.transfers]
    if record.gap is not None:
        value["gap"] = {**value["gap"], "estimated": list(record.gap.estimated)}
    return value


def _rounded(values: dict[str, Any]) -> dict[str, Any]:
    return {
        name: round(value, 3) if name.endswith("_seconds") and value is not None else value
        for name, value in values.items()
    }
