"""`callcenter flag`: keyword flags of any text, one line at a time, from standard input."""

import json
import sys
from pathlib import Path
from typing import Annotated

import typer

from callcenter.core.errors import CallcenterError
from callcenter.core.flags import Flag
from callcenter.core.keywords import KeywordSpotter
from callcenter.core.transcript import Speaker
from callcenter.services.keyword_rules import load_rules

_PRINTED = ("rule", "category", "severity", "matched", "start", "end", "why")


def flag(
    lang: Annotated[str, typer.Option(help="Language of the lines: zh or en.")] = "zh",
    speaker: Annotated[Speaker, typer.Option(help="Whose words they are.")] = Speaker.CUSTOMER,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object per line.")] = False,
    rules: Annotated[Path | None, typer.Option(help="Folder of keyword files to use.")] = None,
) -> None:
    """Read lines of text from standard input and print the flags that the keyword rules raise in each."""
    try:
        if lang not in ("zh", "en"):
            raise typer.BadParameter("expected zh or en", param_hint="--lang")
        spotter = KeywordSpotter(load_rules(rules))
    except CallcenterError as error:
        typer.echo(f"error: {error}", err=True)
        raise typer.Exit(1) from error
    sys.stdin.reconfigure(encoding="utf-8-sig", errors="replace")  # type: ignore[union-attr]
    for line in sys.stdin:
        text = line.rstrip("\r\n")
        flags = spotter.spot(text, language=lang, speaker=speaker)
        typer.echo(_json(text, flags) if as_json else _plain(text, flags))


def _json(text: str, flags: tuple[Flag, ...]) -> str:
    found = [{name: getattr(f, name) for name in _PRINTED} for f in flags]
    return json.dumps({"text": text, "flags": found}, ensure_ascii=False)


def _plain(text: str, flags: tuple[Flag, ...]) -> str:
    lines = [text, *(f"  {f.severity} {f.rule}: {f.why}" for f in flags)]
    return "\n".join(lines)
