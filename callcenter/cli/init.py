"""`callcenter init`: a settings file to edit, every setting in it explained and commented out at its default."""

import json
from pathlib import Path
from typing import Annotated, Any

import typer
from pydantic import BaseModel, SecretStr
from pydantic.fields import FieldInfo

from callcenter.core.errors import BadInput, Conflict

HEAD = """\
# Settings of Callcenter. Each line shows its default; remove the # to change it. `callcenter doctor` checks the rest.
# The environment wins over this file: CALLCENTER_PBX__SECRET is [pbx] secret.
"""


def init(
    path: Annotated[Path, typer.Argument(help="Where to write it.")] = Path("callcenter.toml"),
    show: Annotated[bool, typer.Option("--print", help="Print it instead.")] = False,
) -> None:
    """Write a settings file to edit."""
    text = settings_text()
    if show:
        typer.echo(text)
        return
    if path.exists():
        raise Conflict(f"{path} exists already; it was not touched. `callcenter init --print` shows a fresh one")
    try:
        path.touch(mode=0o600)
        path.write_text(text, "utf-8")
    except OSError as error:
        raise BadInput(f"{path} cannot be written: {error.strerror}; choose a folder of yours") from error
    typer.echo(f"{path} is written: fill in [pbx], then run `callcenter doctor`")


def settings_text() -> str:
    """The sample file, made from the settings themselves."""
    from callcenter.settings import Settings

    fields = Settings.model_fields
    plain = {name: field for name, field in fields.items() if not _section(field)}
    parts = [HEAD, *(_line(name, field) for name, field in plain.items())]
    for name, field in fields.items():
        section = _section(field)
        if section:
            parts.append(f"\n# {(section.__doc__ or '').strip()}\n[{name}]\n")
            parts += [_line(key, inner) for key, inner in section.model_fields.items()]
    return "".join(parts)


def _section(field: FieldInfo) -> type[BaseModel] | None:
    kind = field.annotation
    return kind if isinstance(kind, type) and issubclass(kind, BaseModel) else None


def _line(name: str, field: FieldInfo) -> str:
    comment = f"# {field.description}\n" if field.description else ""
    value = field.get_default(call_default_factory=True)
    return f"{comment}# {name} = {_toml(value)}\n"


def _toml(value: Any) -> str:
    if isinstance(value, SecretStr):
        return '""'
    if isinstance(value, dict):
        return "{}"
    if value is None:
        return '""'
    return json.dumps(value if isinstance(value, bool | int | float | list) else str(value), ensure_ascii=False)
