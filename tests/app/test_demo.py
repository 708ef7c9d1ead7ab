import socket
from pathlib import Path

import pytest

from callcenter.app.demo import DemoOptions, run_demo, what_is_missing
from callcenter.app.one_at_a_time import alone_in
from callcenter.app.serve import check_port
from callcenter.core.errors import Conflict, Unavailable
from callcenter.settings import Settings, SttSettings, WebSettings


async def test_fresh_forgets_the_demo_and_nothing_else(tmp_path: Path) -> None:
    (tmp_path / "thesis.txt").write_text("mine")
    (tmp_path / "callcenter.db").write_text("old")
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        options = DemoOptions(folder=tmp_path, port=taken.getsockname()[1], fresh=True)
        with pytest.raises(Unavailable, match="choose another port"):
            await run_demo(options, lambda _: None)
    assert (tmp_path / "thesis.txt").read_text() == "mine"
    assert not (tmp_path / "callcenter.db").exists()


async def test_a_demo_beside_another_changes_nothing(tmp_path: Path) -> None:
    (tmp_path / "callcenter.db").write_text("in use")
    with alone_in(tmp_path), pytest.raises(Conflict):
        await run_demo(DemoOptions(folder=tmp_path, fresh=True), lambda _: None)
    assert (tmp_path / "callcenter.db").read_text() == "in use"


def test_a_newcomer_is_told_why_nothing_is_heard(tmp_path: Path) -> None:
    settings = Settings(stt=SttSettings(models=tmp_path))
    silent, deaf = what_is_missing(settings, tmp_path)
    assert "make samples" in silent
    assert "models pull" in deaf


@pytest.mark.parametrize("host", ["no-such-host.invalid", "203.0.113.7"])
def test_a_host_that_is_not_ours(host: str) -> None:
    with pytest.raises(Unavailable, match="cannot be served"):
        check_port(WebSettings(host=host, port=0))
