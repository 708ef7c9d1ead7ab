"""The command line as it is started: errors are one line, the exit code is 1."""

from pathlib import Path

import pytest

from callcenter.__main__ import main


def run(monkeypatch: pytest.MonkeyPatch, *arguments: str) -> int:
    monkeypatch.setattr("sys.argv", ["callcenter", *arguments])
    with pytest.raises(SystemExit) as ended:
        main()
    code = ended.value.code
    assert isinstance(code, int)
    return code


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("CALLCENTER_CONFIG", raising=False)
    return tmp_path


def test_init_writes_a_file_only_the_owner_reads(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert run(monkeypatch, "init") == 0
    assert (here / "callcenter.toml").stat().st_mode & 0o777 == 0o600
    assert run(monkeypatch, "init") == 1


def test_init_into_a_folder_that_is_not_there(
    here: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(monkeypatch, "init", str(here / "no" / "such.toml")) == 1
    (line,) = capsys.readouterr().err.splitlines()
    assert "cannot be written" in line


def add(monkeypatch: pytest.MonkeyPatch, name: str, role: str) -> int:
    return run(monkeypatch, "users", "add", name, "--role", role, "--password", "long enough")


def test_users(here: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(monkeypatch, "users", "list") == 0
    assert "nobody yet" in capsys.readouterr().err
    assert add(monkeypatch, "anna", "admin") == 0
    assert add(monkeypatch, "bob", "agent") == 0
    assert run(monkeypatch, "users", "disable", "bob") == 0
    capsys.readouterr()

    assert add(monkeypatch, "Bob", "agent") == 1
    assert "disabled one keeps it" in capsys.readouterr().err
    assert run(monkeypatch, "users", "disable", "anna") == 1
    assert "last administrator" in capsys.readouterr().err
    assert run(monkeypatch, "users", "list") == 0
    assert "bob  agent  -  bob  (disabled)" in capsys.readouterr().out
