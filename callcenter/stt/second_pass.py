"""Pass two of all legs: utterances wait their turn, growing ones are drafted in between, a deadly one has two tries."""

import asyncio
import itertools
import logging
from dataclasses import dataclass

import numpy as np

from callcenter.stt.crew import Crew, Slot
from callcenter.stt.leg import LegState, Spoken
from callcenter.stt.passes import Desk
from callcenter.stt.pool_types import Note, PoolConfig
from callcenter.stt.second_queue import SecondQueue, Waiting
from callcenter.stt.wire import Answer, Job, Setup

DRAFT_SECONDS = 1.0
"""New sound after which a growing utterance is decoded again, where pass two is the only one."""
PAUSE_SECONDS = 0.1
PAUSE_SHARE = 0.2
"""A tail this much quieter than the whole is a pause: the end may come any moment, and a draft would delay it."""
TRIES = 2
"""So often an utterance may take its worker down with it."""
NICENESS = 5

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Asked:
    leg: str
    seq: int
    item: Waiting | None
    """None = a draft."""


class SecondPass:
    """Whisper's workers, one utterance at a time each."""

    def __init__(self, config: PoolConfig, desk: Desk, module: str) -> None:
        self._desk = desk
        self._tickets = itertools.count(1)
        self._asked: dict[int, _Asked] = {}
        self._tries: dict[tuple[str, int], int] = {}
        self._queue = SecondQueue()
        self.given_up = 0
        """Corrections dropped because they had waited too long."""
        models = tuple(models for models in config.models if models.whisper)
        prompts = tuple(config.prompt.items())
        self.crew = Crew(
            "pass two",
            Setup(streaming=False, models=models, threads=config.second_threads, prompts=prompts, niceness=NICENESS),
            config.second_workers,
            jemalloc=config.jemalloc,
            module=module,
            answered=self._answered,
            lost=self._lost,
            ready=lambda slot: self.work(),
        )

    @property
    def waiting(self) -> int:
        """Utterances in the queue."""
        return len(self._queue)

    def behind(self, now: float) -> float:
        """Age of the oldest utterance that has no other text."""
        return self._queue.behind(now)

    def push(self, state: LegState, spoken: Spoken) -> None:
        """An utterance is over."""
        now = asyncio.get_running_loop().time()
        self._queue.push(Waiting(leg=state.leg, seq=spoken.seq, only_text=not spoken.first, since=now))
        self.work()

    def draft(self, state: LegState, spoken: Spoken) -> None:
        """Decode the growing utterance, if it has grown, nothing else waits, and nobody pauses for breath."""
        grown = state.seconds(len(spoken.audio) - spoken.drafted_bytes)
        if grown < DRAFT_SECONDS or len(self._queue) or _pauses(spoken.audio, state.rate):
            return
        slot = self._idle()
        if slot is not None:
            spoken.drafted_bytes = len(spoken.audio)
            self._send(slot, state, spoken, None)

    def work(self) -> None:
        """Give waiting utterances to idle workers."""
        while len(self._queue) and (slot := self._idle()) is not None:
            item, stale = self._queue.take(asyncio.get_running_loop().time())
            for old in stale:
                self._give_up(old)
            if item and (found := self._desk.find(item.leg, item.seq)):
                self._send(slot, *found, item)

    def _send(self, slot: Slot, state: LegState, spoken: Spoken, item: Waiting | None) -> None:
        ticket = next(self._tickets)
        self._asked[ticket] = _Asked(leg=state.leg, seq=spoken.seq, item=item)
        job = Job(
            ticket=ticket,
            pcm=bytes(spoken.audio),
            start=spoken.start,
            rate=state.rate,
            language=state.models.language,
            draft=item is None,
        )
        self.crew.send(slot, job, allow=2 * state.seconds(len(job.pcm)))

    def _answered(self, slot: Slot, answer: Answer, sent_at: float) -> None:
        asked = self._asked.pop(answer.ticket)
        if answer.error:
            log.warning("pass two, leg %s: %s", asked.leg, answer.error)
        if found := self._desk.find(asked.leg, asked.seq):
            state, spoken = found
            now = asyncio.get_running_loop().time()
            if asked.item is None:
                self._desk.words_so_far(state, spoken, answer.heard.text, now - sent_at)
            else:
                spoken.second_heard, spoken.second_over = answer.heard, True
                self._tries.pop((asked.leg, asked.seq), None)
                self._desk.settle(state, spoken, now - asked.item.since)
        self.work()

    def _lost(self, slot: Slot, tickets: list[int]) -> None:
        """The utterance in work gets one more try."""
        for ticket in tickets:
            asked = self._asked.pop(ticket)
            if asked.item is None:
                continue
            key = (asked.leg, asked.seq)
            self._tries[key] = self._tries.get(key, 0) + 1
            if self._tries[key] < TRIES and not slot.has_failed:
                self._queue.push_back(asked.item)
                continue
            del self._tries[key]
            found = self._desk.find(*key)
            if found and asked.item.only_text:
                self._desk.mark(found[0], found[1].start, Note.RECOGNISER_RESTARTED)
            self._give_up(asked.item)

    def _give_up(self, item: Waiting) -> None:
        self.given_up += 1
        if found := self._desk.find(item.leg, item.seq):
            found[1].second_over = True
            self._desk.settle(*found, 0.0, Note.SECOND_PASS_SKIPPED)

    def _idle(self) -> Slot | None:
        return next((slot for slot in self.crew.slots if slot.is_ready and not slot.pending), None)


def _pauses(audio: bytearray, rate: int) -> bool:
    """The last moment is much quieter than the utterance."""
    samples = np.frombuffer(bytes(audio), np.int16)
    tail = samples[-int(PAUSE_SECONDS * rate) :]
    return _level(tail) < PAUSE_SHARE * _level(samples)


def _level(samples: "np.ndarray[tuple[int], np.dtype[np.int16]]") -> float:
    return float(np.abs(samples.astype(np.int32)).mean()) if len(samples) else 0.0
