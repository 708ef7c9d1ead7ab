"""How well a call is heard, in codes that the pages put into words. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from callcenter.core.transcript import Speaker


class Mode(StrEnum):
    """What the call's live text comes from."""

    TWO_PASS = "two-pass"  # noqa: S105 - no password
    VOSK = "vosk"
    WHISPER = "whisper"
    AFTER_CALL = "after_call"
    OFF = "off"


class Degraded(StrEnum):
    """Why it is less than it could be; the worst reason is told."""

    NONE = ""
    NO_SECOND_PASS = "no_second_pass"  # noqa: S105 - no password
    WORKER_RESTARTED = "worker_restarted"
    CUSTOMER_ONLY = "customer_only"
    NO_AUDIO = "no_audio"
    AFTER_CALL = "after_call"
    NO_MODEL = "no_model"


_WORST_LAST = tuple(Degraded)
_HOLE_SHOWN = 0.02
"""Share of a leg's time: smaller holes are not worth an alarm."""

_LAG_TOLD = 0.5
"""Seconds."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LegState:
    """One leg, as the state of its call needs it."""

    speaker: Speaker
    recognised: bool
    """The recognisers take it."""
    second_pass: bool
    corrects: bool
    """The second pass was asked for."""
    sounding: bool
    """Its tap is up."""
    waited_seconds: float
    """Since the leg should be heard and no sound came."""
    coverage: float
    lag_seconds: float
    marked: bool
    """The recognisers left something out lately."""
    has_no_model: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ListeningState:
    """One call at one moment."""

    mode: Mode
    degraded: Degraded = Degraded.NONE
    lag_seconds: float = 0.0
    """How far the text is behind the sound."""
    coverage: tuple[tuple[Speaker, float], ...] = ()
    """Share of each side's time that was listened to, 0 to 1; the worst leg of a side counts."""

    def as_dict(self) -> dict[str, Any]:
        """As stored and shown: mode, lag_seconds, coverage by side, degraded."""
        return {
            "mode": str(self.mode),
            "degraded": str(self.degraded),
            "lag_seconds": round(self.lag_seconds, 1),
            "coverage": {str(speaker): round(share, 2) for speaker, share in self.coverage},
        }


def judge(legs: Iterable[LegState], configured: Mode, *, no_audio_after: float) -> ListeningState:
    """The state of a call from its legs. `configured` is the mode of a box that is not busy; `no_audio_after`
    seconds without a tap are an alarm."""
    heard = tuple(legs)
    taken = [leg for leg in heard if leg.recognised]
    if not taken:
        worst = max((_trouble(leg, no_audio_after) for leg in heard), key=_WORST_LAST.index, default=Degraded.NONE)
        return ListeningState(mode=Mode.AFTER_CALL, degraded=worst, coverage=_coverage(heard))
    return ListeningState(
        mode=_mode(taken, configured),
        degraded=max((_trouble(leg, no_audio_after) for leg in heard), key=_WORST_LAST.index),
        lag_seconds=max(leg.lag_seconds for leg in taken),
        coverage=_coverage(heard),
    )


def differs(new: ListeningState, old: ListeningState | None) -> bool:
    """Whether the difference is worth telling: a tenth of a second of lag is not."""
    if old is None or (new.mode, new.degraded) != (old.mode, old.degraded):
        return True
    if abs(new.lag_seconds - old.lag_seconds) >= _LAG_TOLD:
        return True
    before = dict(old.coverage)
    return any(abs(share - before.get(speaker, 0.0)) >= _HOLE_SHOWN for speaker, share in new.coverage)


def _trouble(leg: LegState, no_audio_after: float) -> Degraded:
    if leg.has_no_model:
        return Degraded.NO_MODEL
    if not leg.recognised:
        return Degraded.AFTER_CALL if leg.speaker is Speaker.CUSTOMER else Degraded.CUSTOMER_ONLY
    if not leg.sounding and leg.waited_seconds >= no_audio_after:
        return Degraded.NO_AUDIO
    if leg.marked:
        return Degraded.WORKER_RESTARTED
    if leg.corrects and not leg.second_pass:
        return Degraded.NO_SECOND_PASS
    return Degraded.NONE


def _mode(taken: list[LegState], configured: Mode) -> Mode:
    if configured is not Mode.TWO_PASS:
        return configured
    return Mode.TWO_PASS if any(leg.second_pass for leg in taken) else Mode.VOSK


def _coverage(legs: tuple[LegState, ...]) -> tuple[tuple[Speaker, float], ...]:
    shares: dict[Speaker, float] = {}
    for leg in legs:
        shares[leg.speaker] = min(leg.coverage, shares.get(leg.speaker, 1.0))
    return tuple(sorted(shares.items()))
