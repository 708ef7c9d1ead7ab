"""Chromium on a served site. Any policy violation, script error, console error or request to another host fails the
test that caused it."""

import math
import os
import struct
import wave
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright

from hatch_build import install
from tests.builders import PASSWORD
from tests.site import Site, make_site, seeded_file, serve

CHROMIUM = Path(os.environ.get("CHROMIUM", "/usr/bin/chromium"))
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
VIEW = {"width": 1366, "height": 625}
"""What a 1366 x 768 screen leaves to the page (ui.md §4.7)."""
WATCH = (
    "addEventListener('securitypolicyviolation', e => console.error(`policy: ${e.violatedDirective} ${e.blockedURI}`))"
)
expect.set_options(timeout=20_000)
Test = TypeVar("Test", bound=Callable[..., None])


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    if not CHROMIUM.exists():
        pytest.fail(f"Chromium is not at {CHROMIUM}: install Debian's package chromium, or set CHROMIUM")
    with sync_playwright() as playwright:
        found = playwright.chromium.launch(executable_path=str(CHROMIUM), args=FLAGS)
        yield found
        found.close()


@pytest.fixture(scope="session")
def seeds(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, int]]:
    return seeded_file(tmp_path_factory.mktemp("seeds"))


@pytest.fixture
def site(tmp_path: Path, seeds: tuple[Path, dict[str, int]]) -> Iterator[Site]:
    made = make_site(tmp_path, seeds=seeds)
    write_sound(made.context.recordings_root / "2026/11/20/call.wav")
    with serve(made) as running:
        yield running


@pytest.fixture(scope="session")
def axe(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The source of axe-core, out of the npm lock."""
    modules = install(tmp_path_factory.mktemp("axe"), for_tests=True)
    return (modules / "axe-core" / "axe.min.js").read_text("utf-8")


@dataclass
class People:
    """Opens browsers for people and remembers what went wrong in them."""

    browser: Browser
    site: Site
    troubles: list[str] = field(default_factory=list)
    tolerated: set[str] = field(default_factory=set)
    """Parts of console messages that a test provokes on purpose."""
    contexts: list[BrowserContext] = field(default_factory=list)

    def open(self, name: str, *, language: str = "zh-CN", view: dict[str, int] = VIEW) -> Page:
        """A browser of its own, signed in as `name`."""
        context = self.browser.new_context(viewport=view, locale=language)  # type: ignore[arg-type]
        context.add_init_script(WATCH)
        self.contexts.append(context)
        page = self.tab(context)
        page.goto(f"{self.site.url}/sign-in")
        page.fill("#f-name", name)
        page.fill("#f-password", PASSWORD)
        page.keyboard.press("Enter")
        expect(page.locator("#live")).to_have_attribute("data-state", "live")
        return page

    def tab(self, context: BrowserContext) -> Page:
        """Another tab of the same browser."""
        page = context.new_page()
        page.on("pageerror", lambda error: self.troubles.append(f"script error: {error}"))
        page.on("console", lambda m: self.troubles.append(m.text) if m.type == "error" else None)
        page.on("request", lambda request: self._watch_host(request.url))
        return page

    def _watch_host(self, url: str) -> None:
        host = urlsplit(url).netloc
        if host and host != urlsplit(self.site.url).netloc:
            self.troubles.append(f"request to another host: {url}")

    def check(self) -> None:
        """Fail on anything that was not asked for."""
        assert [t for t in self.troubles if not any(part in t for part in self.tolerated)] == []


def tolerates(*parts: str) -> Callable[[Test], Test]:
    """Console errors with one of these in them belong to what this test provokes."""

    def mark(test: Test) -> Test:
        test.tolerated = set(parts)  # type: ignore[attr-defined]
        return test

    return mark


@pytest.fixture
def people(request: pytest.FixtureRequest, browser: Browser, site: Site) -> Iterator[People]:
    found = People(browser, site, tolerated=getattr(request.function, "tolerated", set()))
    yield found
    found.check()
    for context in found.contexts:
        context.close()


@pytest.fixture
def lina(people: People) -> Page:
    """The agent at 8001, at the desk."""
    return people.open("lina")


def write_sound(path: Path, seconds: int = 45) -> None:
    """A telephone recording with a tone on each side."""
    path.parent.mkdir(parents=True)
    frames = b"".join(struct.pack("<hh", int(6000 * math.sin(i / 4)), int(6000 * math.sin(i / 7))) for i in range(8000))
    with wave.open(str(path), "wb") as file:
        file.setnchannels(2)
        file.setsampwidth(2)
        file.setframerate(8000)
        file.writeframes(frames * seconds)
