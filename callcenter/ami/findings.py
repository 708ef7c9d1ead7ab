"""What doctor finds, and what it is told about the PBX."""

from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from callcenter.ami.config import AmiConfig


class Verdict(StrEnum):
    OK = "ok"
    WARN = "warn"
    FAIL = "fail"


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """The result of one check."""

    verdict: Verdict
    check: str
    """Stable name, e.g. `pbx.login`."""
    text: str
    """One sentence."""
    fix: str = ""
    """The lines to add to the PBX's configuration (manager.conf where no file is named); empty when nothing is to do
    or when it is not a matter of a line."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PbxCheckConfig:
    """What to check against."""

    ami: AmiConfig
    audio_host: str = ""
    """Our address as the PBX reaches it; empty = live listening is not used and not checked."""
    audio_bind: str = "0.0.0.0"  # noqa: S104 - the PBX is on another machine, as a rule
    audio_port: int = 9092
    recordings_on_pbx: str = ""
    """The recordings folder as the PBX names it; empty = its default, `monitor` in its spool folder."""
    recordings_here: Path | None = None
    """The same folder as we see it; None = recordings are not used and not checked."""


def ok(check: str, text: str) -> Finding:
    """All is well."""
    return Finding(verdict=Verdict.OK, check=check, text=text)


def warn(check: str, text: str, fix: str = "") -> Finding:
    """Works, with something missing."""
    return Finding(verdict=Verdict.WARN, check=check, text=text, fix=fix)


def fail(check: str, text: str, fix: str = "") -> Finding:
    """Does not work."""
    return Finding(verdict=Verdict.FAIL, check=check, text=text, fix=fix)
