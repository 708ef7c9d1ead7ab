"""Live listening, joined: the PBX's taps, our audio server, the recognisers, the rules, the transcript."""

import socket
from collections.abc import Callable
from dataclasses import dataclass

from callcenter.ami.link import AmiLink
from callcenter.app.address import audio_address
from callcenter.app.parts import build_spotter, language_of, models_dir
from callcenter.app.transcriber import TRADE_WORDS
from callcenter.audio.server import AudioSocketServer, ServerConfig
from callcenter.core.keywords import KeywordSpotter
from callcenter.live.hub import Hub
from callcenter.services.listen import Listener
from callcenter.services.listening.config import ListenConfig
from callcenter.services.listening.ports import Heard
from callcenter.services.listening.state import Mode
from callcenter.services.listening.taps import TapConfig
from callcenter.services.live_transcript import LiveTranscript
from callcenter.settings import Settings
from callcenter.store.database import Database
from callcenter.stt.pool import SpeechPool
from callcenter.stt.pool_types import PoolConfig, pool_config


@dataclass(frozen=True, slots=True, kw_only=True)
class Listening:
    """What the rest of the app needs of it."""

    listener: Listener
    pool: SpeechPool
    spotter: KeywordSpotter
    transcript: LiveTranscript


def build_listening(settings: Settings, link: AmiLink, database: Database, hub: Hub) -> Listening:
    """Join the parts; nothing starts yet."""
    speech = speech_config(settings)
    spotter = build_spotter(settings)
    pools: list[SpeechPool] = []

    def make_pool(deliver: Callable[[Heard], None]) -> SpeechPool:
        pools.append(SpeechPool(speech, deliver))
        return pools[-1]

    host, port = audio_address(settings) if settings.listen.enabled else ("127.0.0.1", None)
    server = ServerConfig(host=settings.listen.bind, port=settings.listen.port, allowed=_allowed(settings))
    transcript = LiveTranscript(database, hub, pbx=settings.pbx.name)
    listener = Listener(
        ListenConfig(
            taps=TapConfig(host=host, port=port),
            mode=_mode(settings, speech),
            languages=frozenset(models.language for models in speech.models),
        ),
        sender=link,
        make_server=lambda taps: AudioSocketServer(server, taps),
        make_pool=make_pool,
        spotter=spotter,
        sink=transcript,
        alerts=transcript,
        language_of=language_of(settings),
    )
    return Listening(listener=listener, pool=pools[0], spotter=spotter, transcript=transcript)


def speech_config(settings: Settings) -> PoolConfig:
    """The recognisers for the languages that are spoken here."""
    stt = settings.stt
    spoken = (stt.language, *stt.languages.values())
    return pool_config(
        stt.live if settings.listen.enabled else "off",
        languages=tuple(dict.fromkeys(spoken)),
        models_dir=models_dir(settings),
        workers=stt.workers,
        legs_per_worker=stt.legs_per_worker,
        prompt=TRADE_WORDS,
    )


def _mode(settings: Settings, speech: PoolConfig) -> Mode:
    if not settings.listen.enabled or settings.stt.live == "off":
        return Mode.OFF
    both = [bool(models.vosk) and bool(models.whisper) for models in speech.models]
    if any(both) or not speech.models:
        return Mode.TWO_PASS
    return Mode.VOSK if speech.models[0].vosk else Mode.WHISPER


def _allowed(settings: Settings) -> tuple[str, ...]:
    """From where the PBX may connect: as told, else its own addresses."""
    if settings.listen.allow:
        return tuple(settings.listen.allow)
    try:
        found = {info[4][0] for info in socket.getaddrinfo(settings.pbx.host, None)}
    except OSError:
        return ()
    return (*sorted(str(address).split("%")[0] for address in found), "127.0.0.1", "::1")
