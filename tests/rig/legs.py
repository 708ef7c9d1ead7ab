"""One leg: a handset's or a customer's side of a call, steered over ARI and observed from there. Nothing here
knows AMI, so what a leg remembers is the truth that AMI's version is compared with."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from tests.rig.ari import Ari, AriRefused, Event

BUSY, REJECTED = 17, 21
"""Q.850 causes; Asterisk's handset sends 486 and 403 for them."""
WAIT_SECONDS = 30.0


@dataclass(slots=True, kw_only=True, eq=False)
class Leg:
    """Times are Unix seconds, from the handset's Asterisk; None = has not happened."""

    ari: Ari
    channel: str
    party: str
    """The extension or number whose leg this is."""
    dialled: str = ""
    """What it dialled; empty for an incoming leg."""
    created_at: float | None = None
    ringing_at: float | None = None
    answered_at: float | None = None
    ended_at: float | None = None
    cause: int | None = None
    hung_up_at: float | None = None
    """When this party itself hung up, declined or cancelled."""
    refused: str = ""
    """`busy`, `declined` or `forwarded`, when this party said so."""
    transferred_at: float | None = None
    """When it sent a REFER that was accepted."""
    caller: tuple[str, str] = ("", "")
    """Name and number on the display."""
    digits: str = ""
    """Digits heard."""
    holds: list[tuple[float, float]] = field(default_factory=list)
    """Beginning and end of each hold by this party."""
    _changed: asyncio.Event = field(default_factory=asyncio.Event)
    _held_at: float | None = None
    _playbacks: dict[str, asyncio.Event] = field(default_factory=dict)

    # ---- what the party does

    async def ring(self) -> None:
        await self._post("ring")

    async def answer(self, after: float = 0.0) -> None:
        """Pick up after `after` seconds, and send sound from then on as a telephone does."""
        await asyncio.sleep(after)
        await self._post("answer")
        await self.wait_up()
        await self._post("silence")

    async def busy(self, after: float = 0.0) -> None:
        await self._refuse("busy", BUSY, after)

    async def decline(self, after: float = 0.0) -> None:
        await self._refuse("declined", REJECTED, after)

    async def forward(self, target: str, after: float = 0.0) -> None:
        """Answer the INVITE with 302 Moved Temporarily to `target` (a SIP URI)."""
        await asyncio.sleep(after)
        self.refused = "forwarded"
        await self._continue("forward", target)

    async def hangup(self, after: float = 0.0) -> None:
        """Hang up, or give up while it rings."""
        await asyncio.sleep(after)
        self.hung_up_at = now()
        try:
            await self.ari.call("DELETE", f"/channels/{self.channel}")
        except AriRefused:
            self.hung_up_at = None  # the other side was faster
        await self.wait_ended()

    async def hold(self) -> None:
        """Put the other side on hold by re-INVITE."""
        self._held_at = now()
        await self._post("hold")

    async def unhold(self) -> None:
        await self.ari.call("DELETE", f"/channels/{self.channel}/hold")
        self.end_hold(now())
        await self._post("silence")

    async def dtmf(self, digits: str) -> None:
        """Press keys (RFC 4733): 100 ms each, 100 ms between."""
        await self._post("dtmf", dtmf=digits, duration="100", between="100")

    async def start_playing(self, wav: Path) -> str:
        """Speak a WAV (8 kHz, 16 bit, mono) into the call; the playback's id."""
        answer = await self._post("play", media=f"sound:{wav.absolute().with_suffix('')}")
        playback: str = answer["id"]
        self._playbacks.setdefault(playback, asyncio.Event())
        return playback

    async def play(self, wav: Path) -> None:
        """Speak a WAV and return when it is over (or the leg is gone)."""
        playback = await self.start_playing(wav)
        done = asyncio.create_task(self._playbacks[playback].wait())
        gone = asyncio.create_task(self.wait_ended(3600))
        await asyncio.wait({done, gone}, return_when=asyncio.FIRST_COMPLETED)
        done.cancel()
        gone.cancel()
        if self.ended_at is None:
            await self._post("silence")

    async def refer(self, target: str) -> None:
        """Transfer the other side to `target` (a SIP URI) by REFER."""
        self.transferred_at = now()
        await self._continue("refer", target)

    async def refer_to_call(self, other: "Leg", target: str) -> None:
        """Attended transfer: REFER with Replaces, naming the dialog of `other`, to `target` (`sip:user@host:port`)."""
        call_id, local, remote = [
            await other.variable(f"CHANNEL(pjsip,{name})") for name in ("call-id", "local_tag", "remote_tag")
        ]
        # %3B and %3D are ; and =, escaped as they stand inside a URI's header part.
        replaces = f"{call_id.replace('@', '%40')}%3Bto-tag%3D{remote}%3Bfrom-tag%3D{local}"
        self.end_hold(now())
        await self.refer(f"<{target}?Replaces={replaces}>")

    async def variable(self, name: str) -> str:
        """A channel variable or function's value."""
        answer = await self.ari.call("GET", f"/channels/{self.channel}/variable", variable=name)
        value: str = answer["value"]
        return value

    # ---- waiting

    async def wait_ringing(self, seconds: float = WAIT_SECONDS) -> None:
        """Until the far end rings."""
        await self._until(lambda: self.ringing_at or self.answered_at or self.ended_at, "ringing", seconds)

    async def wait_up(self, seconds: float = WAIT_SECONDS) -> None:
        """Until it is answered; AssertionError when it ended instead."""
        await self._until(lambda: self.answered_at or self.ended_at, "answered", seconds)
        assert self.answered_at is not None, f"{self.party}'s leg ended (cause {self.cause}), it was not answered"

    async def wait_ended(self, seconds: float = WAIT_SECONDS) -> None:
        """Until it is gone."""
        await self._until(lambda: self.ended_at, "ended", seconds)

    # ---- what is observed

    def observe(self, event: Event) -> None:
        """Take one ARI event of this leg's channel."""
        at = time_of(event)
        kind = event["type"]
        if kind == "ChannelStateChange":
            state = event["channel"]["state"]
            if state == "Ringing":
                self.ringing_at = self.ringing_at or at
            elif state == "Up":
                self.answered_at = self.answered_at or at
        elif kind == "ChannelDtmfReceived":
            self.digits += event["digit"]
        elif kind == "ChannelDestroyed":
            self.end_hold(at)
            self.ended_at, self.cause = at, event["cause"]
        elif kind == "PlaybackFinished":
            self._playbacks.setdefault(event["playback"]["id"], asyncio.Event()).set()
        self._changed.set()

    def end_hold(self, at: float) -> None:
        if self._held_at is not None:
            self.holds.append((self._held_at, at))
            self._held_at = None

    # ---- details

    async def _until(self, ready: Callable[[], float | None], what: str, seconds: float) -> None:
        try:
            async with asyncio.timeout(seconds):
                while not ready():
                    self._changed.clear()
                    await self._changed.wait()
        except TimeoutError:
            raise AssertionError(f"{self.party}'s leg was not {what} within {seconds:g} s: {self!r}") from None

    async def _refuse(self, how: str, cause: int, after: float) -> None:
        await asyncio.sleep(after)
        self.refused, self.hung_up_at = how, now()
        await self.ari.call("DELETE", f"/channels/{self.channel}", reason_code=str(cause))
        await self.wait_ended()

    async def _continue(self, context: str, target: str) -> None:
        await self._post("variable", variable="REFER_TO", value=f"PJSIP/{target}")
        await self._post("continue", context=context, extension="s", priority="1")

    async def _post(self, what: str, **parameters: str) -> Event:
        answer = await self.ari.call("POST", f"/channels/{self.channel}/{what}", **parameters)
        return answer or {}


def time_of(event: Event) -> float:
    """An ARI event's time in Unix seconds."""
    return datetime.fromisoformat(event["timestamp"]).timestamp()


def now() -> float:
    return datetime.now().astimezone().timestamp()
