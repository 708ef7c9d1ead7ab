"""Fetching models: sources in order, resume, checksums, atomic installation, local files, verification."""

import hashlib
import http.server
import io
import threading
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any, ClassVar

import pytest

from callcenter.stt.catalog import (
    CatalogError,
    Engine,
    Model,
    Source,
    SourceKind,
    UnknownModel,
    load_catalog,
)
from callcenter.stt.download import ChecksumMismatch, FetchFailed, download
from callcenter.stt.fetch import Health, PullFailed, pull, verify
from callcenter.stt.unpack import join_parts, unzip

MODEL = b"the model " * 1000


def packed(**files: bytes) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as file:
        for name, data in files.items():
            file.writestr(f"top/{name}", data)
    return out.getvalue()


ARCHIVE = packed(**{"am/final.mdl": MODEL, "conf/mfcc.conf": b"--x=1\n"})


class Handler(http.server.BaseHTTPRequestHandler):
    """Serves ARCHIVE with ranges; `/short` breaks off half way on the first try; `/bad` serves something else."""

    seen: ClassVar[list[str | None]] = []

    def do_GET(self) -> None:
        wanted = self.headers["Range"]
        Handler.seen.append(wanted)
        data = ARCHIVE if self.path != "/bad.zip" else b"not it"
        start = int(wanted.removeprefix("bytes=").rstrip("-")) if wanted else 0
        self.send_response(206 if wanted else 200)
        self.send_header("Content-Length", str(len(data) - start))
        self.end_headers()
        broken = self.path == "/short.zip" and not wanted
        self.wfile.write(data[start : len(data) // 2 if broken else None])

    def log_message(self, *arguments: Any) -> None:
        """Quiet."""


@pytest.fixture
def address() -> Iterator[str]:
    Handler.seen = []
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_address[1]}"
    server.shutdown()
    server.server_close()


def model(*sources: Source) -> Model:
    return Model(
        id="small",
        name="small",
        engine=Engine.VOSK,
        languages=("en",),
        download_mb=1,
        disk_mb=1,
        licence="MIT",
        accuracy="",
        use="",
        requires=("am/final.mdl", "conf/mfcc.conf"),
        sources=sources,
    )


def from_zip(url: str, sha256: str = "") -> Source:
    return Source(kind=SourceKind.ZIP, location=(url,), sha256=(sha256,) if sha256 else (), inside="top")


def fetch(wanted: Model, folder: Path, **more: Any) -> list[str]:
    said: list[str] = []
    pull(wanted, folder, progress=lambda done, total: None, notice=said.append, **more)
    return said


def test_the_first_source_that_delivers_is_installed_and_the_others_named(tmp_path: Path, address: str) -> None:
    good = from_zip(f"{address}/good.zip", hashlib.sha256(ARCHIVE).hexdigest())
    said = fetch(model(from_zip(f"{address}/bad.zip", "0" * 64), good), tmp_path)
    assert (tmp_path / "small" / "am" / "final.mdl").read_bytes() == MODEL
    assert "expected 0000" in said[1]
    assert verify(model(good), tmp_path).health is Health.OK
    assert fetch(model(good), tmp_path) == ["small is installed already"]
    assert [p.name for p in tmp_path.iterdir() if p.is_dir() and any(p.iterdir())] == ["small"]


def test_a_broken_connection_is_resumed(tmp_path: Path, address: str) -> None:
    wanted = model(from_zip(f"{address}/short.zip", hashlib.sha256(ARCHIVE).hexdigest()))
    with pytest.raises(PullFailed, match="models pull small --from"):
        fetch(wanted, tmp_path)
    assert not wanted.is_installed(tmp_path)
    fetch(wanted, tmp_path)
    assert wanted.is_installed(tmp_path)
    assert Handler.seen[-1] is not None
    assert Handler.seen[-1].startswith("bytes=")


def test_a_wrong_checksum_removes_the_download(tmp_path: Path, address: str) -> None:
    with pytest.raises(ChecksumMismatch):
        download(f"{address}/bad.zip", tmp_path / "x.zip", lambda done, total: None, sha256="1" * 64)
    assert list(tmp_path.iterdir()) == []


def test_a_server_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(FetchFailed, match=r"http://127\.0\.0\.1:1/x"):
        download("http://127.0.0.1:1/x", tmp_path / "x", lambda done, total: None)


@pytest.mark.parametrize("how", ["archive", "folder of archives", "unpacked"])
def test_local_sources(tmp_path: Path, how: str) -> None:
    local = tmp_path / "local"
    local.mkdir()
    (local / "model.zip").write_bytes(ARCHIVE)
    if how == "unpacked":
        unzip(local / "model.zip", "top", local)
    source = from_zip("http://127.0.0.1:1/never.zip", hashlib.sha256(ARCHIVE).hexdigest())
    fetch(model(source), tmp_path / "models", local=local / "model.zip" if how == "archive" else local)
    assert (tmp_path / "models" / "small" / "am" / "final.mdl").read_bytes() == MODEL
    assert (local / "model.zip").exists()


def test_an_archive_of_unknown_checksum_is_searched_for_the_model(tmp_path: Path) -> None:
    (tmp_path / "own.zip").write_bytes(ARCHIVE)
    fetch(model(), tmp_path / "models", local=tmp_path / "own.zip")
    assert (tmp_path / "models" / "small" / "conf" / "mfcc.conf").is_file()


def test_verification_finds_damage_and_absence(tmp_path: Path) -> None:
    (tmp_path / "own.zip").write_bytes(ARCHIVE)
    assert verify(model(), tmp_path).health is Health.MISSING
    fetch(model(), tmp_path, local=tmp_path / "own.zip")
    (tmp_path / "small" / "am" / "final.mdl").write_bytes(b"x")
    verdict = verify(model(), tmp_path)
    assert verdict.health is Health.DAMAGED
    assert "am/final.mdl" in verdict.detail
    (tmp_path / "small" / "am" / "final.mdl").unlink()
    assert verify(model(), tmp_path).health is Health.MISSING


def test_an_empty_artifact_is_not_installed(tmp_path: Path) -> None:
    (tmp_path / "empty.zip").write_bytes(packed(readme=b"nothing"))
    with pytest.raises(PullFailed):
        fetch(model(), tmp_path / "models", local=tmp_path / "empty.zip")
    assert not (tmp_path / "models" / "small").exists()


@pytest.mark.parametrize("name", ["../evil", "/evil", "top/../../evil"])
def test_an_archive_cannot_write_elsewhere(tmp_path: Path, name: str) -> None:
    with zipfile.ZipFile(tmp_path / "evil.zip", "w") as file:
        file.writestr(name, "x")
    with pytest.raises(FetchFailed, match="unsafe"):
        unzip(tmp_path / "evil.zip", "", tmp_path / "out")


def test_parts_are_joined_in_the_order_of_their_numbers(tmp_path: Path) -> None:
    for number in (10, 2, 1):
        (tmp_path / f"model.bin.part{number}").write_text(f"<{number}>")
    join_parts(tmp_path)
    assert [(p.name, p.read_text()) for p in tmp_path.iterdir()] == [("model.bin", "<1><2><10>")]


def test_the_shipped_catalogue() -> None:
    catalog = load_catalog()
    assert catalog.default == ("en-vosk", "tiny.en", "base")
    for name in catalog.default:
        assert all(s.sha256 or s.kind is SourceKind.FILES for s in catalog.get(name).sources)
    with pytest.raises(UnknownModel, match="known are en-vosk"):
        catalog.get("nonsense")


@pytest.mark.parametrize("text", ["", "[[model]]\nid = 'x'", "not toml [", "default = ['y']\nmodel = []"])
def test_a_wrong_catalogue_names_its_file(tmp_path: Path, text: str) -> None:
    path = tmp_path / "catalog.toml"
    path.write_text(text)
    with pytest.raises(CatalogError, match=r"catalog\.toml"):
        load_catalog(path)
