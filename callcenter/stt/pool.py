"""The speech pool: live legs in, partials and utterances out, on supervised worker processes.

Everything public is called in the event loop's thread and returns at once; `deliver` is called there too. Speech comes
already gated (callcenter.audio.gate); time is call seconds of the caller's own reckoning."""

import asyncio
from collections.abc import Callable, Iterable

from callcenter.core.errors import Unavailable
from callcenter.core.transcript import Speaker
from callcenter.stt.crew import Crew, Slot
from callcenter.stt.first_pass import FirstPass
from callcenter.stt.ladder import Ladder
from callcenter.stt.leg import LONGEST_SECONDS, LegState, Spoken
from callcenter.stt.pool_types import LegOutput, Note, PoolConfig, PoolStatus, WorkerStatus, pool_config
from callcenter.stt.recognizer import check_audio, check_rate
from callcenter.stt.second_pass import SecondPass
from callcenter.stt.throttle import Throttle

WORKER = "callcenter.stt.worker"
TICK_SECONDS = 0.1

Deliver = Callable[[LegOutput], None]


class SpeechPool:
    """Recognises many legs at once."""

    def __init__(self, config: PoolConfig, deliver: Deliver, *, worker_module: str = WORKER) -> None:
        """Nothing starts yet. `worker_module` is what each process runs; tests bring a scripted one."""
        self._config, self._deliver, self._worker_module = config, deliver, worker_module
        self._languages = {models.language: models for models in config.models}
        self._legs: dict[str, LegState] = {}
        self._ladder, self._throttle = Ladder(), Throttle()
        self._first: FirstPass | None = None
        self._second: SecondPass | None = None
        self._ticker: asyncio.Task[None] | None = None
        self._skipped = self._overloaded = 0

    async def start(self) -> None:
        """Load and warm every model. Raises Unavailable naming what to pull; does nothing in mode `off`."""
        if self._config.mode == "off":
            return
        if not self._languages:
            raise Unavailable("; ".join(self._config.missing) or "no speech model is configured")
        if any(models.vosk for models in self._config.models):
            self._first = FirstPass(self._config, self, self._worker_module)
        if any(models.whisper for models in self._config.models):
            self._second = SecondPass(self._config, self, self._worker_module)
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
        second = second_pass and models.whisper is not None and self._second is not None
        slot = self._first.place() if self._first and first_pass and models.vosk else None
        if slot is None and not second:
            return False
        state = LegState(
            leg=leg,
            group=group or leg,
            speaker=speaker,
            models=models,
            rate=rate,
            second_pass=second,
            worker=slot.index if slot else None,
        )
        self._legs[leg] = state
        if self._first:
            self._first.open(state)
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
        if spoken.first and self._first:
            self._first.feed(state, spoken, pcm, start)
        elif spoken.second and self._second:
            self._second.draft(state, spoken)
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
            self._first.finish(state, spoken)
        if spoken.second and self._second:
            self._second.push(state, spoken)
        self.settle(state, spoken, 0.0)

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
            second_waiting=self._second.waiting if self._second else 0,
            second_skipped=self._skipped + (self._second.given_up if self._second else 0),
            overloaded=self._overloaded,
            missing=self._config.missing,
        )

    async def aclose(self) -> None:
        """End every worker."""
        if self._ticker is not None:
            self._ticker.cancel()
        await asyncio.gather(*(crew.aclose() for crew in self._crews()))

    # --- what the two passes tell (passes.Desk)

    def legs(self) -> Iterable[LegState]:
        """Every open leg."""
        return self._legs.values()

    def find(self, leg: str, seq: int) -> tuple[LegState, Spoken] | None:
        """An utterance in work."""
        state = self._legs.get(leg)
        spoken = state.find(seq) if state else None
        return (state, spoken) if state and spoken else None

    def words_so_far(self, state: LegState, spoken: Spoken, text: str, lag: float) -> None:
        """A partial, if it says anything new."""
        if not text or text == spoken.partial or spoken.sent is not None or spoken.is_over:
            return
        spoken.partial = text
        output = LegOutput(leg=state.leg, kind="partial", partial=state.partial(spoken), lag_seconds=round(lag, 3))
        for ready in self._throttle.offer(asyncio.get_running_loop().time(), state.group, state.leg, output):
            self._deliver(ready)

    def settle(self, state: LegState, spoken: Spoken, lag: float, note: Note = Note.NONE) -> None:
        """Something was heard or given up: deliver what stands now, if it is new."""
        utterance = state.settle(spoken)
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

    def mark(self, state: LegState, at: float, note: Note) -> None:
        """Words are missing at `at` call seconds."""
        self._deliver(LegOutput(leg=state.leg, kind="marked", note=note, at=at))

    def give_up(self, state: LegState) -> None:
        """The leg gets no text any more."""
        self._deliver(LegOutput(leg=state.leg, kind="failed", note=Note.RECOGNISER_DOWN))

    # --- inside

    def _begin(self, state: LegState, start: float) -> Spoken | None:
        up = self._first is not None and self._first.is_up(state)
        first = up and self._ladder.allows_first(state.speaker)
        second = state.second_pass and self._ladder.allows_second(state.speaker, only_text=not first)
        if first or second:
            self._skipped += first and state.second_pass and not second
            return state.begin(start, first=first, second=second)
        state.skipping = True
        self._overloaded += 1
        self.mark(state, start, Note.OVERLOADED if up or state.worker is None else Note.RECOGNISER_RESTARTED)
        return None

    def _maybe_closed(self, state: LegState) -> None:
        if not state.is_closing or state.finishing or state.leg not in self._legs:
            return
        del self._legs[state.leg]
        self._throttle.drop(state.leg)
        if self._first:
            self._first.close(state)
        self._deliver(LegOutput(leg=state.leg, kind="closed"))

    async def _tick_for_ever(self) -> None:
        while True:
            await asyncio.sleep(TICK_SECONDS)
            self._tick(asyncio.get_running_loop().time())

    def _tick(self, now: float) -> None:
        for crew in self._crews():
            crew.watch()
        first_behind = self._first.crew.behind() if self._first else 0.0
        second_behind = self._second.behind(now) if self._second else 0.0
        self._ladder.update(now, first_behind=first_behind, second_behind=second_behind)
        for output in self._throttle.due(now):
            self._deliver(output)
        if self._second:
            self._second.work()

    def _crews(self) -> list[Crew]:
        return [part.crew for part in (self._first, self._second) if part is not None]

    def _capacity(self) -> int:
        return self._config.legs_per_worker * self._config.workers if self._crews() else 0

    def _worker_status(self, crew: Crew, slot: Slot) -> WorkerStatus:
        first = self._first is not None and crew is self._first.crew
        refs = {(models.vosk if first else models.whisper) for models in self._config.models}
        return WorkerStatus(
            name=f"{crew.name} {slot.index + 1}",
            pid=slot.process.pid if slot.process else 0,
            alive=slot.is_ready,
            restarts=slot.restarts,
            legs=sum(state.worker == slot.index for state in self._legs.values()) if first else 0,
            behind_seconds=round(slot.behind(asyncio.get_running_loop().time()), 3),
            rss_bytes=slot.process.rss_bytes() if slot.process else 0,
            models=tuple(sorted(ref.id for ref in refs if ref)),
        )


__all__ = ["LegOutput", "Note", "PoolConfig", "PoolStatus", "SpeechPool", "WorkerStatus", "pool_config"]
