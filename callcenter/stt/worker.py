"""A recogniser's process: `python -m callcenter.stt.worker FD`. One thread, one request at a time, in order.

A process of its own because Vosk's failures are aborts, which nothing in Python can catch (speech.md §A8). It leaves by
os._exit: vosk 0.3.45 frees its model in `__del__` after the library is gone."""

import os
import signal
import sys
import time
import traceback
from collections.abc import Callable
from multiprocessing.connection import Connection

from callcenter.core.errors import CallcenterError
from callcenter.stt.recognizer import NOTHING, Heard, StreamingEngine, StreamingPass, UtteranceEngine
from callcenter.stt.warm import babble
from callcenter.stt.wire import Answer, Close, Failed, Feed, Finish, Job, Open, Ready, Request, Setup, Stop

WARM_SECONDS = 3.0


class StreamingWorker:
    """Pass one of many legs."""

    def __init__(self, engines: dict[str, StreamingEngine]) -> None:
        self._engines = engines
        self._streams: dict[str, StreamingPass] = {}

    def handle(self, request: Request) -> Answer | None:
        """Do one thing; requests for a leg that is not open are answered with nothing."""
        match request:
            case Open(leg=leg, language=language, rate=rate):
                self._close(leg)
                self._streams[leg] = self._engines[language].open(rate)
            case Close(leg=leg):
                self._close(leg)
            case Feed(ticket=ticket, leg=leg) if leg in self._streams:
                return Answer(ticket=ticket, heard=Heard(text=self._streams[leg].feed(request.pcm, request.start)))
            case Finish(ticket=ticket, leg=leg) if leg in self._streams:
                return Answer(ticket=ticket, heard=self._streams[leg].finish())
            case Feed(ticket=ticket) | Finish(ticket=ticket):
                return Answer(ticket=ticket, heard=NOTHING, error="the leg is not open")
        return None

    def _close(self, leg: str) -> None:
        if stream := self._streams.pop(leg, None):
            stream.close()


class UtteranceWorker:
    """Pass two."""

    def __init__(self, engines: dict[str, UtteranceEngine]) -> None:
        self._engines = engines

    def handle(self, request: Request) -> Answer | None:
        """Do one thing."""
        if not isinstance(request, Job):
            return None
        heard = self._engines[request.language].transcribe(
            request.pcm, request.start, rate=request.rate, language=request.language, draft=request.draft
        )
        return Answer(ticket=request.ticket, heard=heard)


def load(setup: Setup) -> StreamingWorker | UtteranceWorker:
    """Load and warm every model. Raises CallcenterError."""
    return _load_streaming(setup) if setup.streaming else _load_utterance(setup)


def _load_streaming(setup: Setup) -> StreamingWorker:
    from callcenter.stt.vosk_engine import VoskEngine

    engines: dict[str, StreamingEngine] = {}
    for models in setup.models:
        if models.vosk:
            engine = VoskEngine(models.vosk.path)
            engine.warm(setup.recognisers, 8000, babble(WARM_SECONDS, 8000))
            engines[models.language] = engine
    return StreamingWorker(engines)


def _load_utterance(setup: Setup) -> UtteranceWorker:
    from callcenter.stt.whisper_engine import WhisperEngine, WhisperOptions

    options = WhisperOptions(threads=setup.threads, prompts=setup.prompts)
    loaded: dict[str, WhisperEngine] = {}
    engines: dict[str, UtteranceEngine] = {}
    for models in setup.models:
        if models.whisper:
            engine = loaded.get(models.whisper.id) or WhisperEngine(models.whisper.path, options)
            engine.transcribe(babble(WARM_SECONDS, 8000), 0.0, rate=8000, language=models.language)
            loaded[models.whisper.id] = engines[models.language] = engine
    return UtteranceWorker(engines)


Load = Callable[[Setup], StreamingWorker | UtteranceWorker]


def serve(pipe: Connection, load: Load) -> None:
    """Load, then answer until told to stop or the pool is gone."""
    setup = pipe.recv()
    assert isinstance(setup, Setup)
    os.nice(setup.niceness)
    began = time.monotonic()
    try:
        worker = load(setup)
    except CallcenterError as error:
        pipe.send(Failed(reason=str(error)))
        return
    pipe.send(Ready(seconds=round(time.monotonic() - began, 2)))
    while not isinstance(request := pipe.recv(), Stop):
        try:
            answer = worker.handle(request)
        except CallcenterError as error:
            answer = Answer(ticket=getattr(request, "ticket", 0), heard=NOTHING, error=str(error))
        if answer is not None:
            pipe.send(answer)


def main(load: Load = load) -> None:
    """Entry of the process; leaves with code 0 also when the pool goes away without a word."""
    for number in (signal.SIGINT, signal.SIGTERM):  # they reach the whole group; the pool decides when to stop
        signal.signal(number, signal.SIG_IGN)
    pipe = Connection(int(sys.argv[1]))
    code = 0
    try:
        serve(pipe, load)
    except (EOFError, BrokenPipeError, ConnectionResetError):
        code = 0
    except BaseException:  # noqa: BLE001 - the last word of a process: say why, then leave by os._exit
        code = 1
        traceback.print_exc()
    sys.stderr.flush()
    os._exit(code)


if __name__ == "__main__":
    main()
