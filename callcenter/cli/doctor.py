"""`callcenter doctor`: what is still missing, and the exact line that mends it."""

import asyncio

import typer

from callcenter.cli.options import ConfigFile

MARKS = {"ok": "ok  ", "warn": "WARN", "fail": "FAIL"}


def doctor(config: ConfigFile = None) -> None:
    """Check database, models, rules, disk, recordings and the PBX; exit code 1 when something cannot work."""
    from callcenter.app.doctor import findings
    from callcenter.settings import load_settings

    found = asyncio.run(findings(load_settings(config)))
    for finding in found:
        typer.echo(f"{MARKS[finding.verdict]}  {finding.check:<22} {finding.text}")
        for line in finding.fix.splitlines():
            typer.echo(f"      add: {line}")
    worst = [f for f in found if f.verdict == "fail"]
    typer.echo(f"\n{len(worst)} to mend before calls can be followed" if worst else "\nnothing stands in the way")
    if worst:
        raise typer.Exit(1)
