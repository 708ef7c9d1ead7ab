"""A seeded site, and clients signed in as each role."""

import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from tests.builders import PASSWORD
from tests.site import Site, make_site, seeded_file

BASE = "http://testserver"


@pytest.fixture(scope="session")
def seeds(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, int]]:
    """A seeded database file and the ids of what is in it."""
    return seeded_file(tmp_path_factory.mktemp("seeds"))


@pytest.fixture(scope="session")
def seeded_site(tmp_path_factory: pytest.TempPathFactory, seeds: tuple[Path, dict[str, int]]) -> Site:
    """Shared by tests that change nothing."""
    return make_site(tmp_path_factory.mktemp("shared"), seeds=seeds)


@pytest.fixture
def site(tmp_path: Path, seeds: tuple[Path, dict[str, int]]) -> Iterator[Site]:
    """A test's own."""
    found = make_site(tmp_path, seeds=seeds)
    yield found
    found.database.close()


def sign_in(site: Site, name: str) -> TestClient:
    """A client with that user's session and token."""
    client = TestClient(site.app, base_url=BASE, raise_server_exceptions=False)
    answer = client.post("/sign-in", data={"name": name, "password": PASSWORD}, follow_redirects=False)
    assert answer.status_code == 303, answer.text
    page = client.get("/me").text
    token = re.search(r'name="csrf_token" value="([^"]+)"', page)
    assert token is not None
    client.headers["x-csrf-token"] = token[1]
    return client


@pytest.fixture(scope="session")
def client_of(seeded_site: Site) -> Callable[[str], TestClient]:
    """Clients of the shared site, signed in once."""
    clients: dict[str, TestClient] = {}

    def get(name: str) -> TestClient:
        if name not in clients:
            clients[name] = sign_in(seeded_site, name)
        return clients[name]

    return get


@pytest.fixture
def empty_site(tmp_path: Path) -> Iterator[Site]:
    """First run: nobody is there yet."""
    found = make_site(tmp_path)
    yield found
    found.database.close()
