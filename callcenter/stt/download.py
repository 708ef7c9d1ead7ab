"""Bring one archive or file here: by address (resumed where it stopped), through mvn, or through pip.

Each function puts a finished file into a folder and reports bytes as they come. No unpacking here."""

import hashlib
import importlib.util
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import httpx

from callcenter.core.errors import Unavailable

Progress = Callable[[int, int | None], None]
"""Called with (bytes so far, bytes in all or None)."""

POLL_SECONDS = 0.2
MVN_COPY = "org.apache.maven.plugins:maven-dependency-plugin:3.6.1:copy"


class FetchFailed(Unavailable):
    """One source did not deliver; the text says why."""


class ChecksumMismatch(FetchFailed):
    """What arrived is not what the catalogue promises."""


def sha256_of(path: Path) -> str:
    """Hexadecimal SHA-256 of a file."""
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while chunk := file.read(1 << 20):
            digest.update(chunk)
    return digest.hexdigest()


def check_sha256(path: Path, expected: str) -> None:
    """Raises ChecksumMismatch; removes the bad file so that the next try starts afresh."""
    if not expected:
        return
    found = sha256_of(path)
    if found != expected:
        size = path.stat().st_size
        path.unlink()
        raise ChecksumMismatch(
            f"{path.name} ({size} bytes) has SHA-256 {found[:16]}…, expected {expected[:16]}…: not installed"
        )


def download(url: str, target: Path, progress: Progress, *, sha256: str = "") -> Path:
    """Fetch an address into `target`, going on from `target.part` where an earlier try stopped.

    Raises FetchFailed (the part stays for the next try) or ChecksumMismatch (the part is removed)."""
    part = target.with_name(target.name + ".part")
    part.parent.mkdir(parents=True, exist_ok=True)
    try:
        _stream(url, part, progress)
    except (httpx.HTTPError, OSError) as error:
        raise FetchFailed(f"{url}: {error or type(error).__name__}") from error
    check_sha256(part, sha256)
    part.replace(target)
    return target


def _stream(url: str, part: Path, progress: Progress) -> None:
    have = part.stat().st_size if part.exists() else 0
    headers = {"Accept-Encoding": "identity"} | ({"Range": f"bytes={have}-"} if have else {})
    timeout = httpx.Timeout(60, connect=10)
    with httpx.stream("GET", url, headers=headers, timeout=timeout, follow_redirects=True) as response:
        if have and response.status_code == httpx.codes.REQUESTED_RANGE_NOT_SATISFIABLE:
            return  # the part is whole already; the checksum decides
        response.raise_for_status()
        resumed = response.status_code == httpx.codes.PARTIAL_CONTENT
        done = have if resumed else 0
        length = response.headers.get("Content-Length", "")
        total = done + int(length) if length.isdigit() else None
        with part.open("ab" if resumed else "wb") as file:
            for chunk in response.iter_raw():
                file.write(chunk)
                done += len(chunk)
                progress(done, total)
    if total is not None and done < total:
        raise FetchFailed(f"{url}: the connection ended after {done} of {total} bytes; run the command again")


def from_maven(artifact: str, folder: Path, progress: Progress, *, total: int | None = None) -> Path:
    """Copy a Maven artifact (`group:name:version:type`) into `folder`. Raises FetchFailed."""
    mvn = shutil.which("mvn")
    if mvn is None:
        raise FetchFailed("mvn (Maven) is not on the path")
    _, name, version, kind = artifact.split(":")
    command = [mvn, "-q", "-B", MVN_COPY, f"-Dartifact={artifact}", f"-DoutputDirectory={folder}"]
    _run([*command, "-Dmdep.overWriteReleases=true"], folder, progress, total)
    return _arrived(folder / f"{name}-{version}.{kind}", artifact)


def from_pypi(pin: str, folder: Path, progress: Progress, *, total: int | None = None) -> Path:
    """Download one distribution (`name==version`) as a wheel, without installing it. Raises FetchFailed."""
    options = ["download", "--quiet", "--no-deps", "--only-binary=:all:", "--disable-pip-version-check"]
    _run([*_pip(), *options, "--dest", str(folder), pin], folder, progress, total)
    name, _, version = pin.partition("==")
    stem = f"{name.replace('-', '_')}-{version}-"
    found = [path for path in folder.glob("*.whl") if path.name.startswith(stem)]
    return _arrived(found[0] if found else folder / f"{stem}py3-none-any.whl", pin)


def _pip() -> list[str]:
    if importlib.util.find_spec("pip") is not None:
        return [sys.executable, "-m", "pip"]
    found = shutil.which("pip") or shutil.which("pip3")
    if found is None:
        raise FetchFailed("pip is not installed: run `python -m ensurepip` in this environment")
    return [found]


def _run(command: list[str], folder: Path, progress: Progress, total: int | None) -> None:
    """Run a client to its end, reporting how much it has put under `folder`, temporary files included."""
    folder.mkdir(parents=True, exist_ok=True)
    log = folder / "client.log"
    environment = {
        **os.environ,
        "TMPDIR": str(folder),
        "MAVEN_OPTS": os.environ.get("MAVEN_OPTS", "-Xmx256m"),
    }
    with log.open("wb") as out:
        process = subprocess.Popen(command, stdout=out, stderr=subprocess.STDOUT, env=environment)  # noqa: S603
        try:
            while True:
                try:
                    code = process.wait(POLL_SECONDS)
                    break
                except subprocess.TimeoutExpired:
                    progress(_bytes_under(folder), total)
        except BaseException:
            process.kill()
            process.wait()
            raise
    if code:
        raise FetchFailed(f"{Path(command[0]).name} could not fetch it: {_last_line(log)}")


def _bytes_under(folder: Path) -> int:
    size = 0
    for path in folder.rglob("*"):
        try:
            size += path.stat().st_size
        except FileNotFoundError:
            continue  # a temporary file went away while we looked
    return size


def _last_line(log: Path) -> str:
    lines = [line for line in log.read_text(errors="replace").splitlines() if "ERROR" in line.upper()]
    return lines[0][:300] if lines else "no reason given"


def _arrived(path: Path, what: str) -> Path:
    if not path.is_file():
        raise FetchFailed(f"{what} was fetched but {path.name} is not in it")
    return path
