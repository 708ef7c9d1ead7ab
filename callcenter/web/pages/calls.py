"""`/calls`: the call log; `/calls/{id}`: one call with recording and transcript."""

from datetime import UTC, datetime, timedelta
from typing import Annotated, Any
from urllib.parse import urlencode

from fastapi import APIRouter, Path, Query, Response
from sqlmodel import Session

from callcenter.core.errors import NotFound
from callcenter.core.permissions import Action
from callcenter.store import calls, pages, recordings, transcripts
from callcenter.store.pages import CallFilter, Cursor
from callcenter.store.tables import Call, Recording
from callcenter.web import i18n
from callcenter.web.access import check_may_see
from callcenter.web.desk_view import show_calls
from callcenter.web.pages.desk import shower_of
from callcenter.web.visit import Reader, Visit

router = APIRouter(prefix="/calls")

PAGE_SIZE = 50
COUNT_CAP = 10_000
"""Counting further costs more than the number is worth."""


@router.get("")
def call_log(
    seen: Reader,
    q: Annotated[str, Query(max_length=60)] = "",
    direction: Annotated[str, Query(max_length=10)] = "",
    outcome: Annotated[str, Query(max_length=20)] = "",
    agent: Annotated[str, Query(max_length=20)] = "",
    day: Annotated[str, Query(max_length=10)] = "",
    until: Annotated[str, Query(max_length=10)] = "",
    after: Annotated[str, Query(max_length=60)] = "",
) -> Response:
    """The log. The address is the state: a filtered view can be kept and shared."""
    start, end = _day(seen, day), _day(seen, until)
    want = CallFilter(
        text=_searched(q),
        direction=direction,
        disposition=outcome,
        extension=agent.strip(),
        since=start,
        until=end + timedelta(days=1) if end else (start + timedelta(days=1) if start else None),
        only_extension=None if seen.may(Action.CALLS_ALL) else seen.user.extension or "",
    )
    with i18n.use(seen.user.language), seen.site.context.database.session() as session:
        rows = pages.call_log(session, want, after=_cursor(after), limit=PAGE_SIZE + 1)
        total = pages.count_calls(session, want, COUNT_CAP + 1)
        shown = show_calls(session, shower_of(seen), rows[:PAGE_SIZE])
    query = {"q": q, "direction": direction, "outcome": outcome, "agent": agent, "day": day, "until": until}
    more = _next(rows) if len(rows) > PAGE_SIZE else ""
    context: dict[str, Any] = {
        "rows": shown,
        "query": query,
        "filtered": any(query.values()),
        "total": min(total, COUNT_CAP),
        "capped": total > COUNT_CAP,
        "more": f"/calls?{urlencode({**{k: v for k, v in query.items() if v}, 'after': more})}" if more else "",
        "is_first": not after,
    }
    if seen.request.headers.get("hx-target", "").endswith("#more"):
        return seen.fragment("calls/_more.html", **context)
    if seen.is_fragment:
        return seen.fragment("calls/_list.html", **context)
    return seen.page("calls/index.html", **context)


@router.get("/{call_id}")
def call_page(seen: Reader, call_id: Annotated[int, Path(ge=1)]) -> Response:
    """One call."""
    with i18n.use(seen.user.language), seen.site.context.database.session() as session:
        call = _may_see(seen, session, call_id)
        context = _call_context(seen, session, call)
    if seen.is_fragment:
        return seen.fragment("calls/_call.html", **context)
    live = "call" if call.ended_at is None or context["busy"] else "base"
    return seen.page("calls/call.html", live=live, **context)


@router.post("/{call_id}/recordings/{recording_id}/retry")
def retry(seen: Reader, call_id: Annotated[int, Path(ge=1)], recording_id: Annotated[int, Path(ge=1)]) -> Response:
    """Put a failed transcription back in the queue."""
    seen.must(Action.RETRY)
    with seen.site.context.database.session() as session:
        recording = recordings.by_id(session, recording_id)
    if recording is None or recording.call_id != call_id:
        raise NotFound("there is no such recording")
    seen.site.context.retry_recording(recording_id)
    with seen.site.context.database.session() as session:
        rows = recordings.of_call(session, call_id)
    return seen.partials([("#recordings", "calls/_recordings.html", {"recordings": rows, "call_id": call_id})])


def _may_see(seen: Visit, session: Session, call_id: int) -> Call:
    call = calls.by_id(session, call_id)
    if call is None:
        raise NotFound("there is no such call")
    check_may_see(seen, call)
    return call


def _call_context(seen: Visit, session: Session, call: Call) -> dict[str, Any]:
    assert call.id is not None
    shower = shower_of(seen)
    made = recordings.of_call(session, call.id)
    lines = transcripts.utterances_of(session, call.id, "recording")
    source = "recording" if lines else "live"
    flags = transcripts.flags_of(session, call.id, source)
    if source == "live":
        lines = transcripts.utterances_of(session, call.id, "live")
    shown_flags = [shower.flag(flag) for flag in flags]
    return {
        "call": show_calls(session, shower, [call])[0],
        "lines": shower.lines(lines, flags),
        "flags": shown_flags,
        "source": source,
        "recordings": made,
        "busy": any(r.status in ("recording", "pending", "transcribing") for r in made),
        "players": [_player(r, shown_flags) for r in made if r.status != "missing" and r.duration_seconds],
        "events": calls.events_of(session, call.id),
        "call_id": call.id,
    }


def _player(recording: Recording, flags: list[Any]) -> dict[str, Any]:
    """What the player needs, as JSON in the page."""
    return {
        "id": recording.id,
        "url": f"/media/{recording.id}.wav",
        "layout": recording.layout,
        "duration": recording.duration_seconds,
        "offset": recording.starts_at_seconds,
        "peaks": recording.peaks,
        "marks": [
            {"id": f.id, "at": f.at_seconds, "word": f.matched, "severity": f.severity, "speaker": f.speaker}
            for f in flags
        ],
    }


def _searched(text: str) -> str:
    """Numbers are typed as they are shown, in groups; they are stored without."""
    digits = text.translate({ord(c): None for c in " -()"})
    return digits if digits.lstrip("+").isdecimal() else text.strip()


def _day(seen: Visit, text: str) -> datetime | None:
    """Midnight of a day of the site's zone; nonsense in an address is no filter."""
    try:
        return datetime.strptime(text, "%Y-%m-%d").replace(tzinfo=seen.site.formats.zone).astimezone(UTC)
    except ValueError:
        return None


def _next(rows: list[Call]) -> str:
    last = rows[PAGE_SIZE - 1]
    return f"{last.started_at.timestamp():.6f}_{last.id}"


def _cursor(text: str) -> Cursor | None:
    moment, _, number = text.partition("_")
    try:
        return Cursor(started_at=datetime.fromtimestamp(float(moment), UTC), id=int(number))
    except (ValueError, OverflowError, OSError):
        return None
