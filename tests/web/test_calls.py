"""The call log and one call's page, media, and the pages of the rest."""

from collections.abc import Callable
from pathlib import Path

import pytest
from fastapi.testclient import TestClient
from sqlmodel import select

from callcenter.store.tables import AuditEntry, Call, LinkGap, Recording
from callcenter.store.types import now
from tests import builders
from tests.site import Site
from tests.web.conftest import BASE, sign_in
from tests.web.parsed import parsed


def table(text: str) -> str:
    """Rows alone are no HTML without a table around them."""
    return text if "<table" in text else f"<table>{text}</table>"


def rows(text: str) -> list[str]:
    return [row.get("data-href") for row in parsed(text).cssselect("tr[data-href]")]


@pytest.mark.parametrize(
    ("query", "count"),
    [
        ("", 6),
        ("q=王建国", 1),
        ("q=0755", 1),
        ("q=755 8888-6666", 1),
        ("q=nobody", 0),
        ("q=75588886666", 1),
        ("direction=outbound", 1),
        ("outcome=abandoned", 1),
        ("outcome=flagged", 2),
        ("agent=8002", 2),
        ("day=2001-01-01", 0),
        ("day=nonsense&after=nonsense", 6),
        ("q=%25_", 6),
    ],
)
def test_the_log_is_narrowed(client_of: Callable[[str], TestClient], query: str, count: int) -> None:
    assert len(rows(client_of("boss").get(f"/calls?{query}").text)) == count


def test_the_log_is_paged_by_key(site: Site) -> None:
    with site.database.transaction() as session:
        began = now()
        for _ in range(120):
            builders.make_finished_call(session, started_at=began)
    client = sign_in(site, "boss")
    seen: list[str] = []
    page = client.get("/calls").text
    while True:
        seen += rows(table(page))
        more = parsed(table(page)).cssselect("#more button")
        if not more:
            break
        page = client.get(more[0].get("hx-get"), headers={"hx-request": "true", "hx-target": "tr#more"}).text
    assert len(seen) == 126
    assert len(set(seen)) == 126


def test_a_fragment_is_a_fragment(client_of: Callable[[str], TestClient]) -> None:
    for path in ("/calls", "/wall", "/admin/system", "/desk"):
        part = client_of("boss").get(path, headers={"hx-request": "true"}).text
        assert "<html" not in part
        assert "<html" in client_of("boss").get(path).text


def test_the_call_page_shows_transcript_marks_and_player(
    client_of: Callable[[str], TestClient], seeded_site: Site
) -> None:
    page = parsed(client_of("lina").get(f"/calls/{seeded_site.ids['finished']}").text)
    lines = page.cssselect(".line")
    assert [line.get("data-speaker") for line in lines] == ["agent", "customer"] * 3
    assert [mark.text for mark in page.cssselect(".line mark")] == ["修了三次都没修好", "退车", "消协投诉"]
    assert page.cssselect("[data-player] script[type='application/json']")


def test_names_are_text_and_never_markup(site: Site) -> None:
    evil = "<script>alert(1)</script>"
    with site.database.transaction() as session:
        customer = builders.make_customer(session, evil, number="13700000009", note=evil, plates=((evil[:10], evil),))
        call_id = builders.make_finished_call(session, customer_id=customer.id, customer_name=evil, queue=evil).id
        call = session.get(Call, call_id)
        assert call is not None
        line = builders.make_utterance(session, call, f"{evil} 退车", source="recording")
        builders.make_flag(session, line, evil)
        builders.make_recording(session, call, error=evil)
    client = sign_in(site, "lina")
    for path in ("/calls", f"/calls/{call_id}", "/desk"):
        page = client.get(path).text
        assert evil not in page
        assert "alert(1)" in page


def test_a_recording_is_played_in_ranges_and_audited_once(site: Site) -> None:
    sound = bytes(range(256)) * 40
    with site.database.session() as session:
        recording = session.exec(select(Recording)).one()
    path = site.context.recordings_root / recording.path
    path.parent.mkdir(parents=True)
    path.write_bytes(sound)
    client = sign_in(site, "lina")
    address = f"/media/{recording.id}.wav"
    first = client.get(address, headers={"range": "bytes=0-"})
    assert first.status_code == 206
    assert first.content == sound
    part = client.get(address, headers={"range": "bytes=100-199"})
    assert part.content == sound[100:200]
    assert part.headers["content-range"] == f"bytes 100-199/{len(sound)}"
    assert client.get(address, headers={"range": "bytes=999999-"}).status_code == 416
    with site.database.session() as session:
        played = session.exec(select(AuditEntry).where(AuditEntry.action == "recording.play")).all()
    assert [entry.record_id for entry in played] == [str(recording.id)]
    assert sign_in(site, "zhangwei").get(address).status_code == 403


@pytest.mark.parametrize("name", ["../secret.wav", "/etc/hostname", "missing.wav"])
def test_a_recording_never_leads_out_of_its_folder(site: Site, name: str) -> None:
    (Path(site.context.recordings_root).parent / "secret.wav").write_bytes(b"secret")
    with site.database.transaction() as session:
        recording = session.exec(select(Recording)).one()
        recording.path = name
    assert sign_in(site, "lina").get(f"/media/{recording.id}.wav").status_code == 404


def test_a_failed_transcription_is_tried_again_by_leaders(site: Site) -> None:
    with site.database.transaction() as session:
        recording = session.exec(select(Recording)).one()
        recording.status, recording.error = "failed", "no model for zh"
    address = f"/calls/{recording.call_id}/recordings/{recording.id}/retry"
    page = f"/calls/{recording.call_id}"
    assert address not in sign_in(site, "lina").get(page).text
    boss = sign_in(site, "boss")
    assert address in boss.get(page).text
    assert 'hx-target="#recordings"' in boss.post(address).text
    assert site.retried == [recording.id]
    assert boss.post(address.replace(f"calls/{recording.call_id}", "calls/1999")).status_code == 404


def test_the_link_down_is_on_every_page(site: Site) -> None:
    client = sign_in(site, "lina")
    assert 'id="link" data-state="up"' in client.get("/calls").text
    with site.database.transaction() as session:
        session.add(LinkGap(lost_at=now(), reason="timeout"))
    assert 'id="link" data-state="down"' in client.get("/calls").text


def test_settings_are_kept(site: Site) -> None:
    client = sign_in(site, "lina")
    fields = {"language": "zh-TW", "theme": "dark"}
    page = client.post("/me", data=fields).text
    assert 'lang="zh-TW" data-theme="dark"' in page
    assert 'data-single-keys="false"' in page
    assert client.post("/me", data={"language": "xx", "theme": "dark"}).status_code == 422


def test_the_password_is_changed_with_the_old_one(site: Site) -> None:
    client, other = sign_in(site, "lina"), sign_in(site, "lina")
    wrong = client.post("/me/password", data={"old": "wrong", "new": "a new password"})
    assert wrong.status_code == 403
    assert "原密码不正确。" in wrong.text
    assert client.post("/me/password", data={"old": builders.PASSWORD, "new": "short"}).status_code == 422
    assert client.post("/me/password", data={"old": builders.PASSWORD, "new": "a new password"}).status_code == 200
    assert other.get("/me").status_code == 401


def test_the_first_run_makes_the_administrator(empty_site: Site) -> None:
    client = TestClient(empty_site.app, base_url=BASE)
    page = client.get("/", headers={"accept": "text/html"})
    assert page.url.path == "/setup"
    token = parsed(page.text).cssselect("input[name=csrf_token]")[0].get("value")
    short = {"csrf_token": token, "name": "root", "password": "short"}
    assert client.post("/setup", data=short).status_code == 422
    assert client.post("/setup", data=short | {"csrf_token": "x"}).status_code == 403
    good = short | {"password": "long enough", "full_name": "Root", "language": "en"}
    assert client.post("/setup", data=good).url.path == "/wall"
    assert client.get("/setup", follow_redirects=False).headers["location"] == "/sign-in"


def test_healthz_says_nothing_of_people(client_of: Callable[[str], TestClient]) -> None:
    answer = client_of("qa").get("/healthz").json()
    assert set(answer) == {"database", "pbx", "build"}
