"""`/media/{recording}.wav`: a recording's sound, in ranges, for those who may hear it; each playback is audited."""

from pathlib import Path as FilePath
from typing import Annotated

from fastapi import APIRouter, Depends, Path, Response
from starlette.responses import FileResponse

from callcenter.core.errors import NotFound
from callcenter.core.permissions import Action
from callcenter.store import audit, calls, recordings
from callcenter.web.access import check_may_see
from callcenter.web.visit import Visit, allowed

router = APIRouter(prefix="/media")
Listener = Annotated[Visit, Depends(allowed(Action.PLAY))]

_TYPES = {".wav": "audio/wav", ".flac": "audio/flac", ".ogg": "audio/ogg", ".opus": "audio/ogg", ".mp3": "audio/mpeg"}


@router.get("/{recording_id}.wav")
def sound(seen: Listener, recording_id: Annotated[int, Path(ge=1)]) -> Response:
    """The file. `FileResponse` answers ranges (206, 416)."""
    with seen.site.context.database.session() as session:
        recording = recordings.by_id(session, recording_id)
        call = calls.by_id(session, recording.call_id) if recording else None
    if recording is None or call is None:
        raise NotFound("there is no such recording")
    check_may_see(seen, call)
    path = _inside(seen.site.context.recordings_root, recording.path)
    if _starts(seen.request.headers.get("range", "")):
        with seen.site.context.database.transaction() as session:
            audit.record(
                session,
                "recording.play",
                user_id=seen.user.id,
                kind="recording",
                record_id=recording_id,
                detail=f"call {call.id}",
            )
    kind = _TYPES.get(path.suffix.lower(), "application/octet-stream")
    return FileResponse(path, media_type=kind, headers={"Cache-Control": "private, no-store"})


def _inside(root: FilePath, name: str) -> FilePath:
    """The file under `root`; a stored name that leads out of it is treated as missing."""
    folder = root.resolve()
    path = (folder / name).resolve()
    if not path.is_relative_to(folder) or not path.is_file():
        raise NotFound("the recording's file is missing")
    return path


def _starts(range_header: str) -> bool:
    """Whether this request begins a playback; a player asks for many later ranges of the same file."""
    return range_header in ("", "bytes=0-") or range_header.startswith("bytes=0-")
