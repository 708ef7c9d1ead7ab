"""The desk's routes: what is shown, chosen, created, kept, saved, judged; and who is written down as having seen it."""

import re

import pytest
from sqlmodel import select

from callcenter.store.tables import AuditEntry, Call, Customer, FlagRow
from tests import builders
from tests.site import Site
from tests.web.conftest import sign_in
from tests.web.parsed import parsed


def audited(site: Site, action: str) -> list[AuditEntry]:
    with site.database.session() as session:
        return list(session.exec(select(AuditEntry).where(AuditEntry.action == action)))


def call_row(site: Site, call_id: int) -> Call:
    with site.database.session() as session:
        call = session.get(Call, call_id)
        assert call is not None
        return call


def test_a_known_caller_is_on_the_desk_with_cars_and_complaints(site: Site) -> None:
    builders.ring(site.database, customer_id=site.ids["wang"])
    page = sign_in(site, "lina").get("/desk").text
    for text in ("王建国", "138 1234 5678", "粤B12345", "2 个未结投诉", "发动机异响，维修三次未解决"):
        assert text in page
    assert [entry.record_id for entry in audited(site, "customer.view")] == [str(site.ids["wang"])]


def test_one_of_several_is_chosen(site: Site) -> None:
    call_id = builders.ring(site.database, number="13800001111")
    client = sign_in(site, "lina")
    page = parsed(client.get("/desk").text)
    choices = page.cssselect(".choice")
    assert [choice.cssselect(".choice-name")[0].text.strip() for choice in choices] == ["刘芳", "刘大伟"]
    with site.database.session() as session:
        wanted = session.exec(select(Customer).where(Customer.name == "刘大伟")).one()
    answer = client.post(f"/desk/calls/{call_id}/customer", data={"customer_id": str(wanted.id)})
    assert "刘大伟" in answer.text
    assert 'hx-target="#customer"' in answer.text
    assert call_row(site, call_id).customer_id == wanted.id
    client.post(f"/desk/calls/{call_id}/customer", data={"customer_id": ""})
    assert call_row(site, call_id).customer_id is None


def test_an_unknown_caller_is_created_in_place(site: Site) -> None:
    call_id = builders.ring(site.database, number="13712340000")
    client = sign_in(site, "lina")
    assert "库中没有此客户" in client.get("/desk").text
    assert 'value="137 1234 0000"' in client.get(f"/desk/calls/{call_id}/new-customer").text
    refused = client.post(f"/desk/calls/{call_id}/new-customer", data={"name": "", "note": "老客户介绍"})
    assert refused.status_code == 422
    assert "老客户介绍" in refused.text
    field = parsed(refused.text).get_element_by_id("new-name")
    assert field.get("aria-invalid") == "true"
    assert field.get("aria-describedby") == "new-name-note"
    bad = client.post(f"/desk/calls/{call_id}/new-customer", data={"name": "赵敏", "phone": "abc"})
    assert bad.status_code == 422
    made = client.post(f"/desk/calls/{call_id}/new-customer", data={"name": "赵敏", "gender": "f"})
    assert "赵敏" in made.text
    assert "女士" in made.text
    assert call_row(site, call_id).customer_id is not None


def test_a_hidden_number_is_neither_shown_nor_matched(site: Site) -> None:
    builders.ring(site.database, number="13812345678", number_hidden=True)
    page = sign_in(site, "lina").get("/desk").text
    assert "来电隐藏了号码" in page
    assert "1234" not in re.sub(r"4008001234", "", page)


def test_a_draft_is_kept_and_comes_back(site: Site) -> None:
    call_id = builders.ring(site.database)
    client = sign_in(site, "lina")
    fields = {"code": "CALLBACK", "note": "<b>下午三点</b>"}
    assert client.put(f"/desk/calls/{call_id}/draft", data=fields).status_code == 204
    page = parsed(client.get("/desk").text)
    assert page.cssselect("#wrap-up textarea")[0].text == "<b>下午三点</b>"
    assert page.cssselect("#wrap-up input[checked]")[0].get("value") == "CALLBACK"


def test_wrapping_up_needs_a_code_and_frees_the_desk(site: Site) -> None:
    call_id = builders.ring(site.database)
    builders.answer(site.database, call_id)
    builders.hang_up(site.database, call_id)
    client = sign_in(site, "lina")
    refused = client.post(f"/desk/calls/{call_id}/wrap-up", data={"note": "已处理"})
    assert refused.status_code == 422
    assert "请选择来电事由。" in refused.text
    assert "已处理" in refused.text
    done = client.post(f"/desk/calls/{call_id}/wrap-up", data={"code": "STATUS", "note": "已处理"})
    assert 'data-state="idle"' in done.text
    row = call_row(site, call_id)
    assert (row.wrap_up_code, row.wrap_up_note) == ("STATUS", "已处理")


def test_calls_left_open_can_be_reached(site: Site) -> None:
    with site.database.transaction() as session:
        older = builders.make_finished_call(session, minutes_ago=9).id
        builders.make_finished_call(session, minutes_ago=4)
    client = sign_in(site, "lina")
    page = client.get("/desk").text
    assert f'href="/desk?call={older}"' in page
    assert f'data-call="{older}"' in client.get(f"/desk?call={older}").text


def test_judging_a_flag_keeps_the_verdict(site: Site) -> None:
    call_id = builders.ring(site.database)
    builders.answer(site.database, call_id)
    with site.database.transaction() as session:
        call = session.get(Call, call_id)
        assert call is not None
        flag = builders.make_flag(session, builders.make_utterance(session, call, "我要退车"), "退车")
        flag_id = flag.id
    client = sign_in(site, "lina")
    answer = client.post(f"/desk/flags/{flag_id}", data={"verdict": "rejected"})
    assert "误报" in answer.text
    assert f'hx-target="#flag-{flag_id}" hx-swap="delete"' in answer.text
    with site.database.session() as session:
        kept = session.get(FlagRow, flag_id)
        assert kept is not None
        assert kept.verdict == "rejected"


def test_another_agents_call_is_refused(site: Site) -> None:
    call_id = builders.ring(site.database, extension="8002")
    client = sign_in(site, "lina")
    assert client.put(f"/desk/calls/{call_id}/draft", data={"note": "x"}).status_code == 403
    assert client.post(f"/desk/calls/{call_id}/wrap-up", data={"code": "OTHER"}).status_code == 403


@pytest.mark.parametrize(("who", "talk"), [("lina", "此前振铃"), ("anna", "Tried before")], ids=["zh-CN", "en"])
def test_a_transferred_call_says_from_whom(site: Site, who: str, talk: str) -> None:
    extension = "8001" if who == "lina" else "8003"
    builders.ring(
        site.database,
        extension=extension,
        final_agent="8002",
        state="talking",
        transfers=[{"kind": "blind", "from": "8002", "to": extension}],
    )
    page = sign_in(site, who).get("/desk").text
    assert 'data-state="ringing"' in page
    assert "张伟" in page
    assert talk in page
