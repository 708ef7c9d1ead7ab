"""`callcenter models list|pull|verify`: the speech models on this machine."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from callcenter.core.errors import CallcenterError

if TYPE_CHECKING:
    from callcenter.stt.catalog import Catalog, Model

app = typer.Typer(help="Speech models: list, fetch, verify.", no_args_is_help=True)

ModelsDir = Annotated[
    Path | None,
    typer.Option("--dir", help="Folder of the models; else CALLCENTER_MODELS, else models/ here."),
]


@app.command("list")
def list_models(directory: ModelsDir = None) -> None:
    """Show every known model: engine, languages, size, licence, accuracy, and whether it is installed."""
    from rich.console import Console
    from rich.table import Table

    from callcenter.stt.catalog import default_models_dir, load_catalog

    catalog, folder = load_catalog(), directory or default_models_dir()
    table = Table("id", "installed", "engine", "language", "MB", "licence", "use and accuracy", title=str(folder))
    for model in catalog.models:
        star = " *" if model.id in catalog.default else ""
        table.add_row(
            model.id + star,
            "yes" if model.is_installed(folder) else "no",
            model.engine,
            ", ".join(model.languages),
            str(model.disk_mb),
            model.licence,
            f"{model.use}; {model.accuracy}",
        )
    Console().print(table)
    typer.echo("* = fetched by `callcenter models pull` when no model is named")


@app.command("pull")
def pull_models(
    models: Annotated[list[str] | None, typer.Argument(help="Model ids; the default set when none is given.")] = None,
    directory: ModelsDir = None,
    local: Annotated[Path | None, typer.Option("--from", help="A local archive or folder to install from.")] = None,
    force: Annotated[bool, typer.Option("--force", help="Fetch again what is installed.")] = False,
) -> None:
    """Fetch models, trying each source of the catalogue in order; exit code 1 when one could not be had."""
    from rich.console import Console
    from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn

    from callcenter.stt.catalog import default_models_dir, load_catalog
    from callcenter.stt.fetch import pull

    catalog, folder = load_catalog(), directory or default_models_dir()
    wanted = [_known(catalog, name) for name in models or catalog.default]
    failed = False
    columns = (TextColumn("{task.description}"), BarColumn(), DownloadColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True)) as bars:
        for model in wanted:
            bar = bars.add_task(model.id, total=None)
            try:
                pull(
                    model,
                    folder,
                    progress=lambda done, total, bar=bar: bars.update(bar, completed=done, total=total),  # type: ignore[misc]
                    notice=lambda line: bars.console.print(line, highlight=False, markup=False),
                    local=local,
                    force=force,
                )
                bars.update(bar, total=model.disk_mb << 20, completed=model.disk_mb << 20)
            except CallcenterError as error:
                failed = True
                bars.stop_task(bar)
                bars.console.print(f"error: {error}", style="red", highlight=False, markup=False)
    if failed:
        raise typer.Exit(1)


@app.command("verify")
def verify_models(
    models: Annotated[
        list[str] | None, typer.Argument(help="Model ids; everything installed when none is given.")
    ] = None,
    directory: ModelsDir = None,
) -> None:
    """Compare installed models with their checksums; exit code 1 when one is missing or damaged."""
    from callcenter.stt.catalog import default_models_dir, load_catalog
    from callcenter.stt.fetch import Health, verify

    catalog, folder = load_catalog(), directory or default_models_dir()
    chosen = [_known(catalog, name) for name in models or ()]
    chosen = chosen or [model for model in catalog.models if model.folder(folder).exists()]
    verdicts = [verify(model, folder) for model in chosen]
    for verdict in verdicts:
        typer.echo(f"{verdict.model_id}: {verdict.health} ({verdict.detail})")
    if not verdicts:
        typer.echo(f"no model is installed in {folder}; run `callcenter models pull`", err=True)
    if not verdicts or any(v.health in {Health.MISSING, Health.DAMAGED} for v in verdicts):
        raise typer.Exit(1)


def _known(catalog: "Catalog", name: str) -> "Model":
    try:
        return catalog.get(name)
    except CallcenterError as error:
        typer.echo(f"error: {error}", err=True)
        raise typer.Exit(1) from error
