"""Recording, joined: the PBX records, the shelf remembers, the job queue transcribes."""

from callcenter.ami.link import AmiLink
from callcenter.core.call_record import CallRecord
from callcenter.jobs.queue import JobQueue
from callcenter.services.listening.config import is_customer_call
from callcenter.services.record_calls import Recorder, RecorderConfig
from callcenter.services.recording.finish import FinishConfig
from callcenter.services.recordings import TRANSCRIBE, Shelf
from callcenter.settings import Settings


def build_recorder(settings: Settings, link: AmiLink, shelf: Shelf, jobs: JobQueue) -> Recorder:
    """Join the parts; nothing starts yet."""
    is_on, transcribes = settings.recordings.enabled, settings.stt.after_call != "off"

    def ready(recording_id: int) -> None:
        if transcribes:
            jobs.enqueue(TRANSCRIBE, recording_id)

    def wanted(record: CallRecord) -> bool:
        return is_on and is_customer_call(record)

    settings.recordings.folder.mkdir(parents=True, exist_ok=True)
    return Recorder(
        RecorderConfig(
            pbx_folder=settings.recordings.pbx_folder, finish=FinishConfig(folder=settings.recordings.folder)
        ),
        sender=link,
        shelf=shelf,
        ready=ready,
        wanted=wanted,
    )
