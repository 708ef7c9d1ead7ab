"""Notices as the pages of three languages receive them, and the stream itself."""

import json
import re
import time
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from sqlmodel import select

from callcenter.core.roles import Role
from callcenter.live.notices import Notice
from callcenter.store import users
from callcenter.store.tables import AuditEntry, Call, FlagRow, User
from callcenter.store.types import now
from callcenter.web.live.views import PageName, View
from callcenter.web.site import Site as WebSite
from tests import builders
from tests.site import Site, serve
from tests.web.conftest import sign_in
from tests.web.parsed import parsed

LANGUAGES = ["zh-CN", "zh-TW", "en"]


def user_named(site: Site, name: str, language: str) -> User:
    with site.database.session() as session:
        user = users.by_name(session, name)
    assert user is not None
    user.language = language
    return user


async def frames(
    site: Site, notice: Notice, *, page: PageName = "desk", who: str = "lina", language: str = "zh-CN", call: int = 0
) -> dict[str, str]:
    """The frames of one notice by event."""
    web: WebSite = site.app.state.site
    view = View(page=page, call_id=call or None, user=user_named(site, who, language))
    raw = (await web.presenter.frames(notice, view)).decode()
    found: dict[str, str] = {}
    for block in raw.split("\n\n"):
        event = re.search(r"^event: (.+)$", block, re.MULTILINE)
        if event:
            data = "\n".join(re.findall(r"^data: (.*)$", block, re.MULTILINE))
            found[event[1]] = found.get(event[1], "") + data
    if found:
        assert raw.count("id: ") == 1
        assert raw.rstrip().rsplit("\n\n", 1)[-1].startswith(f"id: {notice.id}")
    return found


_seq = iter(range(1, 10_000))


def notice(topic: str, kind: str, **data: Any) -> Notice:
    return Notice(epoch="test", seq=next(_seq), at=0.0, topic=topic, kind=kind, data=data)


def ids(text: str) -> list[str]:
    return [str(element.get("id")) for element in parsed(text).cssselect("[id]")]


@pytest.mark.parametrize(
    ("language", "state", "complaints"),
    [("zh-CN", "振铃中", "2 个未结投诉"), ("zh-TW", "響鈴中", "2 件未結客訴"), ("en", "Ringing", "2 open complaints")],
)
async def test_a_ring_is_the_whole_desk_in_each_language(
    site: Site, language: str, state: str, complaints: str
) -> None:
    call_id = builders.ring(site.database, customer_id=site.ids["wang"])
    told = notice("extension:8001", "call", id=call_id, change="offered", extension="8001")
    found = await frames(site, told, language=language)
    assert 'hx-target="#desk"' in found["html"]
    assert state in found["html"]
    assert complaints in found["html"]
    assert json.loads(found["call"]) | {"since": 0} == {
        "id": call_id,
        "state": "ringing",
        "since": 0,
        "name": "王建国",
        "phone": "138 1234 5678",
        "queue": "售后服务",
    }
    assert len(ids(found["html"])) == len(set(ids(found["html"])))
    assert len(found["html"].encode()) < 24_000


@pytest.mark.parametrize("language", LANGUAGES)
async def test_the_pushed_desk_is_the_one_a_fresh_page_shows(site: Site, language: str) -> None:
    builders.change_user(site.database, "lina", language=language)
    call_id = builders.ring(site.database, customer_id=site.ids["wang"])
    told = notice("extension:8001", "call", id=call_id, change="offered", extension="8001")
    pushed = (await frames(site, told, language=language))["html"]
    fresh = sign_in(site, "lina").get("/desk", headers={"hx-request": "true"}).text
    inner = re.sub(r"^<hx-partial[^>]*>|</hx-partial>$", "", pushed.replace("\n", ""))
    flat = "".join(line.strip() for line in fresh.splitlines())
    assert re.sub(r"\s+", "", inner) == re.sub(r"\s+", "", flat)


@pytest.mark.parametrize("change", ["held", "resumed", "ended", "customer", "transferred"])
async def test_a_small_change_leaves_what_is_being_typed_alone(site: Site, change: str) -> None:
    call_id = builders.ring(site.database)
    builders.answer(site.database, call_id)
    found = await frames(site, notice("extension:8001", "call", id=call_id, change=change))
    assert "<form" not in found["html"]
    assert 'hx-target="#call-bar"' in found["html"]


@pytest.mark.parametrize(
    ("outcome", "words"),
    [("answered_elsewhere", "已由 张伟 接听"), ("cancelled", "客户放弃等待"), ("no_answer", "未接听")],
)
async def test_a_pop_closes_saying_why(site: Site, outcome: str, words: str) -> None:
    call_id = builders.ring(site.database)
    offers = [builders.offer("8001", outcome), builders.offer("8002", "answered")]
    builders.change(site.database, call_id, agents=offers, final_agent="8002", state="talking")
    told = notice("extension:8001", "call", id=call_id, change="offer_ended", extension="8001", outcome=outcome)
    found = await frames(site, told)
    assert words in found["html"]
    assert json.loads(found["call"]) == {"id": None, "state": "idle"}


async def test_words_appear_and_are_replaced_in_place(site: Site) -> None:
    call_id = builders.ring(site.database)
    partial = notice(
        "extension:8001",
        "partial",
        call_id=call_id,
        leg="leg-customer",
        seq=4,
        speaker="customer",
        start=2.5,
        text="我要退",
    )
    first = (await frames(site, partial))["html"]
    with site.database.transaction() as session:
        row = builders.make_utterance(session, session.get_one(Call, call_id), "我要退车", start=2.5, seq=4)
        builders.make_flag(session, row, "退车")
    second = (await frames(site, notice("extension:8001", "utterance", call_id=call_id, utterance_id=row.id)))["html"]
    assert ids(first) == ids(second)
    assert "data-interim" in first
    assert "data-interim" not in second
    assert "<mark" in second
    assert f'hx-target="#lines-{call_id}"' in second


@pytest.mark.parametrize(("language", "word"), [("zh-CN", "严重"), ("zh-TW", "嚴重"), ("en", "Serious")])
async def test_a_flag_is_a_card_and_goes_when_retracted(site: Site, language: str, word: str) -> None:
    call_id = builders.ring(site.database)
    with site.database.transaction() as session:
        row = builders.make_utterance(session, session.get_one(Call, call_id), "我要退车")
        flag = builders.make_flag(session, row, "退车")
    found = await frames(site, notice("extension:8001", "flag", call_id=call_id, flag_id=flag.id), language=language)
    assert f'id="flag-{flag.id}"' in found["html"]
    assert word in found["html"]
    assert json.loads(found["alert"])["sev"] == 4
    with site.database.transaction() as session:
        session.get_one(FlagRow, flag.id).retracted_at = now()
    gone = await frames(site, notice("extension:8001", "flag_retracted", call_id=call_id, flag_id=flag.id))
    assert f'hx-target="#flag-{flag.id}" hx-swap="delete"' in gone["html"]
    assert "<mark" not in gone["html"]


@pytest.mark.parametrize("language", LANGUAGES)
async def test_the_wall_follows_calls_and_flags(site: Site, language: str) -> None:
    async def told(kind: str, **data: Any) -> str:
        news = notice("supervisors", kind, **data)
        return (await frames(site, news, page="wall", who="boss", language=language))["html"]

    call_id = builders.ring(site.database)
    assert f'id="wall-call-{call_id}"' in await told("call", id=call_id, change="offered")
    builders.hang_up(site.database, call_id)
    gone = await told("call", id=call_id, change="ended")
    assert f'hx-target="#wall-call-{call_id}" hx-swap="delete"' in gone
    with site.database.transaction() as session:
        talking = session.get_one(Call, site.ids["talking"])
        flag = builders.make_flag(session, builders.make_utterance(session, talking, "我要退车"), "退车")
    assert f'id="wall-flag-{flag.id}"' in await told("flag", call_id=talking.id, flag_id=flag.id)


async def test_the_call_page_masks_numbers_for_a_reviewer(site: Site) -> None:
    call_id = builders.ring(site.database)
    told = notice(f"call:{call_id}", "call", id=call_id, change="held")
    whole = (await frames(site, told, page="call", who="boss", call=call_id))["html"]
    masked = (await frames(site, told, page="call", who="qa", call=call_id))["html"]
    assert "138 1234 5678" in whole
    assert "138 **** 5678" in masked


async def test_progress_and_its_end_reach_the_call_page(site: Site) -> None:
    call_id = site.ids["finished"]

    async def told(status: str) -> dict[str, str]:
        news = notice(f"call:{call_id}", "recording", call_id=call_id, recording_id=1, progress=0.5, status=status)
        return await frames(site, news, page="call", call=call_id)

    assert "refresh" not in await told("transcribing")
    assert "refresh" in await told("transcribed")


async def test_who_was_shown_whose_data_is_written_down_once(site: Site) -> None:
    call_id = builders.ring(site.database, customer_id=site.ids["wang"])
    for change in ("offered", "answered", "held"):
        await frames(site, notice("extension:8001", "call", id=call_id, change=change))
    site.app.state.site.presenter.close()
    with site.database.session() as session:
        seen = session.exec(select(AuditEntry).where(AuditEntry.action == "customer.view")).all()
    assert [entry.record_id for entry in seen] == [str(site.ids["wang"])]


async def test_another_page_hears_that_the_phone_rings(site: Site) -> None:
    call_id = builders.ring(site.database)
    told = notice("extension:8001", "call", id=call_id, change="offered", extension="8001")
    assert json.loads((await frames(site, told, page="base"))["ring"]) == {"id": call_id, "change": "offered"}
    assert await frames(site, told, page="base", who="qa") == {}


async def test_the_link_going_down_is_told_to_all(site: Site) -> None:
    found = await frames(site, notice("system", "link", up=False, since=0.0), page="base", who="qa", language="en")
    assert "Telephone link down" in found["html"]


def test_views_of_one_kind_share_their_bytes() -> None:
    one, two = (User(name=n, full_name=n, password_hash="", role=Role.SUPERVISOR, language="en") for n in "ab")
    assert View(page="wall", call_id=None, user=one).key == View(page="wall", call_id=None, user=two).key
    assert View(page="desk", call_id=None, user=one).topics == {"system"}


@pytest.fixture
def served(site: Site) -> Iterator[Site]:
    with serve(site) as running:
        yield running


def read_until(stream: Iterator[str], wanted: str) -> list[str]:
    lines: list[str] = []
    for line in stream:
        lines.append(line)
        if wanted in line:
            return lines
    raise AssertionError(f"{wanted} did not come: {lines}")


def test_a_stream_replays_what_was_missed_then_goes_on(served: Site) -> None:
    cookies = dict(sign_in(served, "lina").cookies)
    since = served.hub.last_id
    call_id = builders.ring(served.database)
    served.notify("extension:8001", "call", id=call_id, change="offered", extension="8001")
    with httpx.stream("GET", f"{served.url}/live?page=desk&last={since}", cookies=cookies, timeout=20) as answer:
        assert answer.headers["content-type"].startswith("text/event-stream")
        lines = answer.iter_lines()
        replayed = read_until(lines, "event: hello")
        assert f"id: {served.hub.last_id}" in replayed
        assert "event: resync" not in replayed
        served.notify("system", "link", up=True)
        read_until(lines, "event: link")
        served.hub.close()
        read_until(lines, "event: bye")


def test_a_stream_that_cannot_replay_says_so(served: Site) -> None:
    cookies = dict(sign_in(served, "lina").cookies)
    headers = {"last-event-id": "another-7"}
    with httpx.stream("GET", f"{served.url}/live?page=desk", cookies=cookies, headers=headers, timeout=20) as answer:
        assert "event: resync" in read_until(answer.iter_lines(), "event: hello")


def test_a_reader_that_leaves_is_noticed_at_once(served: Site) -> None:
    cookies = dict(sign_in(served, "lina").cookies)
    with httpx.stream("GET", f"{served.url}/live?page=desk", cookies=cookies, timeout=20) as answer:
        lines = answer.iter_lines()  # kept: httpx closes the answer with it
        read_until(lines, "event: hello")
        assert served.hub.subscribers == 1
    until = time.monotonic() + 60
    while served.hub.subscribers and time.monotonic() < until:
        time.sleep(0.02)
    assert served.hub.subscribers == 0
