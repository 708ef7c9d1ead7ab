"""What the pages are given: services to call, and the few values of the site. Built by `app.py`."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from callcenter.core.health import SystemHealth
from callcenter.core.keywords import RuleSet
from callcenter.live.hub import Hub
from callcenter.services.auth import AuthService
from callcenter.services.desk import DeskService
from callcenter.store.database import Database


@dataclass(frozen=True, slots=True, kw_only=True)
class WebContext:
    """Everything a request may need."""

    database: Database
    hub: Hub
    auth: AuthService
    desk: DeskService
    recordings_root: Path
    """Recordings' paths are relative to it."""
    health: Callable[[], SystemHealth]
    """Asked in a thread, for the system page and `/healthz`."""
    retry_recording: Callable[[int], None]
    """Put a recording's transcription back in the queue."""
    rules: RuleSet | None = None
    """For the titles and the advice of flags; without them a flag shows its rule's id."""
    timezone: str = "Asia/Shanghai"
    """IANA name; times are shown in it."""
    region: str = "CN"
    """ISO 3166; numbers of this country are shown in national form."""
    site_name: str = "Callcenter"
    secure_cookies: bool = True
    """False only where pages are served over plain HTTP on the dealership's own network."""
    default_language: str = "zh-CN"
    demo_logins: tuple[tuple[str, str], ...] = ()
    """User name and password shown on the sign-in page of a demo; empty everywhere else."""
