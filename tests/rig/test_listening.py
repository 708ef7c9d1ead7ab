"""Live listening and recording on a living PBX: each party's voice arrives alone, at the right second, through
transfers and a cut link; and the recording holds both sides."""

import asyncio
import time
import wave
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest

from callcenter.ami.config import AmiConfig
from callcenter.ami.link import AmiLink
from callcenter.ami.translate import WANTED, Translator
from callcenter.audio.server import AudioSocketServer, ServerConfig
from callcenter.core.calls import CallTracker
from callcenter.core.events import CallAnswered, CallEvent, LegJoined
from callcenter.core.transcript import Speaker
from callcenter.services.listen import Listener
from callcenter.services.listening.config import ListenConfig
from callcenter.services.listening.taps import TapConfig
from callcenter.services.record_calls import Recorder, RecorderConfig
from callcenter.services.recording.finish import FinishConfig
from tests.rig.prompts import prompts
from tests.rig.rig import Rig
from tests.services.listening_fakes import FakePool, RememberingTranscript, WordRules
from tests.services.test_record_calls import RememberingShelf

pytestmark = pytest.mark.rig

Samples = npt.NDArray[np.int16]


def prompt(name: str) -> Path:
    return next(wav for wav, _ in prompts() if wav.stem == name)


def samples_of(wav: Path) -> Samples:
    with wave.open(str(wav)) as file:
        sound = np.frombuffer(file.readframes(file.getnframes()), dtype="<i2")
        return sound.reshape(-1, file.getnchannels()).T if file.getnchannels() > 1 else sound


def alikeness(heard: Samples, said: Samples) -> float:
    """The highest normalised correlation of `said` anywhere in `heard`; about 1 where it is heard, about 0 where
    it is not (telephones' codecs keep it above .9)."""
    size = 1 << (len(heard) + len(said)).bit_length()
    spectrum = np.fft.rfft(heard.astype(float), size) * np.conj(np.fft.rfft(said.astype(float), size))
    norm = np.linalg.norm(heard.astype(float)) * np.linalg.norm(said.astype(float))
    return float(np.fft.irfft(spectrum, size).max() / norm) if norm else 0.0


def offset_of(heard: Samples, said: Samples) -> float:
    """Where `said` is heard, in seconds."""
    size = 1 << (len(heard) + len(said)).bit_length()
    spectrum = np.fft.rfft(heard.astype(float), size) * np.conj(np.fft.rfft(said.astype(float), size))
    return float(np.fft.irfft(spectrum, size)[: len(heard)].argmax()) / 8_000


@dataclass
class Joined:
    """The product's parts on the rig, the recognisers and the database apart."""

    link: AmiLink
    listener: Listener
    recorder: Recorder
    shelf: RememberingShelf
    transcript: RememberingTranscript
    pools: list[FakePool]
    events: list[CallEvent] = field(default_factory=list)

    async def take(self, events: Sequence[CallEvent]) -> None:
        for event in events:
            self.events.append(event)
            await self.listener.handle(event)
            await self.recorder.handle(event)

    def legs(self, speaker: Speaker) -> list[LegJoined]:
        """The legs of one side that joined, each once."""
        found = {e.leg_id: e for e in self.events if isinstance(e, LegJoined) and e.speaker is speaker}
        return list(found.values())

    def voice(self, leg: LegJoined) -> Samples:
        """What the recognisers were given of a leg."""
        return np.frombuffer(b"".join(pcm for pcm, _ in self.fed(leg)), dtype="<i2")

    def fed(self, leg: LegJoined) -> list[tuple[bytes, float]]:
        return [piece for key, fed in self.pools[0].audio.items() if key.startswith(leg.leg_id) for piece in fed]


@asynccontextmanager
async def joined(rig: Rig) -> AsyncIterator[Joined]:
    config = AmiConfig(
        host=rig.ami_host,
        port=rig.ami_proxy.port,
        username=rig.ami_user,
        secret=rig.ami_secret,
        retry_min=0.1,
        retry_max=0.2,
    )
    async with AmiLink(config, wanted=WANTED) as link:
        pools: list[FakePool] = []
        transcript, shelf = RememberingTranscript(), RememberingShelf()

        def make_pool(deliver: Callable[..., None]) -> FakePool:
            pools.append(FakePool(deliver))
            return pools[0]

        listener = Listener(
            ListenConfig(taps=TapConfig(host="127.0.0.1", retry_seconds=(0.2,))),
            sender=link,
            make_server=lambda taps: AudioSocketServer(ServerConfig(), taps),
            make_pool=make_pool,
            spotter=WordRules(),
            sink=transcript,
            language_of=lambda record: "en",
        )
        recorder = Recorder(
            RecorderConfig(
                pbx_folder=str(rig.recordings_dir),
                finish=FinishConfig(folder=rig.recordings_dir, poll_seconds=0.05, missing_seconds=3),
            ),
            sender=link,
            shelf=shelf,
            ready=lambda number: None,
        )
        together = Joined(link, listener, recorder, shelf, transcript, pools)
        await listener.start()
        await recorder.start()
        tracker, translator = CallTracker(), Translator()

        async def follow() -> None:
            async for received in link:
                for event in translator.translate(received):
                    await together.take(tracker.handle(event))

        async def tick() -> None:
            while True:
                await asyncio.sleep(0.25)
                await together.take(tracker.tick(time.time()))

        tasks = [asyncio.create_task(follow()), asyncio.create_task(tick())]
        try:
            await until(lambda: link.status().connected)
            yield together
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            await listener.aclose()
            await recorder.aclose()


async def until(ready: Callable[[], object], seconds: float = 10.0) -> None:
    async with asyncio.timeout(seconds):
        while not ready():
            await asyncio.sleep(0.02)


async def test_each_party_is_heard_alone_and_recorded_on_its_side(rig: Rig) -> None:
    customer_says, agent_says = prompt("vm-goodbye"), prompt("queue-thankyou")
    async with joined(rig) as product:
        customer = await rig.customer_calls("4001", number="13800138000")
        agent = await rig.phone("1001").answer(after=0.3)
        await until(lambda: product.listener.status().recognised == 2)
        await until(lambda: product.recorder.recording == 2)
        await asyncio.sleep(0.3)
        spoken_at = time.time()
        await customer.play(customer_says)
        await agent.play(agent_says)
        await asyncio.sleep(0.7)
        await customer.hangup()
        await agent.wait_ended()
        await until(lambda: product.shelf.done or product.shelf.absent)

    (customer_leg,), (agent_leg,) = product.legs(Speaker.CUSTOMER), product.legs(Speaker.AGENT)
    first, second = samples_of(customer_says), samples_of(agent_says)
    assert alikeness(product.voice(customer_leg), first) > 0.8
    assert alikeness(product.voice(agent_leg), second) > 0.8
    assert alikeness(product.voice(customer_leg), second) < 0.3
    assert alikeness(product.voice(agent_leg), first) < 0.3
    # The clock of what is heard is the call's, whatever was silent before.
    begun = customer_leg.record.started_at
    assert product.fed(customer_leg)[0][1] == pytest.approx(spoken_at - begun, abs=1.0)

    assert not product.shelf.absent
    (path,) = product.shelf.done
    left, right = samples_of(rig.recordings_dir / path)
    assert alikeness(right, first) > 0.8
    assert alikeness(left, second) > 0.8
    assert alikeness(left, first) < 0.3
    assert product.shelf.done[path].duration_seconds > (len(first) + len(second)) / 8_000


async def test_a_transfer_is_heard_on_and_stays_one_recording(rig: Rig) -> None:
    says = prompt("vm-goodbye")
    async with joined(rig) as product:
        customer = await rig.customer_calls("4001")
        agent = await rig.phone("1001").answer(after=0.2)
        await until(lambda: product.listener.status().recognised == 2)
        await rig.refer(agent, "1002")
        second = await rig.phone("1002").answer(after=0.3)
        await until(lambda: len(product.legs(Speaker.AGENT)) == 2 and product.listener.status().recognised == 2)
        await asyncio.sleep(0.4)
        await second.play(says)
        await asyncio.sleep(0.7)
        await customer.hangup()
        await second.wait_ended()
        await until(lambda: product.shelf.done or product.shelf.absent)
    _, second_leg = product.legs(Speaker.AGENT)
    assert alikeness(product.voice(second_leg), samples_of(says)) > 0.8
    (path,) = product.shelf.done
    left, _ = samples_of(rig.recordings_dir / path)
    assert alikeness(left, samples_of(says)) > 0.8
    assert {e.call_id for e in product.events if isinstance(e, CallAnswered)} == {second_leg.call_id}


async def test_a_cut_link_interrupts_neither_listening_nor_recording(rig: Rig) -> None:
    says = prompt("vm-goodbye")
    async with joined(rig) as product:
        customer = await rig.customer_calls("4001")
        agent = await rig.phone("1001").answer(after=0.2)
        await until(lambda: product.listener.status().recognised == 2 and product.recorder.recording == 2)
        await asyncio.sleep(0.3)
        await rig.ami_proxy.cut()
        await customer.play(says)
        await asyncio.sleep(0.5)
        await rig.ami_proxy.restore()
        await until(lambda: product.link.status().connected)
        await customer.hangup()
        await agent.wait_ended()
        await until(lambda: product.shelf.done or product.shelf.absent)
    (leg,) = product.legs(Speaker.CUSTOMER)
    assert alikeness(product.voice(leg), samples_of(says)) > 0.8
    (path,) = product.shelf.done
    assert alikeness(samples_of(rig.recordings_dir / path)[1], samples_of(says)) > 0.8


async def test_a_hold_does_not_shift_what_is_said_after_it(rig: Rig) -> None:
    says = prompt("vm-goodbye")
    async with joined(rig) as product:
        customer = await rig.customer_calls("4001")
        agent = await rig.phone("1001").answer(after=0.2)
        await until(lambda: product.listener.status().recognised == 2 and product.recorder.recording == 2)
        await agent.hold()
        await asyncio.sleep(2)
        await agent.unhold()
        await asyncio.sleep(0.5)
        spoken_at = time.time()
        await agent.play(says)
        await asyncio.sleep(0.7)
        await customer.hangup()
        await agent.wait_ended()
        await until(lambda: product.shelf.done or product.shelf.absent)
    (leg,) = product.legs(Speaker.AGENT)
    spoken = spoken_at - leg.record.started_at
    assert product.fed(leg)[-1][1] == pytest.approx(spoken + 0.6, abs=0.7)
    (path,) = product.shelf.done
    left, _ = samples_of(rig.recordings_dir / path)
    heard = offset_of(left, samples_of(says)) + product.shelf.rows[path]
    assert heard == pytest.approx(spoken, abs=0.5)
