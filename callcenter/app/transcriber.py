"""Recordings to words, joined: the file transcriber with the trade's vocabulary, loaded at the first job."""

from collections.abc import Callable, Iterable
from pathlib import Path

from callcenter.core.transcript import Speaker, Utterance
from callcenter.services.transcribe_file import FileTranscriber
from callcenter.services.transcribe_recording import Transcriber

TRADE_WORDS = {"zh": "汽车客服，投诉、退款、保养、刹车、变速箱、发动机、漏油、异响、保险、理赔。"}
"""What a recogniser should expect to hear at a dealership (measured: speech.md §H2)."""

LAYOUTS: dict[str, tuple[Speaker, ...]] = {
    "stereo": (Speaker.AGENT, Speaker.CUSTOMER),
    "agent": (Speaker.AGENT,),
    "customer": (Speaker.CUSTOMER,),
    "mixed": (Speaker.UNKNOWN,),
}
"""A recording's layout and who is on which channel."""


def recording_transcriber(*, engine: str, models: Path, language: str) -> Transcriber:
    """A transcriber whose models stay loaded; nothing is loaded before it is needed."""
    made: list[FileTranscriber] = []

    def transcribe(path: Path, layout: str, spoken: str, report: Callable[[float], None]) -> Iterable[Utterance]:
        if not made:
            made.append(FileTranscriber(mode=engine, models_dir=models, prompts=TRADE_WORDS, default_language=language))
        return made[0].transcribe(path, language=spoken, speakers=LAYOUTS[layout], report=report).utterances

    return transcribe
