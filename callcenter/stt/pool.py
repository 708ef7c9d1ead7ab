"""The speech pool: live legs in, partials and utterances out, on supervised worker processes.

Everything public is called in the event loop's thread and returns at once; `deliver` is called there too. Speech comes
already gated (callcenter.audio.gate); time is call seconds of the caller's own reckoning."""

import asyncio
import itertools
import logging
from collections.abc import Callable

from callcenter.core.errors import Unavailable
from callcenter.core.transcript import Speaker, Utterance
from callcenter.stt.choose import LanguageModels
from callcenter.stt.crew import Crew, Slot
from callcenter.stt.ladder import Ladder
from callcenter.stt.leg import LONGEST_SECONDS, LegState, Spoken
from callcenter.stt.pool_types import LegOutput, Note, PoolConfig, PoolStatus, WorkerStatus, pool_config
from callcenter.stt.recognizer import check_audio, check_rate
from callcenter.stt.second_queue import SecondQueue, Waiting
from callcenter.stt.throttle import Throttle
from callcenter.stt.wire import Answer, Close, Feed, Finish, Job, Open, Setup

WORKER = "callcenter.stt.worker"
TICK_SECONDS = 0.1
DRAFT_SECONDS = 1.0
"""New sound after which a growing utterance is decoded again, where pass two is the only one."""
TRIES = 2
"""So often an utterance may take its worker down with it."""

Deliver = Callable[[LegOutput], None]

log = logging.getLogger(__name__)


class SpeechPool:
    """Recognises many legs at once."""

    def __init__(self, config: PoolConfig, deliver: Deliver, *, worker_module: str = WORKER) -> None:
        """Nothing starts yet. `worker_module` is what each process runs; tests bring a scripted one."""
        self._config, self._deliver, self._worker_module = config, deliver, worker_module
        self._languages = {models.language: models for models in config.models}
        self._legs: dict[str, LegState] = {}
        self._tickets = itertools.count(1)
        self._asked: dict[int, tuple[str, int, bool]] = {}
        """ticket → (leg, seq, what is asked: True = the whole utterance, False = the words so far)."""
        self._jobs: dict[int, Waiting | None] = {}
        """ticket → the utterance in pass two; None = a draft."""
        self._tries: dict[tuple[str, int], int] = {}
        self._queue = SecondQueue()
        self._ladder = Ladder()
        self._throttle = Throttle()
        self._first: Crew | None = None
        self._second: Crew | None = None
        self._ticker: asyncio.Task[None] | None = None
        self._skipped = self._overloaded = 0

    async def start(self) -> None:
        """Load and warm every model. Raises Unavailable naming what to pull; does nothing in mode `off`."""
        if self._config.mode == "off":
            return
        if not self._languages:
            raise Unavailable("; ".join(self._config.missing) or "no speech model is configured")
        streaming = tuple(models for models in self._config.models if models.vosk)
        correcting = tuple(models for models in self._config.models if models.whisper)
        if streaming:
            self._first = self._crew("pass one", streaming, self._config.workers)
        if correcting:
            self._second = self._crew("pass two", correcting, self._config.second_workers)
        try:
            await asyncio.gather(*(crew.start() for crew in self._crews()))
        except Unavailable:
            await self.aclose()
            raise
        self._ticker = asyncio.create_task(self._tick_for_ever(), name="speech-pool")

    def open(
        self,
        leg: str,
        *,
        language: str,
        speaker: Speaker,
        rate: int = 8000,
        first_pass: bool = True,
        second_pass: bool = True,
        group: str = "",
    ) -> bool:
        """Take a leg on. False when the box is full or the language cannot be served. Raises BadAudio for the rate.

        Legs of one `group` (a call) share the limit of four partials a second."""
        check_rate(rate)
        models = self._languages.get(language)
        if leg in self._legs or models is None or not self._crews() or len(self._legs) >= self._capacity():
            return False
        slot = self._least_busy() if first_pass and models.vosk else None
        second = bool(models.whisper) and second_pass and self._second is not None
        if slot is None and not second:
            return False
        state = LegState(
            leg=leg,
            group=group or leg,
            speaker=speaker,
            models=models,
            rate=rate,
            first_pass=slot is not None,
            second_pass=second,
            worker=slot.index if slot else None,
        )
        self._legs[leg] = state
        if slot and self._first and slot.is_ready:
            self._first.send(slot, Open(leg=leg, language=language, rate=rate))
        return True

    def feed(self, leg: str, pcm: bytes, start: float) -> None:
        """Speech of a leg, 16-bit mono, its first sample at `start` call seconds. Never waits; sound of an unknown leg
        is ignored. Raises BadAudio for half a sample."""
        state = self._legs.get(leg)
        if state is None or state.is_closing:
            return
        pcm = check_audio(pcm, state.rate)
        if state.skipping or not pcm:
            return
        spoken = state.current or self._begin(state, start)
        if spoken is None:
            return
        spoken.audio += pcm
        if spoken.first:
            self._ask_first(state, spoken, pcm, start)
        elif spoken.second:
            self._maybe_draft(state, spoken)
        if state.seconds(len(spoken.audio)) >= LONGEST_SECONDS:
            self.endpoint(leg, start + state.seconds(len(pcm)))

    def endpoint(self, leg: str, end: float) -> None:
        """The gate says that the utterance ended at `end` call seconds."""
        state = self._legs.get(leg)
        if state is None:
            return
        state.skipping = False
        spoken = state.end(end)
        if spoken is None:
            return
        if spoken.first and self._first:
            ticket = self._ticket(state, spoken, whole=True)
            self._first.send(self._slot(state), Finish(ticket=ticket, leg=leg))
        if spoken.second:
            now = asyncio.get_running_loop().time()
            self._queue.push(Waiting(leg=leg, seq=spoken.seq, only_text=not spoken.first, since=now))
            self._work_second()
        self._settle(state, spoken, 0.0)

    def close(self, leg: str) -> None:
        """No more sound of this leg; what is in work is still delivered, then `closed`."""
        state = self._legs.get(leg)
        if state is None or state.is_closing:
            return
        if state.current is not None:
            self.endpoint(leg, state.current.start + state.seconds(len(state.current.audio)))
        state.is_closing = True
        self._maybe_closed(state)

    def status(self) -> PoolStatus:
        """The pool now."""
        return PoolStatus(
            workers=tuple(self._worker_status(crew, slot) for crew in self._crews() for slot in crew.slots),
            load=self._ladder.load,
            legs=len(self._legs),
            capacity=self._capacity(),
            second_waiting=len(self._queue),
            second_skipped=self._skipped,
            overloaded=self._overloaded,
            missing=self._config.missing,
        )

    async def aclose(self) -> None:
        """End every worker."""
        if self._ticker is not None:
            self._ticker.cancel()
        await asyncio.gather(*(crew.aclose() for crew in self._crews()))

    # --- an utterance begins and grows

    def _begin(self, state: LegState, start: float) -> Spoken | None:
        slot = self._slot(state) if state.first_pass else None
        first = slot is not None and slot.is_ready and self._ladder.allows_first(state.speaker)
        only_text = not first
        second = state.second_pass and self._ladder.allows_second(state.speaker, only_text=only_text)
        if first and state.second_pass and not second:
            self._skipped += 1
        if not first and not second:
            state.skipping = True
            self._overloaded += 1
            note = Note.OVERLOADED if slot is None or slot.is_ready else Note.RECOGNISER_RESTARTED
            self._deliver(LegOutput(leg=state.leg, kind="marked", note=note, at=start))
            return None
        return state.begin(start, first=first, second=second)

    def _ask_first(self, state: LegState, spoken: Spoken, pcm: bytes, start: float) -> None:
        assert self._first is not None
        ticket = self._ticket(state, spoken, whole=False)
        self._first.send(self._slot(state), Feed(ticket=ticket, leg=state.leg, start=start, pcm=pcm))

    def _maybe_draft(self, state: LegState, spoken: Spoken) -> None:
        """Decode the growing utterance when nothing else waits for pass two."""
        if state.seconds(len(spoken.audio) - spoken.drafted_bytes) < DRAFT_SECONDS or len(self._queue):
            return
        slot = self._idle_second()
        if slot is not None:
            spoken.drafted_bytes = len(spoken.audio)
            self._send_job(slot, state, spoken, None)

    # --- pass two

    def _work_second(self) -> None:
        """Give waiting utterances to idle workers."""
        now = asyncio.get_running_loop().time()
        while len(self._queue) and (slot := self._idle_second()) is not None:
            item, stale = self._queue.take(now)
            for old in stale:
                self._give_up_second(old)
            state = self._legs.get(item.leg) if item else None
            spoken = state.find(item.seq) if state and item else None
            if state and spoken and item:
                self._send_job(slot, state, spoken, item)

    def _send_job(self, slot: Slot, state: LegState, spoken: Spoken, item: Waiting | None) -> None:
        assert self._second is not None
        ticket = self._ticket(state, spoken, whole=item is not None)
        self._jobs[ticket] = item
        job = Job(
            ticket=ticket,
            pcm=bytes(spoken.audio),
            start=spoken.start,
            rate=state.rate,
            language=state.models.language,
            draft=item is None,
        )
        self._second.send(slot, job, allow=2 * state.seconds(len(job.pcm)))

    def _give_up_second(self, item: Waiting) -> None:
        self._skipped += 1
        state = self._legs.get(item.leg)
        spoken = state.find(item.seq) if state else None
        if state and spoken:
            spoken.second_over = True
            self._settle(state, spoken, 0.0, note=Note.SECOND_PASS_SKIPPED)

    # --- answers

    def _answered(self, slot: Slot, answer: Answer, sent_at: float) -> None:
        leg, seq, whole = self._asked.pop(answer.ticket, ("", 0, False))
        by_second = answer.ticket in self._jobs
        item = self._jobs.pop(answer.ticket, None)
        state = self._legs.get(leg)
        spoken = state.find(seq) if state else None
        if answer.error:
            log.warning("recogniser, leg %s: %s", leg, answer.error)
        if state and spoken:
            now = asyncio.get_running_loop().time()
            if not whole:
                self._partial(state, spoken, answer.heard.text, now - sent_at)
            elif by_second:
                spoken.second_heard, spoken.second_over = answer.heard, True
                self._settle(state, spoken, now - (item.since if item else sent_at))
            else:
                spoken.first_heard = answer.heard
                self._settle(state, spoken, now - sent_at)
        if by_second:
            self._work_second()

    def _partial(self, state: LegState, spoken: Spoken, text: str, lag: float) -> None:
        if not text or text == spoken.partial or spoken.sent is not None or spoken.is_over:
            return
        spoken.partial = text
        output = LegOutput(leg=state.leg, kind="partial", partial=state.partial(spoken), lag_seconds=round(lag, 3))
        now = asyncio.get_running_loop().time()
        for ready in self._throttle.offer(now, state.group, state.leg, output):
            self._deliver(ready)

    def _settle(self, state: LegState, spoken: Spoken, lag: float, note: str = Note.NONE) -> None:
        utterance: Utterance | None = state.settle(spoken)
        if utterance is not None:
            self._throttle.drop(state.leg)
            self._deliver(
                LegOutput(
                    leg=state.leg,
                    kind="utterance",
                    utterance=utterance,
                    lag_seconds=round(lag, 3),
                    note=note,
                    at=utterance.end,
                )
            )
        self._maybe_closed(state)

    def _maybe_closed(self, state: LegState) -> None:
        if not state.is_closing or state.finishing or state.leg not in self._legs:
            return
        del self._legs[state.leg]
        self._throttle.drop(state.leg)
        if state.first_pass and self._first:
            self._first.send(self._slot(state), Close(leg=state.leg))
        self._deliver(LegOutput(leg=state.leg, kind="closed"))

    # --- workers come and go

    def _first_ready(self, slot: Slot) -> None:
        assert self._first is not None
        for state in self._legs.values():
            if state.worker == slot.index:
                self._first.send(slot, Open(leg=state.leg, language=state.models.language, rate=state.rate))

    def _first_lost(self, slot: Slot, tickets: list[int]) -> None:
        """What was being said is left to pass two; where there is none the hole is marked."""
        for ticket in tickets:
            self._asked.pop(ticket, None)
        for state in [state for state in self._legs.values() if state.worker == slot.index]:
            for spoken in [*state.finishing.values(), *([state.current] if state.current else [])]:
                if not spoken.first or spoken.first_heard is not None:
                    continue
                spoken.first = False
                if not spoken.second:
                    self._mark(state, spoken.start, Note.RECOGNISER_RESTARTED)
                self._settle(state, spoken, 0.0)
            if slot.has_failed and not state.second_pass:
                self._deliver(LegOutput(leg=state.leg, kind="failed", note=Note.RECOGNISER_DOWN))

    def _second_lost(self, slot: Slot, tickets: list[int]) -> None:
        """The utterance in work gets one more try."""
        for ticket in tickets:
            leg, seq, _ = self._asked.pop(ticket, ("", 0, False))
            item = self._jobs.pop(ticket, None)
            if item is None:
                continue
            self._tries[leg, seq] = self._tries.get((leg, seq), 1) + 1
            if self._tries[leg, seq] <= TRIES:
                self._queue.push_back(item)
                continue
            del self._tries[leg, seq]
            state = self._legs.get(leg)
            if state and item.only_text:
                self._mark(state, 0.0, Note.RECOGNISER_RESTARTED)
            self._give_up_second(item)

    def _mark(self, state: LegState, at: float, note: Note) -> None:
        self._deliver(LegOutput(leg=state.leg, kind="marked", note=note, at=at))

    async def _tick_for_ever(self) -> None:
        while True:
            await asyncio.sleep(TICK_SECONDS)
            self._tick(asyncio.get_running_loop().time())

    def _tick(self, now: float) -> None:
        for crew in self._crews():
            crew.watch()
        self._ladder.update(
            now, first_behind=self._first.behind() if self._first else 0.0, second_behind=self._queue.behind(now)
        )
        for output in self._throttle.due(now):
            self._deliver(output)
        self._work_second()

    # --- small things

    def _crew(self, name: str, models: tuple[LanguageModels, ...], size: int) -> Crew:
        streaming = name == "pass one"
        setup = Setup(
            streaming=streaming,
            models=models,
            recognisers=2,
            threads=self._config.second_threads,
            prompts=tuple(self._config.prompt.items()),
            niceness=0 if streaming else 5,
        )
        return Crew(
            name,
            setup,
            size,
            jemalloc=self._config.jemalloc,
            module=self._worker_module,
            answered=self._answered,
            lost=self._first_lost if streaming else self._second_lost,
            ready=self._first_ready if streaming else lambda slot: self._work_second(),
        )

    def _crews(self) -> list[Crew]:
        return [crew for crew in (self._first, self._second) if crew is not None]

    def _capacity(self) -> int:
        return self._config.legs_per_worker * self._config.workers if self._crews() else 0

    def _least_busy(self) -> Slot | None:
        if self._first is None:
            return None
        return min((s for s in self._first.slots if not s.has_failed), key=self._legs_on, default=None)

    def _legs_on(self, slot: Slot) -> int:
        return sum(state.worker == slot.index for state in self._legs.values())

    def _slot(self, state: LegState) -> Slot:
        assert self._first is not None
        assert state.worker is not None
        return self._first.slots[state.worker]

    def _idle_second(self) -> Slot | None:
        slots = self._second.slots if self._second else []
        return next((slot for slot in slots if slot.is_ready and not slot.pending), None)

    def _ticket(self, state: LegState, spoken: Spoken, *, whole: bool) -> int:
        ticket = next(self._tickets)
        self._asked[ticket] = (state.leg, spoken.seq, whole)
        return ticket

    def _worker_status(self, crew: Crew, slot: Slot) -> WorkerStatus:
        first = crew is self._first
        refs = {(m.vosk if first else m.whisper) for m in self._config.models}
        return WorkerStatus(
            name=f"{crew.name} {slot.index + 1}",
            pid=slot.process.pid if slot.process else 0,
            alive=slot.is_ready,
            restarts=slot.restarts,
            legs=self._legs_on(slot) if first else 0,
            behind_seconds=round(slot.behind(asyncio.get_running_loop().time()), 3),
            rss_bytes=slot.process.rss_bytes() if slot.process else 0,
            models=tuple(sorted(ref.id for ref in refs if ref)),
        )


__all__ = ["LegOutput", "Note", "PoolConfig", "PoolStatus", "SpeechPool", "WorkerStatus", "pool_config"]
