"""Templates to HTML: one Jinja environment for pages, answers and pushed fragments."""

from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined, pass_context
from jinja2.runtime import Context
from markupsafe import Markup

from callcenter.web import formats, i18n
from callcenter.web.assets import Assets
from callcenter.web.formats import Formats
from callcenter.web.words import word

SEVERITY_ICONS = {
    1: "info-circle",
    2: "info-circle",
    3: "alert-circle",
    4: "alert-triangle",
    5: "alert-triangle",
}
"""Severity is told by shape and word, not by colour alone."""
TEMPLATES = Path(__file__).parent / "templates"


class Renderer:
    """Renders in the language in use (`i18n.use`)."""

    def __init__(self, assets: Assets, site_formats: Formats, site_name: str) -> None:
        self.assets = assets
        self.formats = site_formats
        self.env = _environment()
        self.env.globals.update(
            static=assets.url,
            icon=self._icon,
            site_name=site_name,
            build=assets.build,
            languages=i18n.LANGUAGES,
            language=i18n.language,
            severity_icon=SEVERITY_ICONS,
        )
        self.env.filters.update(
            moment=site_formats.moment,
            clock=site_formats.clock,
            day=site_formats.day,
            long=site_formats.long,
            ago=site_formats.ago,
            phone=site_formats.phone,
            duration=formats.duration,
            size=formats.size,
            unix=_unix,
            word=_word,
        )

        # Compiled now, or the first call of the day would wait for it (0.2 s of CPU).
        for name in self.env.list_templates():
            self.env.get_template(name)

    def html(self, template: str, context: Mapping[str, Any]) -> str:
        """A whole template."""
        return self.env.get_template(template).render(context)

    def partial(self, target: str, template: str, context: Mapping[str, Any], swap: str = "outerMorph") -> str:
        """A fragment and where it goes, as htmx 4 takes several of in one answer."""
        return f'<hx-partial hx-target="{target}" hx-swap="{swap}">{self.html(template, context)}</hx-partial>'

    def upsert(self, target: str, template: str, context: Mapping[str, Any]) -> str:
        """A list item that replaces the one of its id or goes where `data-key` sorts it."""
        body = self.html(template, context)
        return f'<hx-upsert hx-target="{target}" key="data-key" sort>{body}</hx-upsert>'

    def _icon(self, name: str, label: str = "") -> Markup:
        """An icon of the sprite; decoration unless it has a label of its own."""
        what = Markup('role="img" aria-label="{}"').format(label) if label else Markup('aria-hidden="true"')
        href = self.assets.url("vendor/icons.svg")
        return Markup('<svg class="icon" {}><use href="{}#{}"></use></svg>').format(what, href, name)


def delete(target: str) -> str:
    """A fragment that takes `target` away."""
    return f'<hx-partial hx-target="{target}" hx-swap="delete"></hx-partial>'


def _environment() -> Environment:
    env = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=StrictUndefined,
        extensions=["jinja2.ext.i18n"],
        # Templates do not change while the product runs.
        auto_reload=False,
    )
    env.install_gettext_callables(i18n.gettext, i18n.ngettext, newstyle=True)  # type: ignore[attr-defined]
    return env


@pass_context
def _word(_: Context, value: object, kind: str) -> str:
    # Asks for the context only so that Jinja does not work a constant out once, in the language of the start.
    return word(value, kind)


def _unix(value: datetime | None) -> str:
    return "" if value is None else f"{value.timestamp():.3f}"
