"""`callcenter demo`: see it work without a PBX."""

import asyncio
from pathlib import Path
from typing import Annotated, Literal

import typer


def demo(
    folder: Annotated[Path, typer.Option(help="Database, recordings and journal of the demo.")] = Path("var/demo"),
    host: Annotated[str, typer.Option(help="Where the pages are served.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(help="0 takes a free one.")] = 8080,
    language: Annotated[Literal["zh-CN", "zh-TW", "en"], typer.Option(help="Of the pages and the data.")] = "zh-CN",
    live: Annotated[
        Literal["auto", "vosk", "whisper", "two-pass", "off"], typer.Option(help="Live speech to text.")
    ] = "auto",
    fresh: Annotated[bool, typer.Option("--fresh", help="Forget what an earlier demo logged.")] = False,
) -> None:
    """Start a simulated PBX that plays sample calls, and everything else as with a real one."""
    from callcenter.app.demo import DemoOptions, run_demo
    from callcenter.logs import set_up_logging

    set_up_logging("WARNING")
    options = DemoOptions(folder=folder, host=host, port=port, language=language, live=live, fresh=fresh)
    asyncio.run(run_demo(options, typer.echo))
