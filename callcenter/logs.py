"""Logging for every process: one line a record on standard error, in UTC."""

import logging
import time


def set_up_logging(level: str) -> None:
    """Replace whatever was set up before."""
    handler = logging.StreamHandler()
    formatter = logging.Formatter("%(asctime)s.%(msecs)03dZ %(levelname)s %(name)s: %(message)s", "%Y-%m-%dT%H:%M:%S")
    formatter.converter = time.gmtime
    handler.setFormatter(formatter)
    logging.basicConfig(level=level, handlers=[handler], force=True)
    logging.getLogger("huey").setLevel(logging.ERROR)  # a job that is tried again has said why itself
    for chatty in ("alembic", "httpx", "faster_whisper", "uvicorn"):
        logging.getLogger(chatty).setLevel(logging.WARNING)
