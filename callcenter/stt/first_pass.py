"""Pass one of all legs: which worker holds which leg, what was asked, what is lost when a worker dies."""

import asyncio
import itertools
import logging

from callcenter.stt.crew import Crew, Slot
from callcenter.stt.leg import LegState, Spoken
from callcenter.stt.passes import Desk
from callcenter.stt.pool_types import Note, PoolConfig
from callcenter.stt.wire import Answer, Close, Feed, Finish, Open, Setup

WARMED = 2
"""Recognisers built and warmed at the start; more are built as legs come."""

log = logging.getLogger(__name__)


class FirstPass:
    """Vosk's workers. A leg stays with one worker, so that one thread uses its recogniser."""

    def __init__(self, config: PoolConfig, desk: Desk, module: str) -> None:
        self._desk = desk
        self._tickets = itertools.count(1)
        self._asked: dict[int, tuple[str, int, bool]] = {}
        """ticket → (leg, seq, what is asked: True = the whole utterance, False = the words so far)."""
        models = tuple(models for models in config.models if models.vosk)
        self.crew = Crew(
            "pass one",
            Setup(streaming=True, models=models, recognisers=WARMED, prompts=tuple(config.prompt.items())),
            config.workers,
            jemalloc=config.jemalloc,
            module=module,
            answered=self._answered,
            lost=self._lost,
            ready=self._ready,
        )

    def place(self) -> Slot | None:
        """The worker with the fewest legs; None when none can be started."""
        slots = [slot for slot in self.crew.slots if not slot.has_failed]
        return min(slots, key=lambda slot: sum(s.worker == slot.index for s in self._desk.legs()), default=None)

    def is_up(self, state: LegState) -> bool:
        """The leg's worker is loaded."""
        return state.worker is not None and self.crew.slots[state.worker].is_ready

    def open(self, state: LegState) -> None:
        """Lease a recogniser; a worker that is not ready yet gets its legs when it is."""
        if state.worker is not None and self.is_up(state):
            request = Open(leg=state.leg, language=state.models.language, rate=state.rate)
            self.crew.send(self.crew.slots[state.worker], request)

    def feed(self, state: LegState, spoken: Spoken, pcm: bytes, start: float) -> None:
        """Sound of an utterance."""
        ticket = self._ticket(state, spoken, whole=False)
        self._send(state, Feed(ticket=ticket, leg=state.leg, start=start, pcm=pcm))

    def finish(self, state: LegState, spoken: Spoken) -> None:
        """The utterance is over."""
        self._send(state, Finish(ticket=self._ticket(state, spoken, whole=True), leg=state.leg))

    def close(self, state: LegState) -> None:
        """Give the recogniser back."""
        if state.worker is not None:
            self._send(state, Close(leg=state.leg))

    def _send(self, state: LegState, request: Feed | Finish | Close) -> None:
        assert state.worker is not None
        self.crew.send(self.crew.slots[state.worker], request)

    def _ticket(self, state: LegState, spoken: Spoken, *, whole: bool) -> int:
        ticket = next(self._tickets)
        self._asked[ticket] = (state.leg, spoken.seq, whole)
        return ticket

    def _answered(self, slot: Slot, answer: Answer, sent_at: float) -> None:
        leg, seq, whole = self._asked.pop(answer.ticket, ("", 0, False))
        if answer.error:
            log.warning("pass one, leg %s: %s", leg, answer.error)
        found = self._desk.find(leg, seq)
        if found is None:
            return
        state, spoken = found
        lag = asyncio.get_running_loop().time() - sent_at
        if whole:
            spoken.first_heard = answer.heard
            self._desk.settle(state, spoken, lag)
        else:
            self._desk.words_so_far(state, spoken, answer.heard.text, lag)

    def _ready(self, slot: Slot) -> None:
        for state in self._desk.legs():
            if state.worker == slot.index:
                self.open(state)

    def _lost(self, slot: Slot, tickets: list[int]) -> None:
        """What was being said is left to pass two; where there is none the hole is marked."""
        for ticket in tickets:
            self._asked.pop(ticket, None)
        for state in [state for state in self._desk.legs() if state.worker == slot.index]:
            for spoken in state.in_work():
                if spoken.first and spoken.first_heard is None:
                    self._drop(state, spoken)
            if slot.has_failed and not state.second_pass:
                self._desk.give_up(state)

    def _drop(self, state: LegState, spoken: Spoken) -> None:
        spoken.first = False
        if not spoken.second:
            self._desk.mark(state, spoken.start, Note.RECOGNISER_RESTARTED)
        self._desk.settle(state, spoken, 0.0)
