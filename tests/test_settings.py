from pathlib import Path

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from callcenter.cli.init import settings_text
from callcenter.core.errors import ConfigError
from callcenter.settings import Settings, load_settings


def write(folder: Path, text: str) -> Path:
    path = folder / "callcenter.toml"
    path.write_text(text, "utf-8")
    return path


def test_the_defaults_need_no_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    settings = load_settings()
    assert settings.database_url == "sqlite:///var/callcenter.db"
    assert settings.pbx.port == 5038


def test_the_environment_wins_over_the_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = write(tmp_path, '[pbx]\nhost = "pbx.local"\nsecret = "in the file"\n')
    monkeypatch.setenv("CALLCENTER_PBX__SECRET", "in the environment")
    settings = load_settings(path)
    assert settings.pbx.host == "pbx.local"
    assert settings.pbx.secret.get_secret_value() == "in the environment"
    assert "in the environment" not in repr(settings)


def test_the_file_may_be_named_by_the_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CALLCENTER_CONFIG", str(write(tmp_path, '[site]\nname = "晨曦"\n')))
    assert load_settings().site.name == "晨曦"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[pbx]\nport = 70000\n", "pbx.port"),
        ("[pbx]\nprot = 5038\n", "pbx.prot: there is no such setting"),
        ("[site]\ntimezone = 'Mars/Olympus'\n", "is not a time zone"),
        ("[stt]\nlive = 'loud'\n", "stt.live"),
        ("[pbx\n", "callcenter.toml"),
        ("[pbx]\nsecret = 5\n", "pbx.secret"),
        ("colour = 'red'\n", "colour: there is no such setting"),
    ],
)
def test_what_is_wrong_is_said_with_file_and_key(tmp_path: Path, text: str, said: str) -> None:
    path = write(tmp_path, text)
    with pytest.raises(ConfigError, match=r"callcenter\.toml") as caught:
        load_settings(path)
    assert said in str(caught.value)


def test_a_missing_file_is_said(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="callcenter init"):
        load_settings(tmp_path / "none.toml")


@given(st.binary(max_size=200))
@hypothesis_settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_bytes_are_settings_or_a_clear_error(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "any.toml"
    path.write_bytes(data)
    try:
        load_settings(path)
    except ConfigError as error:
        assert "any.toml" in str(error)


def test_the_sample_file_documents_every_setting_and_is_all_defaults(tmp_path: Path) -> None:
    text = settings_text()
    for name, field in Settings.model_fields.items():
        assert f"# {name} = " in text or f"[{name}]" in text
        for inner in getattr(field.annotation, "model_fields", {}):
            assert f"# {inner} = " in text
    uncommented = "\n".join(line.removeprefix("# ") if " = " in line else line for line in text.splitlines())
    lines = [line for line in uncommented.splitlines() if " = " in line or line.startswith("[")]
    loaded = load_settings(write(tmp_path, "\n".join(lines)))
    assert loaded.model_dump() == load_settings(write(tmp_path, "")).model_dump()
