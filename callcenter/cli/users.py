"""`callcenter users add|list|password|disable`: people who sign in, from the box itself."""

import sys
from typing import Annotated, Literal

import typer

from callcenter.cli.options import ConfigFile
from callcenter.core.roles import Role

app = typer.Typer(help="People who sign in: add, list, password, disable.", no_args_is_help=True)

Password = Annotated[
    str,
    typer.Option(prompt=True, hide_input=True, confirmation_prompt=True, help="Asked for when not given; - reads it."),
]


def _password(given: str) -> str:
    return sys.stdin.readline().rstrip("\n") if given == "-" else given


@app.command("add")
def add_user(
    name: Annotated[str, typer.Argument(help="What the person types to sign in.")],
    role: Annotated[Role, typer.Option(help="What the person may do.")],
    password: Password,
    full_name: Annotated[str, typer.Option(help="As shown on pages.")] = "",
    extension: Annotated[str, typer.Option(help="The telephone on the agent's desk.")] = "",
    language: Annotated[Literal["zh-CN", "zh-TW", "en"] | None, typer.Option(help="Of the pages.")] = None,
    config: ConfigFile = None,
) -> None:
    """Add a person."""
    from callcenter.app import open_database
    from callcenter.services.auth import AuthService
    from callcenter.settings import load_settings

    settings = load_settings(config)
    user = AuthService(open_database(settings)).create_user(
        name,
        full_name,
        _password(password),
        role,
        extension=extension or None,
        language=language or settings.site.language,
    )
    typer.echo(f"{user.name} ({user.role}) may sign in")


@app.command("list")
def list_users(config: ConfigFile = None) -> None:
    """Show everybody."""
    from callcenter.app import open_database
    from callcenter.settings import load_settings
    from callcenter.store import users

    with open_database(load_settings(config)).session() as session:
        everybody = users.all_users(session)
    for user in everybody:
        state = "" if user.is_active else "  (disabled)"
        typer.echo(f"{user.name}  {user.role}  {user.extension or '-'}  {user.full_name}{state}")
    if not everybody:
        typer.echo("nobody yet: `callcenter users add NAME --role admin`, or open the pages", err=True)


@app.command("password")
def set_password(name: str, password: Password, config: ConfigFile = None) -> None:
    """Give a person a new password and sign every browser of theirs out."""
    from callcenter.app import open_database
    from callcenter.services.auth import AuthService
    from callcenter.settings import load_settings

    AuthService(open_database(load_settings(config))).set_password(name, _password(password))
    typer.echo(f"{name} has a new password")


@app.command("disable")
def disable_user(name: str, config: ConfigFile = None) -> None:
    """Nobody signs in by this name any more; what the person did stays."""
    from callcenter.app import open_database
    from callcenter.services.auth import AuthService
    from callcenter.settings import load_settings

    AuthService(open_database(load_settings(config))).disable(name)
    typer.echo(f"{name} is disabled")
