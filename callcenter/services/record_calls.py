"""Recording: one MixMonitor on each leg writes what that party says (`r()`) into a file of ours; after hang-up the legs
become one stereo file with checksum and waveform, and a job transcribes it.

Why not both directions on the customer's channel, which would survive every transfer: when a recorded channel heard
ringing during a transfer, `t()` and the mixed file stay silent from then on, also in a MixMonitor that is started
later, although the customer hears the second agent (Asterisk 22.10.1, tests/rig/test_listening.py); `r()` is right."""

import asyncio
import logging
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from callcenter.ami.actions import mix_monitor
from callcenter.ami.errors import AmiActionRefused
from callcenter.audio.checks import RecordingBroken, RecordingMissing
from callcenter.core.call_record import CallRecord
from callcenter.core.errors import CallcenterError
from callcenter.core.events import CallEnded, CallEvent, CallMerged, LegJoined, LegLeft
from callcenter.core.transcript import Speaker
from callcenter.services.listening.config import is_customer_call
from callcenter.services.listening.ports import Sender
from callcenter.services.recording.finish import FinishConfig, files_of_day, finish_recording
from callcenter.services.recording.names import RecordingName, UnsafeRecordingName, recording_name
from callcenter.services.recording.ports import RecordingShelf
from callcenter.services.recordings import RecordingFacts

log = logging.getLogger(__name__)

LAYOUT = "stereo"


@dataclass(frozen=True, slots=True, kw_only=True)
class RecorderConfig:
    """How to record."""

    pbx_folder: str
    """The recordings folder as the PBX sees it."""
    finish: FinishConfig
    retry_seconds: tuple[float, ...] = (0.5, 2.0, 5.0)
    """Pauses between attempts while the leg talks; the last one repeats."""
    most_refusals: int = 3
    disk_retry_seconds: tuple[float, ...] = (5.0, 60.0, 300.0, 900.0)
    """Pauses when the disk refuses; after the last one the next start tries again."""


@dataclass(slots=True, eq=False)
class _Recorded:
    """A call that is recorded."""

    name: RecordingName
    starts_at: float
    """Call seconds of the recording's first sample."""
    is_new: bool
    """The shelf does not know it yet."""
    legs: dict[str, asyncio.Task[None]] = field(default_factory=dict)
    absorbed: list["_Recorded"] = field(default_factory=list)
    """Recordings of calls that turned out to be part of this one."""
    refused: str = ""


class Recorder:
    """Give it every call event (`handle`) in order."""

    def __init__(
        self,
        config: RecorderConfig,
        *,
        sender: Sender,
        shelf: RecordingShelf,
        ready: Callable[[int], None],
        wanted: Callable[[CallRecord], bool] = is_customer_call,
        clock: Callable[[], float] = time.time,
    ) -> None:
        """`ready` takes the number of a recording that waits for transcription; it is called in a thread."""
        self._config = config
        self._sender = sender
        self._shelf = shelf
        self._ready = ready
        self._wanted = wanted
        self._clock = clock
        self._calls: dict[str, _Recorded] = {}
        self._finishing: set[asyncio.Task[None]] = set()

    async def start(self, talking: Iterable[LegJoined] = ()) -> None:
        """After a restart: go on with the recordings of calls that are up (`OpenLegs.joined`), look after others."""
        legs = tuple(talking)
        calls = {recording_name(leg.call_id, leg.record.started_at).path: leg.call_id for leg in legs}
        for row in await asyncio.to_thread(self._shelf.unfinished):
            try:
                recorded = _Recorded(RecordingName(row.path), row.starts_at_seconds, is_new=False)
            except UnsafeRecordingName as error:
                await asyncio.to_thread(self._shelf.missing, row.path, str(error))
                continue
            if row.path in calls:
                self._calls[calls[row.path]] = recorded
            else:
                self._finish(recorded)
        for leg in legs:
            await self.handle(leg)

    async def handle(self, event: CallEvent) -> None:
        """One call event. Returns at once."""
        match event:
            case LegJoined():
                self._on_joined(event)
            case LegLeft():
                call = self._calls.get(event.call_id)
                if call is not None and (asking := call.legs.pop(event.leg_id, None)):
                    asking.cancel()
            case CallMerged():
                if absorbed := self._calls.pop(event.call_id, None):
                    self._absorb(absorbed, event.into)
            case CallEnded():
                if ended := self._calls.pop(event.call_id, None):
                    self._end(ended)
            case _:
                pass

    @property
    def recording(self) -> int:
        """Legs recorded now, as far as the PBX agreed."""
        return sum(task.done() for call in self._calls.values() for task in call.legs.values())

    async def settled(self) -> None:
        """Wait until every recording that ended is looked after."""
        while self._finishing:
            await asyncio.gather(*self._finishing, return_exceptions=True)

    async def aclose(self) -> None:
        """Stop looking; the PBX goes on recording, and the next start goes on from there."""
        tasks = [task for call in self._calls.values() for task in call.legs.values()] + list(self._finishing)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def _on_joined(self, leg: LegJoined) -> None:
        if not self._wanted(leg.record):
            return
        call = self._calls.get(leg.call_id)
        if call is None:
            name = recording_name(leg.call_id, leg.record.started_at)
            call = _Recorded(name, max(leg.at - leg.record.started_at, 0.0), is_new=True)
            self._calls[leg.call_id] = call
        if leg.leg_id not in call.legs:
            asking = asyncio.create_task(self._ask(call, leg), name=f"record {leg.channel}")
            call.legs[leg.leg_id] = asking

    def _absorb(self, absorbed: _Recorded, into: str) -> None:
        survivor = self._calls.get(into)
        if survivor is None:
            self._end(absorbed)
        else:
            survivor.absorbed.append(absorbed)

    def _end(self, call: _Recorded) -> None:
        for recorded in (call, *call.absorbed):
            for asking in recorded.legs.values():
                asking.cancel()
            self._finish(recorded)

    async def _ask(self, call: _Recorded, leg: LegJoined) -> None:
        """Ask the PBX until it records, refuses for good, or the leg is gone (which cancels this)."""
        handled_at, refusals = self._clock(), 0
        if call.is_new:
            # The row comes first: a crash after this must leave a trace of the files.
            call.is_new = False
            await asyncio.to_thread(
                self._shelf.begun, leg.call_id, call.name.path, layout=LAYOUT, starts_at_seconds=call.starts_at
            )
        pauses = self._config.retry_seconds
        for attempt in range(1 << 30):
            # No answer, or none heard before a restart, does not mean that it was not done.
            if await asyncio.to_thread(self._is_recorded, call.name, leg.leg_id):
                return
            begins = leg.at - leg.record.started_at + self._clock() - handled_at
            file = call.name.leg(leg.leg_id, is_agent=leg.speaker is Speaker.AGENT, at=begins)
            try:
                await self._sender.send(mix_monitor(leg.channel, received=file.on_pbx(self._config.pbx_folder)))
                return
            except AmiActionRefused as error:
                call.refused = str(error)
                refusals += 1
                if refusals >= self._config.most_refusals:
                    log.warning("%s is not recorded: %s", leg.channel, error)
                    return
            except CallcenterError as error:
                log.warning("%s is not recorded yet: %s", leg.channel, error)
            await asyncio.sleep(pauses[min(attempt, len(pauses) - 1)])

    def _is_recorded(self, name: RecordingName, leg_id: str) -> bool:
        return name.has_leg(leg_id, files_of_day(self._config.finish.folder, name))

    def _finish(self, call: _Recorded) -> None:
        task = asyncio.create_task(self._look_after(call), name=f"finish {call.name.path}")
        self._finishing.add(task)
        task.add_done_callback(self._finishing.discard)

    async def _look_after(self, call: _Recorded) -> None:
        path = call.name.path
        for pause in (*self._config.disk_retry_seconds, None):
            try:
                facts = await finish_recording(call.name, call.starts_at, self._config.finish)
            except (RecordingMissing, RecordingBroken, UnsafeRecordingName) as error:
                log.warning("recording %s: %s", path, error)
                await asyncio.to_thread(self._shelf.missing, path, call.refused or str(error))
                return
            except OSError as error:
                log.warning("recording %s cannot be finished yet: %s", path, error)
                if pause is not None:
                    await asyncio.sleep(pause)
                continue
            await asyncio.to_thread(self._hand_over, path, facts)
            return

    def _hand_over(self, path: str, facts: RecordingFacts) -> None:
        number = self._shelf.finished(path, facts)
        if number is not None:
            self._ready(number)
