"""Forms: a Pydantic model each; its errors become our own words, never Pydantic's (ui.md §3)."""

from typing import TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError
from starlette.datastructures import FormData

from callcenter.web.i18n import gettext, marked

Model = TypeVar("Model", bound="Form")

_MESSAGES = {
    "missing": marked("Please fill this in"),
    "string_too_short": marked("This is too short"),
    "string_too_long": marked("This is too long"),
    "literal_error": marked("Please choose one of the list"),
    "enum": marked("Please choose one of the list"),
}
_OTHER = marked("Please check this")


class Form(BaseModel):
    """What every form does: trims text, ignores fields it does not know (the token, buttons)."""

    model_config = ConfigDict(str_strip_whitespace=True, extra="ignore")


def parse(model: type[Model], data: FormData) -> tuple[Model | None, dict[str, str]]:
    """The value, or None and a translated message per field."""
    try:
        return model.model_validate({name: value for name, value in data.items() if isinstance(value, str)}), {}
    except ValidationError as invalid:
        errors = {str(e["loc"][0]) if e["loc"] else "": _message(e["type"]) for e in invalid.errors()}
        return None, errors


def _message(kind: str) -> str:
    return gettext(_MESSAGES.get(kind, _OTHER))
