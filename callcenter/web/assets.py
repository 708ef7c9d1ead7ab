"""Static files under one address per build, so that browsers keep them for ever and never mix two builds."""

from hashlib import sha256
from pathlib import Path

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import FileResponse, Response

STATIC_DIR = Path(__file__).parent / "static"
_TYPES = {
    ".js": "text/javascript",
    ".css": "text/css",
    ".svg": "image/svg+xml",
    ".txt": "text/plain",
    ".json": "application/json",
}


class Assets:
    """The files of `static/`, and the digest of all of them."""

    def __init__(self, folder: Path = STATIC_DIR) -> None:
        self._files = {
            path.relative_to(folder).as_posix(): path for path in sorted(folder.rglob("*")) if path.is_file()
        }
        digest = sha256()
        for name, path in self._files.items():
            digest.update(name.encode())
            digest.update(path.read_bytes())
        self.build = digest.hexdigest()[:12]
        """Changes whenever any file does; pages say "new version" by it."""

    def url(self, name: str) -> str:
        """The address of `name`; a name that is no file is a mistake in a template."""
        if name not in self._files:
            raise LookupError(f"static file {name} is missing; run the build hook (python hatch_build.py)")
        return f"/static/{self.build}/{name}"

    def has(self, name: str) -> bool:
        """Whether the file is there."""
        return name in self._files

    async def serve(self, request: Request) -> Response:
        """`/static/{build}/{name}`. An old build's address gets the present file, but only for the moment."""
        path = self._files.get(request.path_params["name"])
        if path is None:
            raise HTTPException(404)
        current = request.path_params["build"] == self.build
        return FileResponse(
            path,
            media_type=_TYPES.get(path.suffix),
            headers={"Cache-Control": "public, max-age=31536000, immutable" if current else "no-cache"},
        )
