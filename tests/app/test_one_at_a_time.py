import os
import signal
from pathlib import Path

import pytest

from callcenter.app.one_at_a_time import alone_in
from callcenter.core.errors import Conflict, Unavailable


def test_a_second_one_is_told_who_holds_the_folder(tmp_path: Path) -> None:
    with alone_in(tmp_path), pytest.raises(Conflict, match=str(os.getpid())), alone_in(tmp_path):
        pass
    with alone_in(tmp_path):
        pass


def test_a_killed_one_lets_go(tmp_path: Path) -> None:
    child = os.fork()
    if not child:
        with alone_in(tmp_path):
            os.kill(os.getpid(), signal.SIGKILL)
    os.waitpid(child, 0)
    with alone_in(tmp_path):
        pass


def test_a_folder_that_cannot_be_made(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("not a folder")
    with pytest.raises(Unavailable, match="cannot be written"), alone_in(tmp_path / "file" / "data"):
        pass
