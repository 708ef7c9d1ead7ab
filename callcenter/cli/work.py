"""`callcenter work`: background jobs only. `callcenter run` starts one by itself."""

from callcenter.cli.options import ConfigFile


def work(config: ConfigFile = None) -> None:
    """Work background jobs off (transcriptions) until stopped."""
    from callcenter.app import run_worker
    from callcenter.logs import set_up_logging
    from callcenter.settings import load_settings

    settings = load_settings(config)
    set_up_logging(settings.log_level)
    run_worker(settings)
