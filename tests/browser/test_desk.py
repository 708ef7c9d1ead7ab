"""The agent's day, in a browser: ring, pop, words, alert, wrap-up; by keyboard; and what may go wrong meanwhile."""

from pathlib import Path

import pytest
from playwright.sync_api import Page, expect
from sqlmodel import delete

from callcenter.store.tables import Call, SessionRow
from tests import builders
from tests.browser.conftest import People, tolerates
from tests.site import Site, make_site, serve

pytestmark = pytest.mark.browser
DESK = "#desk"


def ring(site: Site, *, number: str = "13812345678", known: bool = True) -> int:
    call_id = builders.ring(site.database, number=number, customer_id=site.ids["wang"] if known else None)
    site.notify("extension:8001 supervisors", "call", id=call_id, change="offered", extension="8001")
    return call_id


def answer(site: Site, call_id: int) -> None:
    builders.answer(site.database, call_id)
    site.notify("extension:8001 supervisors", "call", id=call_id, change="answered", extension="8001")


def hang_up(site: Site, call_id: int) -> None:
    builders.hang_up(site.database, call_id)
    site.notify("extension:8001 supervisors", "call", id=call_id, change="ended")


def say(site: Site, call_id: int, text: str, *, flagged: str = "", seq: int = 1, start: float = 2.0) -> int:
    said = {"call_id": call_id, "leg": "leg-customer", "seq": seq, "speaker": "customer", "start": start}
    site.notify("extension:8001", "partial", text=text[:4], **said)
    with site.database.transaction() as session:
        row = builders.make_utterance(session, session.get_one(Call, call_id), text, start=start, seq=seq)
        flag = builders.make_flag(session, row, flagged) if flagged else None
    site.notify("extension:8001", "utterance", call_id=call_id, utterance_id=row.id, revision=1)
    if flag is not None:
        site.notify("extension:8001 supervisors", "flag", call_id=call_id, flag_id=flag.id)
    return row.id or 0


def call_row(site: Site, call_id: int) -> Call:
    with site.database.session() as session:
        return session.get_one(Call, call_id)


def test_a_whole_call_by_keyboard_alone(site: Site, lina: Page) -> None:
    expect(lina.locator(DESK)).to_have_attribute("data-state", "idle")
    call_id = ring(site)
    expect(lina.locator(".person-name")).to_contain_text("王建国")
    assert lina.title().startswith("● 来电：王建国")
    answer(site, call_id)
    expect(lina.locator(DESK)).to_have_attribute("data-state", "talking")
    say(site, call_id, "再解决不了我就要退车", flagged="退车")
    expect(lina.locator(".line mark")).to_have_text("退车")
    expect(lina.locator(".line[data-interim]")).to_have_count(0)
    expect(lina.locator(".alert")).to_contain_text("退车")
    lina.keyboard.press("Escape")
    expect(lina.locator(".alert")).to_have_count(0)
    lina.keyboard.press("Alt+n")
    lina.keyboard.type("客户要求今天回电")
    hang_up(site, call_id)
    expect(lina.locator(DESK)).to_have_attribute("data-state", "wrap_up")
    expect(lina.locator("#work textarea")).to_have_value("客户要求今天回电")
    lina.keyboard.press("Alt+w")
    lina.keyboard.press("Space")
    lina.keyboard.press("ArrowRight")
    lina.keyboard.press("Control+Enter")
    expect(lina.locator(DESK)).to_have_attribute("data-state", "idle")
    row = call_row(site, call_id)
    assert (row.wrap_up_code, row.wrap_up_note) == ("STATUS", "客户要求今天回电")
    expect(lina.locator("tr[data-href]").first).to_contain_text("查询维修进度")


def test_typing_is_not_disturbed_by_what_arrives(site: Site, lina: Page) -> None:
    call_id = ring(site)
    note = lina.locator("#work textarea")
    note.focus()
    lina.keyboard.type("客户说")
    answer(site, call_id)
    expect(lina.locator(DESK)).to_have_attribute("data-state", "talking")
    for n in range(5):
        say(site, call_id, f"第{n}句话", seq=n + 1, start=n * 3.0)
    expect(lina.locator(".line")).to_have_count(5)
    lina.keyboard.type("车坏了")
    expect(note).to_have_value("客户说车坏了")
    expect(note).to_be_focused()


def test_a_reload_keeps_what_was_typed(site: Site, lina: Page) -> None:
    call_id = ring(site)
    answer(site, call_id)
    lina.locator("#work textarea").fill("明天上午来取车")
    lina.get_by_label("约定回电").check()
    expect(lina.locator("[data-draft-state]")).to_contain_text("草稿已保存")
    lina.reload()
    expect(lina.locator("#work textarea")).to_have_value("明天上午来取车")
    assert lina.locator("#work input:checked").get_attribute("value") == "CALLBACK"
    lina.locator("#work textarea").fill("立刻刷新")
    lina.reload()
    expect(lina.locator("#work textarea")).to_have_value("立刻刷新")


@tolerates("422")
def test_an_unknown_caller_is_created_in_place(site: Site, lina: Page) -> None:
    call_id = ring(site, number="13712340000", known=False)
    lina.get_by_role("button", name="新建客户").click()
    expect(lina.locator("#new-phone")).to_have_value("137 1234 0000")
    lina.locator("#new-name").fill("")
    lina.locator("#new-phone").fill("not a number")
    lina.locator("#new-name").fill("赵敏")
    lina.keyboard.press("Control+Enter")
    expect(lina.locator("#new-phone")).to_have_attribute("aria-invalid", "true")
    expect(lina.locator("#new-phone")).to_be_focused()
    lina.locator("#new-phone").fill("")
    lina.keyboard.press("Control+Enter")
    expect(lina.locator(".person-name")).to_contain_text("赵敏")
    assert call_row(site, call_id).customer_id is not None


def test_one_of_several_is_chosen_by_number_key(site: Site, lina: Page) -> None:
    ring(site, number="13800001111", known=False)
    expect(lina.locator(".choice")).to_have_count(2)
    lina.keyboard.press("2")
    expect(lina.locator(".person-name")).to_contain_text("刘大伟")


def test_a_pop_closes_when_a_colleague_answers(site: Site, lina: Page) -> None:
    call_id = ring(site)
    expect(lina.locator(".person-name")).to_be_visible()
    offers = [builders.offer("8001", "answered_elsewhere"), builders.offer("8002", "answered")]
    builders.change(site.database, call_id, agents=offers, final_agent="8002", state="talking")
    site.notify(
        "extension:8001", "call", id=call_id, change="offer_ended", extension="8001", outcome="answered_elsewhere"
    )
    expect(lina.locator(DESK)).to_have_attribute("data-state", "idle")
    expect(lina.locator("#call-bar")).to_contain_text("已由 张伟 接听")


def test_a_transferred_call_pops_at_the_second_agent_with_the_first_caller(site: Site, people: People) -> None:
    anna = people.open("anna", language="en")
    call_id = builders.ring(
        site.database,
        extension="8003",
        customer_id=site.ids["wang"],
        final_agent="8001",
        state="talking",
        transfers=[{"kind": "blind", "from": "8001", "to": "8003"}],
    )
    site.notify("extension:8003", "call", id=call_id, change="offered", extension="8003")
    expect(anna.locator(DESK)).to_have_attribute("data-state", "ringing")
    expect(anna.locator(".caller-name")).to_have_text("王建国")
    expect(anna.locator("#call-bar")).to_contain_text("from 李娜")


def test_two_tabs_show_the_same_over_one_stream(site: Site, people: People, lina: Page) -> None:
    second = people.tab(lina.context)
    second.goto(f"{site.url}/desk")
    expect(second.locator("#live")).to_have_attribute("data-state", "live")
    assert site.hub.subscribers == 1
    call_id = ring(site)
    for tab in (lina, second):
        expect(tab.locator(".person-name")).to_contain_text("王建国")
    answer(site, call_id)
    hang_up(site, call_id)
    expect(lina.locator(DESK)).to_have_attribute("data-state", "wrap_up")
    second.locator("#work textarea").fill("第二个标签页")
    second.get_by_label("预约到店").check()
    second.keyboard.press("Control+Enter")
    for tab in (lina, second):
        expect(tab.locator(DESK)).to_have_attribute("data-state", "idle")


def test_another_page_says_that_the_phone_rings(site: Site, lina: Page) -> None:
    lina.goto(f"{site.url}/calls")
    expect(lina.locator("#live")).to_have_attribute("data-state", "live")
    ring(site)
    expect(lina.locator("#ring-hint")).to_be_visible()
    lina.locator("#ring-hint").click()
    expect(lina.locator(".person-name")).to_contain_text("王建国")


@tolerates("ERR_", "Failed to load resource")
def test_a_restarted_server_is_found_again_with_the_present_state(site: Site, people: People, tmp_path: Path) -> None:
    second = make_site(tmp_path)
    port = 0
    with serve(make_site(tmp_path)) as first:
        port = int(first.url.rsplit(":", 1)[1])
        people.site.url, old = first.url, people.site.url
        page = people.open("lina")
        page.locator("body").evaluate("document.body.dataset.mark = 'not reloaded'")
    expect(page.locator("#live")).to_have_attribute("data-state", "reconnecting")
    call_id = builders.ring(second.database, customer_id=site.ids["wang"])
    with serve(second, port):
        expect(page.locator("#live")).to_have_attribute("data-state", "live", timeout=60_000)
        expect(page.locator(DESK)).to_have_attribute("data-call", str(call_id))
        assert page.locator("body").get_attribute("data-mark") == "not reloaded"
        page.close()
    people.site.url = old


@tolerates("401", "403")
def test_a_session_that_ends_is_renewed_in_place(site: Site, lina: Page) -> None:
    call_id = ring(site)
    answer(site, call_id)
    hang_up(site, call_id)
    lina.locator("#work textarea").fill("写到一半")
    lina.get_by_label("预约到店").check()
    with site.database.transaction() as session:
        session.exec(delete(SessionRow))
    lina.get_by_role("button", name="保存并就绪").click()
    expect(lina.locator("#again")).to_be_visible()
    lina.locator("#again-password").fill("wrong")
    lina.keyboard.press("Enter")
    expect(lina.locator("#again .error")).to_be_visible()
    lina.locator("#again-password").fill(builders.PASSWORD)
    lina.keyboard.press("Enter")
    expect(lina.locator("#again")).to_be_hidden()
    expect(lina.locator("#work textarea")).to_have_value("写到一半")
    lina.get_by_role("button", name="保存并就绪").click()
    expect(lina.locator(DESK)).to_have_attribute("data-state", "idle")


def test_the_help_sheet_and_the_switch_of_single_keys(site: Site, lina: Page) -> None:
    lina.keyboard.press("?")
    expect(lina.locator("#help")).to_be_visible()
    lina.locator("#single-keys").uncheck()
    lina.keyboard.press("Escape")
    lina.keyboard.press("?")
    expect(lina.locator("#help")).to_be_hidden()
    lina.keyboard.press("Alt+2")
    lina.wait_for_url("**/calls")
    assert lina.locator("body").get_attribute("data-single-keys") == "false"


def test_the_wall_follows(site: Site, people: People) -> None:
    boss = people.open("boss", language="zh-TW")
    call_id = ring(site)
    row = boss.locator(f"#wall-call-{call_id}")
    expect(row).to_contain_text("響鈴中")
    answer(site, call_id)
    expect(row).to_contain_text("通話中")
    say(site, call_id, "我要退车", flagged="退车")
    expect(boss.locator("#wall-alerts")).to_contain_text("王建国")
    hang_up(site, call_id)
    expect(row).to_have_count(0)
