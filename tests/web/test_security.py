"""Headers, tokens, origins, and what no template may contain."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from callcenter.web.pages.auth import safe_path
from callcenter.web.render import TEMPLATES
from tests.builders import PASSWORD
from tests.site import Site
from tests.web.conftest import BASE, sign_in

PAGES = ["/sign-in", "/desk", "/calls", "/me", "/no-such-page", "/healthz", "/static/x/css/base.css"]


@pytest.mark.parametrize("path", PAGES)
def test_every_answer_carries_the_policy(client_of: Callable[[str], TestClient], path: str) -> None:
    headers = client_of("lina").get(path).headers
    policy = headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "script-src 'self';" in policy
    assert "unsafe" not in policy
    assert headers["x-content-type-options"] == "nosniff"


def test_the_nonce_is_new_each_time_and_in_the_page(client_of: Callable[[str], TestClient]) -> None:
    first, second = (client_of("lina").get("/calls") for _ in range(2))
    nonces = [re.search(r"'nonce-([^']+)'", a.headers["content-security-policy"]) for a in (first, second)]
    assert nonces[0] is not None
    assert nonces[1] is not None
    assert nonces[0][1] != nonces[1][1]
    assert f'content="{nonces[0][1]}"' in first.text


def test_pages_are_not_kept_and_files_are(client_of: Callable[[str], TestClient]) -> None:
    client = client_of("lina")
    page = client.get("/calls")
    assert page.headers["cache-control"] == "no-store"
    sheet = re.search(r'href="(/static/[^"]+\.css)"', page.text)
    assert sheet is not None
    assert "immutable" in client.get(sheet[1]).headers["cache-control"]
    assert client.get(re.sub(r"/static/\w+/", "/static/old/", sheet[1])).headers["cache-control"] == "no-cache"


@pytest.mark.parametrize("name", ["../app.py", "%2e%2e/app.py", "css/../../app.py", "//etc/passwd"])
def test_static_serves_nothing_else(client_of: Callable[[str], TestClient], name: str) -> None:
    assert client_of("lina").get(f"/static/x/{name}").status_code == 404


def test_a_change_needs_the_token(client_of: Callable[[str], TestClient]) -> None:
    client = client_of("lina")
    for token in ("", "wrong"):
        answer = client.post("/me/shortcuts", headers={"x-csrf-token": token})
        assert answer.status_code == 403
    right = client.headers["x-csrf-token"]
    without_header = {k: v for k, v in client.headers.items() if k != "x-csrf-token"}
    plain = TestClient(client.app, base_url=BASE, cookies=client.cookies, headers=without_header)
    assert plain.post("/me/shortcuts", data={"csrf_token": right}).status_code == 204
    assert plain.post("/me/shortcuts").status_code == 403


@pytest.mark.parametrize(
    "headers",
    [{"origin": "https://elsewhere.example"}, {"sec-fetch-site": "cross-site"}, {"origin": "null"}],
)
def test_another_site_changes_nothing(
    seeded_site: Site, client_of: Callable[[str], TestClient], headers: dict[str, str]
) -> None:
    assert client_of("lina").post("/me/shortcuts", headers=headers).status_code == 403
    stranger = TestClient(seeded_site.app, base_url=BASE)
    fields = {"name": "lina", "password": PASSWORD}
    assert stranger.post("/sign-in", data=fields, headers=headers).status_code == 403


def test_the_session_cookie_is_out_of_reach(site: Site) -> None:
    client = TestClient(site.app, base_url=BASE)
    answer = client.post("/sign-in", data={"name": "lina", "password": PASSWORD}, follow_redirects=False)
    cookie = next(c for c in answer.headers.get_list("set-cookie") if c.startswith("callcenter="))
    assert "HttpOnly" in cookie
    assert "SameSite=lax" in cookie


def test_signing_out_ends_the_session(site: Site) -> None:
    client = sign_in(site, "lina")
    assert client.post("/sign-out", follow_redirects=False).status_code == 303
    assert client.get("/desk").status_code == 401


@pytest.mark.parametrize("target", ["//evil.example", "/\\evil.example", "https://evil.example", "evil", "/a\r\nb"])
def test_next_stays_on_this_site(target: str) -> None:
    assert safe_path(target) == ""
    assert safe_path("/calls?q=1") == "/calls?q=1"


BANNED = {
    "inline style": re.compile(r"\sstyle="),
    "hx-on": re.compile(r"hx-on[:-]"),
    "inline handler": re.compile(r"\son\w+="),
    "js: value": re.compile(r"['\"]js:"),
    "javascript: address": re.compile(r"javascript:"),
    "trigger filter": re.compile(r"hx-trigger=\"[^\"]*\["),
    "inline script": re.compile(r"<script(?![^>]*(\ssrc=|application/json))"),
    "unsafe filter": re.compile(r"\|\s*safe\b"),
    "foreign address": re.compile(r"(src|href)=\"https?:"),
}


@pytest.mark.parametrize("template", sorted(TEMPLATES.rglob("*.html")), ids=lambda path: path.name)
def test_no_template_needs_a_weaker_policy(template: Path) -> None:
    text = template.read_text("utf-8")
    assert [name for name, pattern in BANNED.items() if pattern.search(text)] == []
