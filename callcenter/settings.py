"""The one settings object: a TOML file, then the environment (`CALLCENTER_PBX__SECRET` is `[pbx] secret`). Read by the
app only; parts are given values. Every setting is documented in the sample file that `callcenter init` writes."""

import os
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, SecretStr, ValidationError, field_validator
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict, TomlConfigSettingsSource

from callcenter.core.errors import ConfigError

DEFAULT_FILE = Path("callcenter.toml")
Port = Annotated[int, Field(ge=0, le=65535)]


def _empty_is_none(value: Any) -> Any:
    return None if value == "" else value


OptionalPath = Annotated[Path | None, BeforeValidator(_empty_is_none)]
"""TOML has no null: an empty string means "not set"."""


class Section(BaseModel):
    """A part of the file. An unknown key is an error: it is a typing mistake more often than not."""

    model_config = ConfigDict(extra="forbid")


class SiteSettings(Section):
    """The dealership."""

    name: str = Field("Callcenter", description="Shown on every page.")
    timezone: str = Field("Asia/Shanghai", description="Times are stored in UTC and shown in this zone.")
    region: str = Field("CN", description="How telephone numbers are read and shown: CN, TW, HK, …")
    area_code: str = Field("", description="The store's own area code; completes local numbers.")
    language: Literal["zh-CN", "zh-TW", "en"] = Field("zh-CN", description="For pages of people who chose none.")

    @field_validator("timezone")
    @classmethod
    def _is_a_zone(cls, value: str) -> str:
        from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

        try:
            ZoneInfo(value)
        except (ZoneInfoNotFoundError, ValueError) as error:
            raise ValueError("is not a time zone; write one like Asia/Shanghai") from error
        return value


class WebSettings(Section):
    """Where the pages are served."""

    host: str = Field("127.0.0.1", description="0.0.0.0 for every network of this box.")
    port: Port = Field(8080, description="0 takes a free one.")
    secure_cookies: bool = Field(False, description="true when the pages are reached over HTTPS.")
    trusted_proxies: str = Field("127.0.0.1", description="Whose X-Forwarded-For is believed; comma-separated.")


class PbxSettings(Section):
    """The Asterisk beside us."""

    name: str = Field("pbx", description="Names the journal and marks the calls.")
    host: str = Field("127.0.0.1", description="Where Asterisk's manager interface listens.")
    port: Port = Field(5038)
    username: str = Field("callcenter", description="The section of manager.conf.")
    secret: SecretStr = Field(SecretStr(""), description="Better in CALLCENTER_PBX__SECRET than in this file.")
    tls: bool = False
    tls_ca_file: OptionalPath = Field(None, description="Trust this certificate instead of the system's.")
    tls_fingerprint: str = Field("", description="SHA-256 of the PBX's certificate; then nothing else is checked.")
    tls_server_name: str = Field("", description="The name in the certificate, where it is not `host`.")
    extension_pattern: str = Field(r"\d{2,6}", description="A channel's endpoint like this is an agent's telephone.")
    trunks: list[str] = Field(default_factory=list, description="Endpoints that look like telephones but are not.")
    outside_prefixes: list[str] = Field(
        default_factory=list, description='Digits dialled for an outside line, like ["9"].'
    )
    filter_events: bool = Field(True, description="Ask the PBX not to send what we do not need (Asterisk 22.1 on).")


class ListenSettings(Section):
    """Live listening."""

    enabled: bool = True
    bind: str = Field("0.0.0.0", description="Where this box takes AudioSocket connections.")  # noqa: S104 - the PBX is another box
    port: Port = Field(9092)
    advertise: str = Field("", description="host:port the PBX dials; empty: guessed from our address towards it.")
    allow: list[str] = Field(default_factory=list, description="Addresses the PBX connects from; empty: pbx.host's.")


class SttSettings(Section):
    """Speech to text."""

    live: Literal["auto", "vosk", "whisper", "two-pass", "off"] = "auto"
    after_call: Literal["auto", "vosk", "whisper", "two-pass", "off"] = "auto"
    language: Literal["zh", "en"] = Field("zh", description="What is spoken where no queue or number says otherwise.")
    languages: dict[str, Literal["zh", "en"]] = Field(
        default_factory=dict, description="Queue or dialled number → language."
    )
    workers: int = Field(1, ge=1, le=64, description="Decoding processes; one core each.")
    legs_per_worker: int = Field(10, ge=1, le=40, description="Measured limit of one core: see `make bench`.")
    models: OptionalPath = Field(None, description="Folder of the speech models; empty: where `models pull` puts them.")


class RecordingSettings(Section):
    """Recordings made by MixMonitor."""

    enabled: bool = True
    pbx_folder: str = Field("/var/spool/asterisk/monitor/callcenter", description="As the PBX sees it.")
    folder: Path = Field(Path("var/recordings"), description="The same folder as mounted on this box.")


class Settings(BaseSettings):
    """All of it."""

    model_config = SettingsConfigDict(env_prefix="CALLCENTER_", env_nested_delimiter="__", extra="forbid")

    data: Path = Field(Path("var"), description="Database, journal and job queue live here.")
    database: str = Field(
        "", description="Empty: SQLite in the data folder. postgresql://user@host/name when outgrown."
    )
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = "INFO"
    keywords: OptionalPath = Field(None, description="Folder of keyword rules; empty: the ones that ship.")
    journal_days: int = Field(30, ge=1, description="Raw messages of the PBX are kept this long.")
    site: SiteSettings = Field(default_factory=SiteSettings)
    web: WebSettings = Field(default_factory=WebSettings)
    pbx: PbxSettings = Field(default_factory=PbxSettings)
    listen: ListenSettings = Field(default_factory=ListenSettings)
    stt: SttSettings = Field(default_factory=SttSettings)
    recordings: RecordingSettings = Field(default_factory=RecordingSettings)

    @field_validator("database")
    @classmethod
    def _is_ours(cls, value: str) -> str:
        if "://" in value and value.split("://", 1)[0] not in ("sqlite", "postgresql", "postgres"):
            raise ValueError("is not supported; write sqlite:///path or postgresql://user@host/name, or leave it empty")
        return value

    @property
    def database_url(self) -> str:
        """The database, by URL."""
        return self.database or f"sqlite:///{self.data / 'callcenter.db'}"

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """What was given, then the environment, then the file."""
        return init_settings, env_settings, TomlConfigSettingsSource(settings_cls)


def find_file(given: Path | None) -> Path | None:
    """The settings file: the one given, the one in CALLCENTER_CONFIG, else ./callcenter.toml if it is there."""
    if given is None and os.environ.get("CALLCENTER_CONFIG"):
        given = Path(os.environ["CALLCENTER_CONFIG"])
    if given is not None:
        if not given.is_file():
            raise ConfigError(f"there is no settings file {given}; `callcenter init {given}` writes one to edit")
        return given
    return DEFAULT_FILE if DEFAULT_FILE.is_file() else None


def load_settings(given: Path | None = None, **overrides: Any) -> Settings:
    """Read and check the settings. Raises `ConfigError` naming file, key and fix."""
    path = find_file(given)

    class FromFile(Settings):
        model_config = SettingsConfigDict(toml_file=path)

    try:
        # Once more as the plain class, so that it can be handed to another process.
        return Settings(**FromFile(**overrides).model_dump())
    except ValidationError as error:
        where = path or "the environment"
        raise ConfigError(f"{where}: " + "; ".join(_sentence(e) for e in error.errors())) from error
    except (ValueError, OSError) as error:  # TOML that cannot be parsed or read
        raise ConfigError(f"{path}: {error}") from error


def _sentence(error: Any) -> str:
    key = ".".join(str(part) for part in error["loc"])
    if error["type"] == "extra_forbidden":
        return f"{key}: there is no such setting; check the spelling against `callcenter init --print`"
    given = "" if "secret" in key or key == "database" else f" (it is {error['input']!r})"
    return f"{key}: {error['msg']}{given}"
