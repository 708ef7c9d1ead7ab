"""`callcenter replay`: the calls in a recorded manager stream or a journal."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from callcenter.core.call_json import call_json
from callcenter.core.call_record import CallRecord
from callcenter.core.calls import TrackerConfig
from callcenter.core.errors import CallcenterError
from callcenter.services.replay import replay as replay_file

_COLUMNS = "{:<19}  {:<8}  {:<16}  {:<12}  {:>7}  {:>7}  {:<10}  {:<9}  {}"
_HEADINGS = ("start (UTC)", "way", "customer", "dialled", "ring s", "talk s", "ended", "by", "agents")


def replay(
    file: Annotated[Path, typer.Argument(help="Raw manager stream (an .idx.jsonl beside it gives times), or journal.")],
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object per call and line.")] = False,
    extensions: Annotated[
        str, typer.Option(help="Pattern of the agents' telephones, matched against the whole endpoint name.")
    ] = TrackerConfig().extension_pattern,
    trunks: Annotated[list[str] | None, typer.Option("--trunk", help="Endpoint that is a trunk all the same.")] = None,
) -> None:
    """Print the calls in FILE, in order of end."""
    config = TrackerConfig(extension_pattern=extensions, trunks=frozenset(trunks or ()))
    try:
        if not as_json:
            typer.echo(_COLUMNS.format(*_HEADINGS))
        for record in replay_file(file, config):
            typer.echo(json.dumps(call_json(record), ensure_ascii=False) if as_json else _row(record))
    except CallcenterError as error:
        typer.echo(f"error: {error}", err=True)
        raise typer.Exit(1) from error


def _row(record: CallRecord) -> str:
    agents = ", ".join(f"{agent.extension} {agent.outcome or 'ringing'}" for agent in record.agents)
    return _COLUMNS.format(
        datetime.fromtimestamp(record.started_at, UTC).strftime("%Y-%m-%d %H:%M:%S"),
        record.direction,
        ("hidden" if record.number_hidden else record.customer_number) or "-",
        record.dialled_number or "-",
        f"{record.ring_seconds:.1f}",
        f"{record.talk_seconds:.1f}",
        record.disposition or "open",
        record.hangup_by,
        (agents or "-") + (" (gap)" if record.gap is not None else ""),
    )
