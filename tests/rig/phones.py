"""Every handset and every customer: one Asterisk, steered over ARI."""

import asyncio
import itertools
import uuid
from collections.abc import Coroutine
from urllib.parse import urlencode

from tests.rig.ari import APPLICATION, Ari, AriRefused, Event
from tests.rig.legs import WAIT_SECONDS, Leg, time_of


class Phone:
    """What rings at one extension or number."""

    def __init__(self, phones: "Phones", number: str) -> None:
        self._phones = phones
        self.number = number
        self.arrived: asyncio.Queue[Leg] = asyncio.Queue()

    async def rings(self, seconds: float = WAIT_SECONDS) -> Leg:
        """The next incoming call; it rings by itself."""
        try:
            return await asyncio.wait_for(self.arrived.get(), seconds)
        except TimeoutError:
            raise AssertionError(f"{self.number} did not ring within {seconds:g} s") from None

    async def answer(self, after: float = 0.0) -> Leg:
        """Await the next call and pick up when it has rung `after` seconds."""
        leg = await self.rings()
        await leg.answer(after)
        return leg

    async def decline(self, after: float = 0.0) -> Leg:
        leg = await self.rings()
        await leg.decline(after)
        return leg

    async def busy(self, after: float = 0.0) -> Leg:
        leg = await self.rings()
        await leg.busy(after)
        return leg

    async def dial(self, number: str) -> Leg:
        """Call `number` from this extension; returns at once."""
        return await self._phones.dial(f"PJSIP/{number}@{self.number}", self.number, number)


class Phones:
    """The telephones around the PBX."""

    def __init__(self) -> None:
        self._ari: Ari | None = None
        self._legs: dict[str, Leg] = {}
        self._created: dict[str, float] = {}
        self._phones: dict[str, Phone] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._ids = itertools.count(1)
        self.all_legs: list[Leg] = []

    async def connect(self, port: int, secret: str) -> None:
        """OSError or an error of httpx while Asterisk is not ready."""
        self._ari = Ari(port, APPLICATION, secret, self._on_event)
        await self._ari.connect()

    async def close(self) -> None:
        for task in self._tasks:
            task.cancel()
        if self._ari:
            await self._ari.close()

    def phone(self, number: str) -> Phone:
        """The telephone with this extension or number."""
        if number not in self._phones:
            self._phones[number] = Phone(self, number)
        return self._phones[number]

    async def customer_calls(
        self,
        did: str,
        *,
        number: str = "13800138000",
        name: str = "",
        hidden: bool = False,
        asserted: bool = False,
        raw_name: bytes = b"",
    ) -> Leg:
        """A customer dials `did`; returns at once. `hidden` asks for privacy: a plain anonymous From, or with
        `asserted` the real number in P-Asserted-Identity beside `Privacy: id`. `raw_name` is a name that is
        not UTF-8."""
        line = "asserting" if asserted else "customers"
        variables = {"CONNECTEDLINE(num-pres,i)": "prohib", "CONNECTEDLINE(name-pres,i)": "prohib"} if hidden else {}
        caller = b'"%s" <%s>' % (raw_name or name.encode(), number.encode())
        return await self.dial(f"PJSIP/{did}@{line}", number, did, caller=caller, variables=variables)

    async def dial(
        self, endpoint: str, party: str, dialled: str, caller: bytes = b"", variables: dict[str, str] | None = None
    ) -> Leg:
        """Start a call from `endpoint`."""
        channel = f"leg-{next(self._ids)}-{uuid.uuid4().hex[:8]}"
        leg = Leg(ari=self.ari, channel=channel, party=party, dialled=dialled)
        self._add(leg)
        parameters = {"endpoint": endpoint, "app": APPLICATION, "appArgs": "out", "timeout": "-1"}
        query = urlencode({**parameters, "callerId": caller} if caller else parameters)
        await self.ari.call_with_variables(f"/channels/{channel}?{query}", variables or {})
        return leg

    async def hang_up_everything(self) -> None:
        """End whatever is still up, and forget what came before."""
        for channel in await self.ari.call("GET", "/channels"):
            try:
                await self.ari.call("DELETE", f"/channels/{channel['id']}")
            except AriRefused:
                continue  # gone meanwhile
        while await self.ari.call("GET", "/channels"):
            await asyncio.sleep(0.05)
        self._legs.clear()
        self._created.clear()
        self.all_legs.clear()
        for phone in self._phones.values():
            phone.arrived = asyncio.Queue()

    @property
    def ari(self) -> Ari:
        assert self._ari is not None, "the phones are not connected"
        return self._ari

    def _add(self, leg: Leg) -> None:
        self._legs[leg.channel] = leg
        self.all_legs.append(leg)

    def _on_event(self, event: Event) -> None:
        kind = event["type"]
        if kind in ("PlaybackStarted", "PlaybackFinished"):
            channel_id = event["playback"]["target_uri"].removeprefix("channel:")
        else:
            channel_id = event.get("channel", {}).get("id", "")
        if kind == "ChannelCreated":
            self._created[channel_id] = time_of(event)
            if channel_id in self._legs:
                self._legs[channel_id].created_at = time_of(event)
        elif kind == "StasisStart":
            self._run(self._enter(event, channel_id))
        if channel_id in self._legs:
            self._legs[channel_id].observe(event)

    async def _enter(self, event: Event, channel_id: str) -> None:
        """A leg came under ARI's control: an incoming call, or one of ours that was answered."""
        known = self._legs.get(channel_id)
        if known is not None:
            if known.answered_at is not None:
                await self.ari.call("POST", f"/channels/{channel_id}/silence")
            return
        number, channel = event["args"][0], event["channel"]
        leg = Leg(ari=self.ari, channel=channel_id, party=number, created_at=self._created.get(channel_id))
        leg.caller = (channel["caller"]["name"], channel["caller"]["number"])
        self._add(leg)
        await leg.ring()
        self.phone(number).arrived.put_nowait(leg)

    def _run(self, work: Coroutine[None, None, None]) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._finished)

    def _finished(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (error := task.exception()) and not isinstance(error, AriRefused):
            raise error
