"""Doctor's one call: the PBX calls our AudioSocket address and records that silence. It proves in one go that the PBX
reaches us, that it may record, and that what it records appears in our folder. No telephone takes part."""

import asyncio
import contextlib
import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from callcenter.ami import actions
from callcenter.ami.doctor_probe import Probe
from callcenter.ami.errors import AmiActionRefused, AmiUnsafeValue
from callcenter.ami.findings import Finding, PbxCheckConfig, fail, ok, warn

CALL_SECONDS = 10
WAIT_SECONDS = 5.0


async def check_tap(config: PbxCheckConfig, probe: Probe) -> AsyncIterator[Finding]:
    """Findings about AudioSocket and recordings; none where neither is used."""
    if not config.audio_host:
        return
    call_id = uuid.uuid4()
    try:
        async with _listening(config, call_id) as connected:
            with contextlib.suppress(AmiActionRefused):
                await probe.session.send(
                    actions.originate_test(config.audio_host, config.audio_port, call_id, CALL_SECONDS)
                )
            if not await _happens(connected):
                yield _unreachable(config)
                return
            yield ok("pbx.audiosocket", f"The PBX reaches us at {config.audio_host} port {config.audio_port}.")
            async for finding in _check_recording(config, probe, str(call_id)):
                yield finding
    except OSError as error:
        text = f"Port {config.audio_port} could not be opened to be checked (is callcenter running?): {error}."
        yield warn("pbx.audiosocket", text)


def _unreachable(config: PbxCheckConfig) -> Finding:
    address = f"{config.audio_host} port {config.audio_port}"
    return fail(
        "pbx.audiosocket",
        f"The PBX does not reach us at {address}: set our address as it sees it, and open the port in the firewall.",
        "; modules.conf\nload = res_audiosocket.so\nload = chan_audiosocket.so",
    )


async def _happens(event: asyncio.Event) -> bool:
    try:
        await asyncio.wait_for(event.wait(), WAIT_SECONDS)
    except TimeoutError:
        return False
    return True


@asynccontextmanager
async def _listening(config: PbxCheckConfig, call_id: uuid.UUID) -> AsyncIterator[asyncio.Event]:
    """Our side of the call. The first frame of AudioSocket is type 1, length 16, and the id."""
    connected = asyncio.Event()
    ended = asyncio.Event()

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(asyncio.IncompleteReadError, ConnectionError, TimeoutError):
            frame = await asyncio.wait_for(reader.readexactly(19), WAIT_SECONDS)
            if frame == b"\x01\x00\x10" + call_id.bytes:
                connected.set()
                await ended.wait()
        writer.close()

    server = await asyncio.start_server(answer, config.audio_bind, config.audio_port)
    try:
        yield connected
    finally:
        ended.set()
        server.close()


async def _check_recording(config: PbxCheckConfig, probe: Probe, call_id: str) -> AsyncIterator[Finding]:
    if config.recordings_here is None:
        return
    channel = await probe.event("Newchannel", holding=call_id)
    if channel is None:
        yield warn("pbx.recordings", "Recordings could not be checked: events of calls do not reach us.")
        return
    name = f"callcenter-doctor-{call_id}.wav"
    try:
        on_pbx = f"{config.recordings_on_pbx.rstrip('/')}/{name}" if config.recordings_on_pbx else name
        await probe.session.send(actions.mix_monitor(channel.get("Channel"), received=on_pbx))
    except (AmiActionRefused, AmiUnsafeValue) as error:
        yield fail("pbx.recordings", f"The PBX could not start a recording: {error}")
        return
    yield await _recording_found(config, config.recordings_here / name)


async def _recording_found(config: PbxCheckConfig, path: Path) -> Finding:
    for _ in range(round(WAIT_SECONDS / 0.1)):
        if await asyncio.to_thread(path.exists):
            return await asyncio.to_thread(_try_file, path)
        await asyncio.sleep(0.1)
    there = config.recordings_on_pbx or "the folder `monitor` of its spool"
    text = f"What the PBX records in {there} does not appear in {path.parent}: share the folder, or correct its name."
    return fail("pbx.recordings", text)


def _try_file(path: Path) -> Finding:
    try:
        path.read_bytes()
        path.unlink()
    except OSError as error:
        text = f"Recordings appear in {path.parent}, but we may not read or delete them: {error}."
        return fail("pbx.recordings", text)
    return ok("pbx.recordings", f"What the PBX records appears in {path.parent}.")
