"""Builds every part from the settings and joins them; the only place that knows all of it."""

from callcenter.app.demo import run_demo
from callcenter.app.parts import open_database
from callcenter.app.run import run_all
from callcenter.app.worker import run_worker

__all__ = ["open_database", "run_all", "run_demo", "run_worker"]
