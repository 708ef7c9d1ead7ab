"""Server-sent event frames as bytes."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

HEARTBEAT_SECONDS = 15.0
RETRY = b"retry: 500\n\n"
COMMENT = b": \n\n"


def html(text: str) -> bytes:
    """Fragments for `htmx.swap`. Indentation is dropped: a frame is a line per line."""
    lines = [line.strip() for line in text.splitlines()]
    return _frame("html", [line for line in lines if line])


def data(event: str, value: Mapping[str, Any]) -> bytes:
    """A frame of JSON, for what there is nothing to draw of."""
    return _frame(event, [json.dumps(value, ensure_ascii=False, separators=(",", ":"))])


def with_id(frames: Sequence[bytes], notice_id: str) -> bytes:
    """The frames of one notice. Only the last bears the id: a connection cut between them replays all."""
    if not frames:
        return b""
    return b"".join((*frames[:-1], f"id: {notice_id}\n".encode(), frames[-1]))


def _frame(event: str, lines: Sequence[str]) -> bytes:
    body = "".join(f"data: {line}\n" for line in lines)
    return f"event: {event}\n{body}\n".encode()
