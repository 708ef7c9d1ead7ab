"""Every route for every role: the matrix. A new route without a line here fails."""

from collections.abc import Callable

import pytest
from fastapi.routing import APIRoute
from fastapi.testclient import TestClient

from tests.site import Site
from tests.web.conftest import BASE

AGENT, QA, BOSS, ADMIN, NOBODY = "lina", "qa", "boss", "admin", ""
EVERYBODY = {AGENT, QA, BOSS, ADMIN}
DESK = {AGENT, BOSS, ADMIN}
LEADERS = {BOSS, ADMIN}

OPEN_TO: dict[tuple[str, str], set[str]] = {
    ("GET", "/"): EVERYBODY,
    ("GET", "/me"): EVERYBODY,
    ("POST", "/me"): EVERYBODY,
    ("POST", "/me/shortcuts"): EVERYBODY,
    ("POST", "/me/password"): EVERYBODY,
    ("POST", "/sign-out"): EVERYBODY,
    ("GET", "/desk"): DESK,
    ("POST", "/desk/calls/{call_id}/customer"): DESK,
    ("GET", "/desk/calls/{call_id}/new-customer"): DESK,
    ("POST", "/desk/calls/{call_id}/new-customer"): DESK,
    ("PUT", "/desk/calls/{call_id}/draft"): DESK,
    ("POST", "/desk/calls/{call_id}/wrap-up"): DESK,
    ("POST", "/desk/flags/{flag_id}"): DESK,
    ("GET", "/calls"): EVERYBODY,
    ("GET", "/calls/{call_id}"): EVERYBODY,
    ("POST", "/calls/{call_id}/recordings/{recording_id}/retry"): LEADERS,
    ("GET", "/media/{recording_id}.wav"): EVERYBODY,
    ("GET", "/wall"): LEADERS,
    ("GET", "/admin/system"): LEADERS,
    ("GET", "/live"): EVERYBODY,
}
"""Who is let past the door. What a route then does with the call or user named is tested elsewhere."""

PUBLIC = {
    ("GET", "/sign-in"),
    ("POST", "/sign-in"),
    ("POST", "/sign-in/again"),
    ("GET", "/setup"),
    ("POST", "/setup"),
    ("POST", "/language"),
    ("GET", "/healthz"),
}


def routes(site: Site) -> set[tuple[str, str]]:
    found: set[tuple[str, str]] = set()
    pending = list(site.app.router.routes)
    while pending:
        route = pending.pop()
        if isinstance(route, APIRoute):
            found |= {(method, route.path) for method in route.methods or ()}
        else:
            inner = getattr(route, "original_router", None)
            pending += list(getattr(inner, "routes", []))
    return found


def test_the_matrix_names_every_route(seeded_site: Site) -> None:
    assert routes(seeded_site) == set(OPEN_TO) | PUBLIC


CASES = [
    (method, path, who)
    for (method, path) in OPEN_TO
    # The stream never ends by itself; signing out would end the shared session.
    if path not in ("/live", "/sign-out")
    for who in (*sorted(EVERYBODY), NOBODY)
]


@pytest.mark.parametrize(("method", "path", "who"), CASES)
def test_who_is_let_in(
    seeded_site: Site, client_of: Callable[[str], TestClient], method: str, path: str, who: str
) -> None:
    # Ids that do not exist: nothing is changed, and who may enter is answered 404 or 422 instead of 403.
    address = path.format(call_id=999_999, flag_id=999_999, recording_id=999_999)
    client = client_of(who) if who else TestClient(seeded_site.app, base_url=BASE)
    answer = client.request(method, address, follow_redirects=False)
    if not who:
        assert answer.status_code == 401
    elif who in OPEN_TO[method, path]:
        assert answer.status_code not in (401, 403, 500), answer.text
    else:
        assert answer.status_code == 403


@pytest.mark.parametrize(
    ("page", "who"), [("wall", AGENT), ("system", AGENT), ("desk", QA), ("wall", QA), ("system", QA)]
)
def test_no_stream_of_a_page_that_is_not_open(client_of: Callable[[str], TestClient], page: str, who: str) -> None:
    assert client_of(who).get(f"/live?page={page}").status_code == 403


def test_no_stream_of_another_agents_call(seeded_site: Site, client_of: Callable[[str], TestClient]) -> None:
    assert client_of(AGENT).get(f"/live?page=call&call={seeded_site.ids['talking']}").status_code == 403


def test_an_agent_sees_no_other_agents_call(seeded_site: Site, client_of: Callable[[str], TestClient]) -> None:
    theirs = seeded_site.ids["talking"]
    assert client_of(AGENT).get(f"/calls/{theirs}").status_code == 403
    assert client_of(QA).get(f"/calls/{theirs}").status_code == 200
    assert "139 0000 3333" not in client_of(AGENT).get("/calls").text


def test_a_reviewer_sees_numbers_masked(seeded_site: Site, client_of: Callable[[str], TestClient]) -> None:
    for path in ("/calls", f"/calls/{seeded_site.ids['finished']}"):
        assert "138 1234 5678" in client_of(BOSS).get(path).text
        masked = client_of(QA).get(path).text
        assert "138 **** 5678" in masked
        assert "138 1234 5678" not in masked
        assert "13812345678" not in masked


def test_a_browser_is_sent_to_sign_in_and_back(seeded_site: Site) -> None:
    client = TestClient(seeded_site.app, base_url=BASE)
    answer = client.get("/calls?q=x", headers={"accept": "text/html"}, follow_redirects=False)
    assert answer.headers["location"] == "/sign-in?next=%2Fcalls%3Fq%3Dx"
