"""Every page in three languages, light and dark: accessible, inside the screen, no policy broken; and the player."""

from typing import Any

import pytest
from playwright.sync_api import Page, expect
from sqlmodel import select

from callcenter.store.tables import Call, User
from callcenter.store.types import now
from tests import builders
from tests.browser.conftest import VIEW, People
from tests.site import Site

pytestmark = pytest.mark.browser

RUN_AXE = """async () => {
  const tags = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"];
  const found = await axe.run(document, { runOnly: { type: "tag", values: tags } });
  const told = node => `${node.target.join(" ")} ${node.failureSummary}`;
  return found.violations.map(v => `${v.id}: ${v.nodes.map(told).join("; ")}`);
}"""
OVERFLOW = """() => [document.scrollingElement.scrollWidth - innerWidth,
  ...[...document.querySelectorAll("button, .panel, .badge, .state")]
    .filter(e => e.offsetParent && e.getBoundingClientRect().right > innerWidth + 1)
    .map(e => e.outerHTML.slice(0, 120))]"""


@pytest.fixture
def busy_site(site: Site) -> Site:
    """With a call in conversation at lina's desk, an alert up and everything on it."""
    call_id = builders.ring(site.database, customer_id=site.ids["wang"])
    builders.answer(site.database, call_id)
    with site.database.transaction() as session:
        call = session.get_one(Call, call_id)
        call.listening = {"mode": "two-pass", "lag_seconds": 0.6, "coverage": {"agent": 0.9}, "degraded": "no_audio"}
        lines = [builders.make_utterance(session, call, t, speaker=w, start=s) for w, s, t in builders.DIALOGUE]
        builders.make_flag(session, lines[3], "退车")
        builders.make_flag(session, lines[3], "消协投诉", rule="legal.consumer_body", severity=5)
        builders.make_flag(session, lines[1], "修了三次都没修好", rule="repeat.count", severity=2)
    return site


def dress(site: Site, language: str, theme: str) -> None:
    with site.database.transaction() as session:
        for user in session.exec(select(User)):
            user.language, user.theme = language, theme


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("language", ["zh-CN", "zh-TW", "en"])
def test_every_page_is_accessible_and_fits(
    busy_site: Site, people: People, axe: str, language: str, theme: str
) -> None:
    site = busy_site
    dress(site, language, theme)
    agent, boss = people.open("lina"), people.open("boss")
    stranger = people.tab(people.browser.new_context(viewport=VIEW, locale=language))  # type: ignore[arg-type]
    pages: list[tuple[Page, str]] = [
        (agent, "/desk"),
        (agent, "/calls"),
        (agent, f"/calls/{site.ids['finished']}"),
        (agent, "/me"),
        (boss, "/wall"),
        (boss, "/desk"),
        (boss, "/admin/system"),
        (stranger, "/sign-in"),
    ]
    troubles: dict[str, Any] = {}
    for page, path in pages:
        page.goto(f"{site.url}{path}")
        expect(page.locator("html")).to_have_attribute("lang", language)
        if page is not stranger:
            expect(page.locator("#live")).to_have_attribute("data-state", "live")
        wide = page.evaluate(OVERFLOW)
        people.check()
        page.evaluate(axe)
        found = page.evaluate(RUN_AXE)
        # axe measures contrast with a style element of its own, which our policy rightly refuses.
        people.troubles.clear()
        if found or wide[0] > 0 or wide[1:]:
            troubles[path] = (found, wide)
    assert troubles == {}


def test_the_other_states_of_the_desk_are_accessible(site: Site, people: People, axe: str) -> None:
    page = people.open("lina")
    states: dict[str, dict[str, Any]] = {
        "choice": {"number": "13800001111"},
        "unknown": {"number": "13712340000"},
        "hidden": {"number": "13712340000", "number_hidden": True},
    }
    for name, values in states.items():
        call_id = builders.ring(site.database, **values)
        page.goto(f"{site.url}/desk")
        expect(page.locator("#desk")).to_have_attribute("data-call", str(call_id))
        if name == "unknown":
            page.get_by_role("button", name="新建客户").click()
            expect(page.locator("#new-name")).to_be_visible()
        people.check()
        page.evaluate(axe)
        assert (name, page.evaluate(RUN_AXE)) == (name, [])
        people.troubles.clear()
        builders.change(site.database, call_id, ended_at=now(), state="ended")


def test_at_twice_the_size_nothing_is_cut_off(busy_site: Site, people: People) -> None:
    page = people.open("lina", view={"width": 683, "height": 312})
    for path in ("/desk", f"/calls/{busy_site.ids['finished']}", "/me"):
        page.goto(f"{busy_site.url}{path}")
        assert page.evaluate("document.scrollingElement.scrollWidth - innerWidth") <= 0, path


def test_the_transcript_follows_the_sound(site: Site, people: People) -> None:
    page = people.open("lina")
    page.goto(f"{site.url}/calls/{site.ids['finished']}")
    position = page.locator("[data-position]")
    expect(position).to_have_text("0:00 / 0:45")
    for line in page.locator(".line").all():
        line.click()
        expect(line).to_have_attribute("aria-current", "true")
    expect(position).to_have_text("0:26 / 0:45")
    page.keyboard.press("j")
    expect(position).to_have_text("0:21 / 0:45")
    page.keyboard.press("p")
    expect(position).to_have_text("0:13 / 0:45")
    expect(page.locator(".line[aria-current]")).to_contain_text("退车")
    page.keyboard.press("n")
    page.keyboard.press("k")
    expect(page.locator("[data-play-text]")).to_have_text("暂停")
    page.keyboard.press("k")
    expect(page.locator("[data-play-text]")).to_have_text("播放")
    page.keyboard.press("]")
    expect(page.locator("[data-rate]")).to_have_value("1.25")


def test_the_log_is_searched_while_typing_and_walked_by_keys(site: Site, people: People) -> None:
    page = people.open("boss", language="zh-TW")
    page.goto(f"{site.url}/calls")
    page.keyboard.press("/")
    page.keyboard.type("王建国")
    expect(page.locator("tr[data-href]")).to_have_count(1)
    page.wait_for_url("**/calls?q=*")
    page.get_by_role("link", name="清除篩選").click()
    expect(page.locator("tr[data-href]")).to_have_count(6)
    page.keyboard.press("j")
    page.keyboard.press("j")
    page.keyboard.press("k")
    page.keyboard.press("Enter")
    page.wait_for_url("**/calls/*")


def test_the_language_is_switched(people: People) -> None:
    page = people.open("lina")
    page.goto(f"{people.site.url}/me")
    page.locator("#f-language").select_option("zh-TW")
    page.get_by_role("button", name="保存").click()
    expect(page.locator("html")).to_have_attribute("lang", "zh-TW")
    expect(page.get_by_role("button", name="儲存")).to_be_visible()
