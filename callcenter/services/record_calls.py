"""Recording: one MixMonitor on the customer's channel writes both sides into two files in step with one
another; after hang-up they become one stereo file with checksum and waveform, and a job transcribes it.

Why on the customer's channel: it lives as long as the call does, so the recording goes on through holds,
transfers, a lost manager link and a restart of ours. `r()` is what the customer says, `t()` what the customer
hears, and MixMonitor keeps the two in step by silence unless told not to (Asterisk 22.10.1, MixMonitor's
options)."""

import asyncio
import logging
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from callcenter.ami.actions import mix_monitor
from callcenter.ami.errors import AmiActionRefused
from callcenter.audio.checks import RecordingBroken, RecordingMissing
from callcenter.core.call_record import CallRecord, Direction
from callcenter.core.errors import CallcenterError
from callcenter.core.events import CallEnded, CallEvent, CallMerged, LegJoined, LegLeft
from callcenter.core.transcript import Speaker
from callcenter.services.listening.config import is_customer_call
from callcenter.services.listening.ports import Sender
from callcenter.services.recording.finish import FinishConfig, finish_recording
from callcenter.services.recording.names import RecordingName, UnsafeRecordingName, inside, recording_name, safe_stem
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
    """A call that is recorded, or will be as soon as the PBX agrees."""

    number: int = 0
    name: RecordingName | None = None
    leg_id: str = ""
    starting: asyncio.Task[None] | None = None
    talking: dict[str, LegJoined] = field(default_factory=dict)
    """Legs in conversation that may be recorded."""


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
        """After a restart: go on with the recordings of calls that are up (`OpenLegs.joined`), look after the
        others."""
        legs = tuple(talking)
        calls = {safe_stem(leg.call_id): leg for leg in legs if _may_be_recorded(leg)}
        for row in await asyncio.to_thread(self._shelf.unfinished):
            name = RecordingName(row.path)
            try:
                leg = calls.get(name.stem)
            except UnsafeRecordingName as error:
                await asyncio.to_thread(self._shelf.missing, row.path, str(error))
                continue
            if leg is None:
                self._finish(name)
                continue
            call = self._calls.setdefault(leg.call_id, _Recorded())
            call.number = max(call.number, name.number)
            call.name, call.leg_id = name, leg.leg_id
        for leg in legs:
            await self.handle(leg)

    async def handle(self, event: CallEvent) -> None:
        """One call event. Returns at once."""
        match event:
            case LegJoined():
                self._on_joined(event)
            case LegLeft():
                self._on_left(event)
            case CallMerged():
                self._on_merged(event)
            case CallEnded():
                self._on_ended(event.call_id)
            case _:
                pass

    @property
    def recording(self) -> int:
        """Calls recorded now."""
        return sum(call.name is not None for call in self._calls.values())

    async def settled(self) -> None:
        """Wait until every recording that ended is looked after."""
        while self._finishing:
            await asyncio.gather(*self._finishing, return_exceptions=True)

    async def aclose(self) -> None:
        """Stop looking; the PBX goes on recording, and the next start goes on from there."""
        tasks = [call.starting for call in self._calls.values() if call.starting] + list(self._finishing)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def _on_joined(self, leg: LegJoined) -> None:
        if not self._wanted(leg.record) or not _may_be_recorded(leg):
            return
        call = self._calls.setdefault(leg.call_id, _Recorded())
        call.talking[leg.leg_id] = leg
        self._begin(call, leg)

    def _on_left(self, event: LegLeft) -> None:
        call = self._calls.get(event.call_id)
        if call is None:
            return
        call.talking.pop(event.leg_id, None)
        if call.leg_id != event.leg_id:
            return
        self._stop(call)
        # A second party from outside may still be talking (a conference, a forwarded call).
        if call.talking:
            self._begin(call, next(iter(call.talking.values())))

    def _on_merged(self, event: CallMerged) -> None:
        absorbed = self._calls.pop(event.call_id, None)
        if absorbed is None:
            return
        survivor = self._calls.setdefault(event.into, absorbed)
        if survivor is not absorbed:
            self._stop(absorbed)

    def _on_ended(self, call_id: str) -> None:
        if call := self._calls.pop(call_id, None):
            self._stop(call)

    def _begin(self, call: _Recorded, leg: LegJoined) -> None:
        if call.leg_id:
            return
        call.number += 1
        call.leg_id = leg.leg_id
        name = recording_name(leg.call_id, leg.record.started_at, call.number)
        call.starting = asyncio.create_task(self._ask(call, leg, name), name=f"record {name.path}")

    def _stop(self, call: _Recorded) -> None:
        if call.starting:
            call.starting.cancel()
        if call.name:
            self._finish(call.name)
        call.starting, call.name, call.leg_id = None, None, ""

    async def _ask(self, call: _Recorded, leg: LegJoined, name: RecordingName) -> None:
        """Ask the PBX until it records, refuses for good, or the leg is gone (which cancels this)."""
        handled_at, refusals, attempt = self._clock(), 0, 0
        action = mix_monitor(
            leg.channel,
            received=name.on_pbx(self._config.pbx_folder, name.customer),
            transmitted=name.on_pbx(self._config.pbx_folder, name.agent),
        )
        while True:
            begins = leg.at - leg.record.started_at + self._clock() - handled_at
            # The row comes first: a crash between the two must leave a trace of the file.
            call.name = name
            await asyncio.to_thread(self._shelf.begun, leg.call_id, name.path, layout=LAYOUT, starts_at_seconds=begins)
            try:
                await self._sender.send(action)
                return
            except AmiActionRefused as error:
                refusals += 1
                if refusals >= self._config.most_refusals:
                    log.warning("%s is not recorded: %s", leg.channel, error)
                    call.name = None
                    await asyncio.to_thread(self._shelf.missing, name.path, str(error))
                    return
            except CallcenterError as error:
                log.warning("%s is not recorded yet: %s", leg.channel, error)
            pauses = self._config.retry_seconds
            await asyncio.sleep(pauses[min(attempt, len(pauses) - 1)])
            attempt += 1
            # No answer does not mean that it was not done; two recordings into one file would spoil both.
            if await asyncio.to_thread(inside(self._config.finish.folder, name.customer).exists):
                return

    def _finish(self, name: RecordingName) -> None:
        task = asyncio.create_task(self._look_after(name), name=f"finish {name.path}")
        self._finishing.add(task)
        task.add_done_callback(self._finishing.discard)

    async def _look_after(self, name: RecordingName) -> None:
        for pause in (*self._config.disk_retry_seconds, None):
            try:
                facts = await finish_recording(name, self._config.finish)
            except (RecordingMissing, RecordingBroken, UnsafeRecordingName) as error:
                log.warning("recording %s: %s", name.path, error)
                await asyncio.to_thread(self._shelf.missing, name.path, str(error))
                return
            except OSError as error:
                log.warning("recording %s cannot be finished yet: %s", name.path, error)
                if pause is None:
                    return
                await asyncio.sleep(pause)
                continue
            await asyncio.to_thread(self._hand_over, name, facts)
            return

    def _hand_over(self, name: RecordingName, facts: RecordingFacts) -> None:
        number = self._shelf.finished(name.path, facts)
        if number is not None:
            self._ready(number)


def _may_be_recorded(leg: LegJoined) -> bool:
    """The customer's channel; where nobody is from outside, whoever joined first."""
    return leg.speaker is Speaker.CUSTOMER or leg.record.direction is Direction.INTERNAL
