"""Single parts, built from settings; every process of the product uses the same."""

from collections.abc import Callable
from pathlib import Path

from callcenter.core.call_record import CallRecord
from callcenter.core.keywords import KeywordSpotter
from callcenter.jobs.queue import JobQueue, job_queue
from callcenter.live.hub import Hub
from callcenter.live.postgres import PostgresHub
from callcenter.services.keyword_rules import load_rules
from callcenter.settings import Settings
from callcenter.store.database import Database
from callcenter.stt.catalog import default_models_dir


def open_database(settings: Settings) -> Database:
    """The database, at the newest revision. Raises `Unavailable` when it does not answer."""
    database = Database(settings.database_url)
    database.upgrade()
    return database


def open_hub(database: Database) -> Hub:
    """The hub of this process; over PostgreSQL it also hears what other processes publish. Blocking."""
    if database.is_sqlite:
        return Hub()
    hub = PostgresHub(database.url)
    hub.start()
    return hub


def build_spotter(settings: Settings) -> KeywordSpotter:
    """The keyword rules. Raises an error naming file, line and fix."""
    return KeywordSpotter(load_rules(settings.keywords))


def build_jobs(settings: Settings) -> JobQueue:
    """The queue beside the database."""
    return job_queue(settings.database_url, settings.data)


def models_dir(settings: Settings) -> Path:
    """Where the speech models are."""
    return settings.stt.models or default_models_dir()


def journal_folder(settings: Settings) -> Path:
    """Where the PBX's messages are kept."""
    return settings.data / "journal" / settings.pbx.name


def language_of(settings: Settings) -> Callable[[CallRecord], str]:
    """What is spoken in a call: by its queue, else by the number dialled, else the default."""
    languages, default = settings.stt.languages, settings.stt.language

    def language(record: CallRecord) -> str:
        return languages.get(record.queue or "") or languages.get(record.dialled_number) or default

    return language
