"""A Vosk model with other settings, without touching its folder: links to its parts and a `conf/` of our own.

Small models refuse 8 kHz audio unless `--allow-upsample=true` stands in mfcc.conf (alphacep/vosk-api #1726), and the
search width is set in model.conf only."""

import shutil
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

FAST_SEARCH: Mapping[str, str] = {"beam": "8.0", "max-active": "1500"}
"""A narrower search for a box with too little time: a third less CPU (speech.md §A3)."""


@contextmanager
def overlaid(model: Path, *, search: Mapping[str, str] | None = None) -> Iterator[Path]:
    """A temporary folder that is the model plus upsampling (and other search options); gone afterwards.

    Vosk reads everything while loading, so the folder may go once the model is loaded."""
    folder = Path(tempfile.mkdtemp(prefix="callcenter-vosk-"))
    try:
        for part in model.iterdir():
            if part.name != "conf":
                (folder / part.name).symlink_to(part.resolve())
        _write_conf(model / "conf", folder / "conf", search or {})
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _write_conf(source: Path, target: Path, search: Mapping[str, str]) -> None:
    target.mkdir()
    for conf in source.iterdir():
        options = _options(conf.read_text(encoding="utf-8"))
        if conf.name == "mfcc.conf":
            options["allow-upsample"] = "true"
        if conf.name == "model.conf":
            options.update(search)
        lines = [f"--{name}={value}\n" for name, value in options.items()]
        (target / conf.name).write_text("".join(lines), encoding="utf-8")


def _options(text: str) -> dict[str, str]:
    """Kaldi's option file: `--name=value` lines and comments."""
    options: dict[str, str] = {}
    for line in text.splitlines():
        name, _, value = line.split("#", 1)[0].strip().removeprefix("--").partition("=")
        if name:
            options[name] = value
    return options
