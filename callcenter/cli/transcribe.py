"""`callcenter transcribe`: what is said in sound files."""

import json
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, NoReturn

import typer

from callcenter.core.errors import BadInput, CallcenterError
from callcenter.core.subtitles import as_srt, as_text, as_vtt
from callcenter.core.transcript import Speaker, Utterance

if TYPE_CHECKING:
    from callcenter.services.transcribe_file import FileTranscriber, FileTranscript


class EngineChoice(StrEnum):
    """`--engine`."""

    AUTO = "auto"
    VOSK = "vosk"
    WHISPER = "whisper"
    TWO_PASS = "two-pass"  # noqa: S105


class LanguageChoice(StrEnum):
    """`--lang`."""

    ZH = "zh"
    EN = "en"


def transcribe(
    files: Annotated[list[Path], typer.Argument(help="WAV, FLAC, Opus, GSM, MP3 …; mono, or one party per channel.")],
    lang: Annotated[LanguageChoice | None, typer.Option(help="Language; found out when not given.")] = None,
    engine: Annotated[EngineChoice, typer.Option(help="Recogniser.")] = EngineChoice.AUTO,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object per file.")] = False,
    srt: Annotated[bool, typer.Option("--srt", help="SubRip subtitles.")] = False,
    vtt: Annotated[bool, typer.Option("--vtt", help="WebVTT subtitles.")] = False,
    flags: Annotated[bool, typer.Option("--flags", help="Add what the keyword rules find.")] = False,
    channels: Annotated[
        str, typer.Option(help="Who is on which channel; stereo is agent,customer when not given.")
    ] = "",
    models: Annotated[Path | None, typer.Option(help="Folder of the speech models.")] = None,
) -> None:
    """Transcribe sound files. A file that cannot be read is reported, the others go on; then the exit code is 1."""
    from callcenter.services.transcribe_file import FileTranscriber

    if as_json + srt + vtt > 1:
        _stop("choose one of --json, --srt and --vtt")
    speakers = _speakers(channels)
    try:
        spot = _spotter() if flags else None
        transcriber = FileTranscriber(mode=engine.value, models_dir=models)
    except CallcenterError as error:
        _stop(str(error))
    failed = False
    for file in files:
        try:
            transcript = _with_progress(transcriber, file, lang.value if lang else None, speakers)
        except CallcenterError as error:
            failed = True
            _report(file, error, as_json=as_json)
            continue
        if as_json:
            typer.echo(json.dumps(_object(file, transcript, spot), ensure_ascii=False))
        else:
            typer.echo(_plain(transcript, srt=srt, vtt=vtt, spot=spot))
    if failed:
        raise typer.Exit(1)


def _with_progress(
    transcriber: "FileTranscriber", file: Path, language: str | None, speakers: tuple[Speaker, ...] | None
) -> "FileTranscript":
    from rich.console import Console
    from rich.progress import Progress

    console = Console(stderr=True)
    with Progress(console=console, transient=True, disable=not console.is_terminal) as bars:
        bar = bars.add_task(file.name, total=1.0)
        return transcriber.transcribe(
            file, language=language, speakers=speakers, report=lambda share: bars.update(bar, completed=share)
        )


def _speakers(channels: str) -> tuple[Speaker, ...] | None:
    if not channels:
        return None
    try:
        return tuple(Speaker(name.strip()) for name in channels.split(","))
    except ValueError:
        _stop("--channels takes agent, customer and unknown, separated by commas")


def _spotter() -> Any:
    from callcenter.core.keywords import KeywordSpotter
    from callcenter.services.keyword_rules import load_rules

    return KeywordSpotter(load_rules(None))


def _object(file: Path, transcript: "FileTranscript", spot: Any) -> dict[str, Any]:
    return {
        "file": str(file),
        "language": transcript.language,
        "engine": transcript.engine,
        "model": transcript.model,
        "duration_seconds": transcript.duration_seconds,
        "utterances": [_line(utterance, transcript.language, spot) for utterance in transcript.utterances],
    }


def _line(utterance: Utterance, language: str, spot: Any) -> dict[str, Any]:
    line: dict[str, Any] = {
        "speaker": utterance.speaker.value,
        "start": utterance.start,
        "end": utterance.end,
        "text": utterance.text,
        "confidence": utterance.confidence,
    }
    if spot is not None:
        names = ("rule", "category", "severity", "matched", "start", "end", "why")
        found = spot.spot(utterance.text, language=language, speaker=utterance.speaker)
        line["flags"] = [{name: getattr(flag, name) for name in names} for flag in found]
    return line


def _plain(transcript: "FileTranscript", *, srt: bool, vtt: bool, spot: Any) -> str:
    if srt or vtt:
        return (as_srt if srt else as_vtt)(transcript.utterances)
    lines: list[str] = []
    for utterance in transcript.utterances:
        lines.append(as_text(utterance))
        found = spot.spot(utterance.text, language=transcript.language, speaker=utterance.speaker) if spot else ()
        lines += [f"    {flag.severity} {flag.rule}: {flag.why}" for flag in found]
    return "\n".join(lines)


def _report(file: Path, error: CallcenterError, *, as_json: bool) -> None:
    if as_json:
        typer.echo(json.dumps({"file": str(file), "error": str(error)}, ensure_ascii=False))
    typer.echo(f"error: {error}" if isinstance(error, BadInput) else f"error: {file.name}: {error}", err=True)


def _stop(message: str) -> NoReturn:
    typer.echo(f"error: {message}", err=True)
    raise typer.Exit(1)
