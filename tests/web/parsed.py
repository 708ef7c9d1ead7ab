"""HTML as a tree, with CSS selectors."""

from typing import Any

from lxml import html  # type: ignore[import-untyped, unused-ignore]


def parsed(text: str) -> Any:
    """A page, or several fragments under one root."""
    return html.fromstring(text if "<html" in text else f"<div>{text}</div>")
