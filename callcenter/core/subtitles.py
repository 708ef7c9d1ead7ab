"""Utterances as text, SubRip and WebVTT. Pure."""

from collections.abc import Iterable

from callcenter.core.transcript import Speaker, Utterance


def as_text(utterance: Utterance) -> str:
    """`[00:01:02.5] customer: words`."""
    who = f" {utterance.speaker}:" if utterance.speaker is not Speaker.UNKNOWN else ""
    return f"[{_clock(utterance.start, '.')[:-2]}]{who} {utterance.text}"


def as_srt(utterances: Iterable[Utterance]) -> str:
    """SubRip: numbered blocks, comma before the milliseconds."""
    return "\n".join(
        f"{number}\n{_clock(u.start, ',')} --> {_clock(u.end, ',')}\n{_labelled(u)}\n"
        for number, u in enumerate(utterances, start=1)
    )


def as_vtt(utterances: Iterable[Utterance]) -> str:
    """WebVTT with the speaker as voice. `<`, `>` and `&` are its markup."""
    blocks = [
        f"{_clock(u.start, '.')} --> {_clock(u.end, '.')}\n<v {u.speaker}>{_escaped(u.text)}\n" for u in utterances
    ]
    return "\n".join(["WEBVTT\n", *blocks])


def _labelled(utterance: Utterance) -> str:
    text = " ".join(utterance.text.split())
    return text if utterance.speaker is Speaker.UNKNOWN else f"{utterance.speaker}: {text}"


def _escaped(text: str) -> str:
    return " ".join(text.split()).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _clock(seconds: float, point: str) -> str:
    """`01:02:03.456`."""
    total = max(0, round(seconds * 1000))
    minutes, millis = divmod(total, 60_000)
    return f"{minutes // 60:02d}:{minutes % 60:02d}:{millis // 1000:02d}{point}{millis % 1000:03d}"
