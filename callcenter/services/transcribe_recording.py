"""Flow (3), its first half: a recording becomes a transcript with flags, by the same rules as live."""

import logging
from collections.abc import Callable, Iterable
from dataclasses import replace
from pathlib import Path
from typing import Protocol

from callcenter.core.errors import CallcenterError
from callcenter.core.flags import Flag
from callcenter.core.transcript import Speaker, Utterance
from callcenter.services.recordings import Shelf, call_language, file_of
from callcenter.store import calls, transcripts
from callcenter.store.database import Database
from callcenter.store.tables import Recording

log = logging.getLogger(__name__)

RECORDING = "recording"

Transcriber = Callable[[Path, str, str, Callable[[float], None]], Iterable[Utterance]]
"""(file, layout, language, progress) → utterances with times from the file's start."""


class Spotter(Protocol):
    """The keyword rules."""

    def spot(self, text: str, *, language: str, speaker: Speaker) -> tuple[Flag, ...]:
        """The flags of one utterance."""


class TranscribeRecording:
    """The job. Runs in a worker process; doing it twice leaves one transcript."""

    def __init__(
        self,
        *,
        database: Database,
        shelf: Shelf,
        root: Path,
        transcriber: Transcriber,
        spotter: Spotter,
        language: str,
    ) -> None:
        self._database, self._shelf, self._root = database, shelf, root
        self._transcriber, self._spotter, self._language = transcriber, spotter, language
        self._unsettled: set[int] = set()
        """Ours, but the database would not take how it ended."""

    def __call__(self, recording_id: int) -> None:
        """Transcribe one recording. What fails is written on its row and raised, so that the queue tries again."""
        if recording_id in self._unsettled:
            self._shelf.again(recording_id)
        row = self._shelf.claim(recording_id)
        if row is None:
            return
        self._unsettled.add(recording_id)
        try:
            self._store(row, self._recognise(row))
            self._shelf.transcribed(recording_id)
        except CallcenterError as error:
            self._shelf.failed(recording_id, str(error))
            self._unsettled.discard(recording_id)
            raise
        except Exception as error:  # an engine may raise anything; the recording is kept and says what happened
            self._shelf.failed(recording_id, f"{type(error).__name__}: {error}")
            self._unsettled.discard(recording_id)
            raise
        self._unsettled.discard(recording_id)

    def _recognise(self, row: Recording) -> list[Utterance]:
        assert row.id is not None
        path = file_of(self._root, row)
        with self._database.session() as session:
            language = call_language(session, row.call_id, self._language)
        recording_id, shown = row.id, 0.0

        def progress(done: float) -> None:
            nonlocal shown
            if done >= shown + 0.05:
                shown = done
                self._shelf.progress(recording_id, done)

        return list(self._transcriber(path, row.layout, language, progress))

    def _store(self, row: Recording, utterances: list[Utterance]) -> None:
        key = f"recording-{row.id}"
        with self._database.transaction() as session:
            transcripts.forget_leg(session, row.call_id, RECORDING, key)
            for utterance in utterances:
                shifted = _shifted(utterance, row.starts_at_seconds)
                stored = transcripts.save_utterance(session, row.call_id, shifted, source=RECORDING, leg_key=key)
                flags = self._spotter.spot(shifted.text, language=shifted.language, speaker=shifted.speaker)
                transcripts.replace_flags(session, stored, flags, at_seconds=shifted.start)
            call = calls.by_id(session, row.call_id)
            if call is not None:
                call.top_severity = transcripts.top_severity(session, row.call_id)
        log.info("recording %s: %d utterances", row.id, len(utterances))


def _shifted(utterance: Utterance, seconds: float) -> Utterance:
    """From the file's clock to the call's."""
    words = tuple(replace(w, start=w.start + seconds, end=w.end + seconds) for w in utterance.words)
    return replace(utterance, start=utterance.start + seconds, end=utterance.end + seconds, words=words)
