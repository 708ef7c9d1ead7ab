"""`callcenter run`: everything on one box."""

import asyncio

from callcenter.cli.options import ConfigFile


def run(config: ConfigFile = None) -> None:
    """Follow the PBX, listen, serve the pages and work jobs off, until stopped (Ctrl-C)."""
    from callcenter.app import run_all
    from callcenter.logs import set_up_logging
    from callcenter.settings import load_settings

    settings = load_settings(config)
    set_up_logging(settings.log_level)
    asyncio.run(run_all(settings))
