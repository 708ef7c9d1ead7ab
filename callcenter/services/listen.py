"""Flow (2): a call's legs are tapped, gated, recognised, flagged, and written to the transcript while people
talk."""

import asyncio
import logging
import time
from collections.abc import Callable, Iterable

from callcenter.audio.gate import IsSpeech
from callcenter.core.call_record import CallRecord
from callcenter.core.errors import Unavailable
from callcenter.core.events import CallEnded, CallEvent, CallMerged, LegJoined, LegLeft, LegRinging
from callcenter.services.listening.config import ListenConfig, ListenerStatus, is_customer_call
from callcenter.services.listening.deliver import Deliverer
from callcenter.services.listening.leg import HeardLeg, LegEar
from callcenter.services.listening.load import Admission, load_of
from callcenter.services.listening.ports import (
    AlertSink,
    AudioServer,
    Heard,
    LivePool,
    Sender,
    Spotter,
    TranscriptSink,
)
from callcenter.services.listening.roster import HeardCall, Roster
from callcenter.services.listening.state import Degraded, LegState, ListeningState, Mode, differs, judge
from callcenter.services.listening.taps import Taps

log = logging.getLogger(__name__)


_OVERLOADED = "overloaded"
"""`stt.pool_types.Note.OVERLOADED`."""
_LAST_WORDS_SECONDS = 60.0
"""How long after its end a call may still be corrected."""


class Listener:
    """Give it every call event (`handle`) in order; it does the rest. One loop, one thread."""

    def __init__(
        self,
        config: ListenConfig,
        *,
        sender: Sender,
        make_server: Callable[[Taps], AudioServer],
        make_pool: Callable[[Callable[[Heard], None]], LivePool],
        spotter: Spotter,
        sink: TranscriptSink,
        language_of: Callable[[CallRecord], str],
        alerts: AlertSink | None = None,
        wanted: Callable[[CallRecord], bool] = is_customer_call,
        is_speech: IsSpeech | None = None,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._config = config
        self._wanted = wanted
        self._clock = clock
        self._roster = Roster(language_of)
        self._pool = make_pool(self._heard)
        self._ear = LegEar(self._pool, config.gate, is_speech)
        self._taps = Taps(config.taps, sender=sender, ears=self, make_server=make_server)
        self._deliverer = Deliverer(spotter=spotter, sink=sink, alerts=alerts)
        self._admission = Admission(
            self._pool, self._ear, two_pass=config.mode is Mode.TWO_PASS, languages=config.languages
        )
        self._ticker: asyncio.Task[None] | None = None
        self._unavailable = ""

    @property
    def server(self) -> AudioServer:
        """The audio server (its port is known after `start`)."""
        return self._taps.server

    async def start(self) -> None:
        """Load the recognisers and listen for taps. Where a model or the port is missing, the product works
        on without live text: see `status().unavailable`."""
        self._deliverer.writer.start()
        if self._config.mode is not Mode.OFF:
            try:
                await self._pool.start()
                await self._taps.server.start()
            except Unavailable as error:
                self._unavailable = str(error)
                log.warning("no live text: %s", error)
        self._ticker = asyncio.create_task(self._tick_for_ever(), name="listener tick")

    async def handle(self, event: CallEvent) -> None:
        """One call event, live. Returns at once; what takes time goes on beside."""
        self._roster.saw(event, self._clock())
        self._take(event)

    async def resume(self, talking: Iterable[LegJoined]) -> None:
        """After `start` of a product that was killed: tap the legs that talk (`OpenLegs.joined`)."""
        for leg in talking:
            self._take(leg)

    def _take(self, event: CallEvent) -> None:
        match event:
            case LegRinging():
                self._on_ringing(event)
            case LegJoined():
                self._on_joined(event)
            case LegLeft():
                self._on_left(event.leg_id)
            case CallMerged():
                self._roster.merge(event.call_id, event.into)
                self._deliverer.merge(event.call_id, event.into)
            case CallEnded():
                self._on_ended(event.call_id)
            case _:
                pass

    def set_language(self, call_id: str, language: str) -> None:
        """The agent says what is spoken: recognise it so from here on."""
        for leg in self._roster.legs_of(call_id):
            if leg.language != language:
                self._admission.release(leg, self._now())
                leg.language = language
                self._admit(leg)

    def status(self) -> ListenerStatus:
        """How listening is doing."""
        talking = self._roster.talking()
        return ListenerStatus(
            load="off" if self._is_off else load_of(self._states(talking)),
            legs=len(talking),
            recognised=sum(leg.is_recognised for leg in talking),
            taps=len(self._taps.armed),
            waiting_deliveries=self._deliverer.writer.waiting,
            failed_deliveries=self._deliverer.writer.failed,
            unavailable=self._unavailable,
        )

    async def settled(self) -> None:
        """Wait until everything heard so far is written."""
        await self._deliverer.writer.settled()

    async def aclose(self) -> None:
        """Let go of every leg, write what was heard, stop."""
        if self._ticker:
            self._ticker.cancel()
        for leg_id in list(self._roster.legs):
            self._on_left(leg_id)
        await self._taps.aclose()
        await self._pool.aclose()
        await self._deliverer.writer.aclose()

    # Call events.

    def _on_ringing(self, event: LegRinging) -> None:
        if self._is_off or not self._wanted(event.record):
            return
        leg = self._roster.leg(event, self._call(event))
        if not leg.is_agent:
            return  # armed when a telephone rings for it: a queue may last for hours
        if len(self._roster.ringing_agents(event.call_id)) <= self._config.most_ringing:
            self._arm(leg)
        for other in self._roster.legs_of(event.call_id):
            if not other.is_agent:
                self._arm(other)

    def _on_joined(self, event: LegJoined) -> None:
        if not self._wanted(event.record):
            return
        call = self._call(event)
        if self._is_off:
            self._tell_off(call)
            return
        leg = self._roster.leg(event, call)
        if leg.joined_at is None:
            leg.join(self._now())
            self._admit(leg)
        self._arm(leg)
        self._tell(call)

    def _on_left(self, leg_id: str) -> None:
        self._taps.disarm(leg_id)
        leg = self._roster.legs.pop(leg_id, None)
        if leg is None:
            return
        leg.has_left = True
        self._admission.release(leg, self._now())
        for waiting in self._roster.waiting():
            self._admit(waiting)

    def _on_ended(self, call_id: str) -> None:
        for leg in self._roster.legs_of(call_id):
            self._on_left(leg.leg_id)
        if self._roster.calls.pop(call_id, None):
            # The last words are still being corrected.
            asyncio.get_running_loop().call_later(_LAST_WORDS_SECONDS, self._deliverer.forget_call, call_id)

    # What the taps say (TapEars).

    def tap_up(self, leg_id: str) -> None:
        """A leg's sound comes."""
        if leg := self._roster.legs.get(leg_id):
            leg.tap(up=True, now=self._now())

    def tap_audio(self, leg_id: str, pcm: bytes, start: float) -> None:
        """A leg's sound. Before it talks with somebody nobody listens: a caller in a queue is private."""
        leg = self._roster.legs.get(leg_id)
        if leg is not None and leg.joined_at is not None and leg.is_recognised:
            self._ear.hear(leg, pcm, start)

    def tap_down(self, leg_id: str, why: str) -> None:
        """A leg's sound stopped."""
        if leg := self._roster.legs.get(leg_id):
            log.info("the tap of %s ended: %s", leg.channel, why)
            leg.tap(up=False, now=self._now())
            if leg.is_recognised:
                self._ear.end(leg)

    # What the recognisers say.

    def _heard(self, heard: Heard) -> None:
        opening = self._admission.opening(heard.leg)
        if opening is None:
            return
        leg = opening.leg
        leg.lag_seconds = heard.lag_seconds
        if heard.kind in ("marked", "failed"):
            self._log_unheard(leg, heard.note)
            if heard.note != _OVERLOADED:  # the load says that
                leg.marked_at = self._now()
        self._deliverer.take(opening, heard)
        if heard.kind in ("closed", "failed"):
            self._admission.forget(heard.leg)
            if leg.pool_key == heard.leg:
                leg.closed(self._now())

    def _log_unheard(self, leg: HeardLeg, note: str) -> None:
        """Overload comes every few seconds and is on the pages: once a leg is enough for the log."""
        level = logging.DEBUG if note == _OVERLOADED and leg.overload_logged else logging.WARNING
        leg.overload_logged |= note == _OVERLOADED
        log.log(level, "some of %s was not recognised: %s", leg.channel, note)

    # Helpers.

    @property
    def _is_off(self) -> bool:
        return self._config.mode is Mode.OFF or bool(self._unavailable)

    def _now(self) -> float:
        return asyncio.get_running_loop().time()

    def _call(self, event: CallEvent) -> HeardCall:
        return self._roster.call(event, now=self._now(), wall=self._clock())

    def _arm(self, leg: HeardLeg) -> None:
        self._taps.arm(leg.leg_id, leg.channel, origin=leg.base, talking=leg.joined_at is not None)

    def _admit(self, leg: HeardLeg) -> None:
        self._admission.admit(leg, self._roster.talking(), self._now())

    def _states(self, legs: Iterable[HeardLeg]) -> list[LegState]:
        now, load = self._now(), self._pool.status().load
        return [leg.state(now, load) for leg in legs]

    def _tell(self, call: HeardCall) -> None:
        legs = self._states(leg for leg in self._roster.legs_of(call.call_id) if leg.joined_at is not None)
        if not legs:
            return
        state = judge(legs, self._config.mode, no_audio_after=self._config.no_audio_seconds)
        if differs(state, call.told):
            call.told = state
            self._deliverer.tell(call.call_id, state)

    def _tell_off(self, call: HeardCall) -> None:
        if call.told is None:
            mode = Mode.OFF if self._config.mode is Mode.OFF else Mode.AFTER_CALL
            reason = Degraded.NO_MODEL if self._unavailable else Degraded.NONE
            call.told = ListeningState(mode=mode, degraded=reason)
            self._deliverer.tell(call.call_id, call.told)

    async def _tick_for_ever(self) -> None:
        while True:
            await asyncio.sleep(self._config.tick_seconds)
            for leg in self._roster.waiting():
                self._admit(leg)
            for call in list(self._roster.calls.values()):
                self._tell(call)
