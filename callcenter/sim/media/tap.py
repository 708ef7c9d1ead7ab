"""One tap, as Originate of AudioSocket/HOST:PORT/UUID to ChanSpy makes it: a channel of its own that sends what one
party says to an AudioSocket server. To Wait instead of ChanSpy it is a silent test call."""

import asyncio
import contextlib
from dataclasses import dataclass
from uuid import UUID

from callcenter.sim.media.sound import FRAME_BYTES, Sound
from callcenter.sim.switch import events
from callcenter.sim.switch.model import Channel, ChannelState, Party
from callcenter.sim.switch.switch import Switch

SPY_AFTER_SECONDS = 0.1
"""ChanSpy's fixed pause before it listens (measured on Asterisk 22.10.1)."""
CONNECT_SECONDS = 2.0
"""Asterisk's limit for the connection (MAX_CONNECT_TIMEOUT_MSEC of res_audiosocket.c)."""
UUID_FRAME = b"\x01\x00\x10"
SLIN_FRAME = b"\x10" + FRAME_BYTES.to_bytes(2, "big")
MOST_BYTES_WAITING = 64 * 1024
"""Of a server that does not read; more is dropped, as a real-time source drops it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TapOrder:
    """What the Originate says."""

    host: str
    port: int
    stream: UUID
    application: str
    """`ChanSpy` or `Wait`."""
    data: str
    """For ChanSpy the channel to listen to and the options, for Wait seconds."""
    action_id: str

    @property
    def spied(self) -> str:
        """Name of the channel to listen to."""
        return self.data.partition(",")[0]

    @property
    def dial_string(self) -> str:
        """As in the Channel header, after the technology."""
        return f"{self.host}:{self.port}/{self.stream}"


async def run_tap(switch: Switch, sound: Sound, order: TapOrder) -> None:
    """Lives until the spied channel is gone or the server closes the connection."""
    channel = _begin(switch, order)
    try:
        reader, writer = await asyncio.wait_for(asyncio.open_connection(order.host, order.port), CONNECT_SECONDS)
    except (OSError, TimeoutError):
        _failed(switch, channel, order)
        return
    try:
        with contextlib.suppress(TimeoutError):
            await _listen(switch, sound, order, channel, reader, writer)
    finally:
        switch.hang_up(channel, 0)
        writer.close()
        with contextlib.suppress(OSError):
            await writer.wait_closed()


def _begin(switch: Switch, order: TapOrder) -> Channel:
    name = f"AudioSocket/{order.host}:{order.port}-{order.stream}"
    channel = switch.new_channel("AudioSocket", caller=Party(), context="default", exten="s", name=name)
    channel.application, channel.application_data = "AppDial2", "(Outgoing Line)"
    switch.emit(events.dial("DialBegin", None, channel, ("DialString", order.dial_string)))
    return channel


def _failed(switch: Switch, channel: Channel, order: TapOrder) -> None:
    switch.emit(events.dial("DialEnd", None, channel, ("DialStatus", "CHANUNAVAIL")))
    switch.hang_up(channel, 0)
    switch.emit(events.originate_response(channel, order.action_id, _where(channel, order), reason=1))


def _where(channel: Channel, order: TapOrder) -> events.Headers:
    return [("Channel", channel.name), ("Application", order.application), ("Data", order.data)]


async def _listen(
    switch: Switch,
    sound: Sound,
    order: TapOrder,
    channel: Channel,
    reader: asyncio.StreamReader,
    writer: asyncio.StreamWriter,
) -> None:
    writer.write(UUID_FRAME + order.stream.bytes)
    switch.set_state(channel, ChannelState.UP)
    channel.application, channel.application_data = order.application, order.data
    switch.emit(events.originate_response(channel, order.action_id, _where(channel, order), reason=4))
    switch.emit(events.dial("DialEnd", None, channel, ("DialStatus", "ANSWER")))
    if order.application == "Wait":
        await asyncio.wait_for(_closed(reader), float(order.data) / switch.clock.speed)
        return
    await switch.clock.sleep(SPY_AFTER_SECONDS)
    spied = switch.channels.get(order.spied)
    if spied is None:
        return
    switch.emit(events.chan_spy("ChanSpyStart", channel, spied))
    stop = sound.listen(spied, lambda frame: _send(writer, frame))
    gone = _gone(switch, channel, spied)
    closed = asyncio.ensure_future(_closed(reader))
    try:
        await asyncio.wait({gone, closed}, return_when=asyncio.FIRST_COMPLETED)
    finally:
        stop()
        closed.cancel()
        if not gone.done():
            gone.cancel()
            switch.emit(events.chan_spy("ChanSpyStop", channel, spied))


def _gone(switch: Switch, channel: Channel, spied: Channel) -> "asyncio.Future[None]":
    """Done when either channel is hung up; ChanSpyStop comes before the spied channel's Hangup."""
    gone: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def watch(ended: Channel) -> None:
        if ended in (spied, channel) and not gone.done():
            switch.emit(events.chan_spy("ChanSpyStop", channel, spied))
            gone.set_result(None)

    switch.watchers.append(watch)
    gone.add_done_callback(lambda _: switch.watchers.remove(watch))
    return gone


async def _closed(reader: asyncio.StreamReader) -> None:
    """What the server sends back is sound for the spyer, which nobody hears; a hang-up frame or the end counts."""
    with contextlib.suppress(OSError, asyncio.IncompleteReadError):
        while header := await reader.readexactly(3):
            if header[0] == 0:
                return
            await reader.readexactly(int.from_bytes(header[1:], "big"))


def _send(writer: asyncio.StreamWriter, frame: bytes) -> None:
    if writer.transport.get_write_buffer_size() < MOST_BYTES_WAITING:
        writer.write(SLIN_FRAME + frame)
