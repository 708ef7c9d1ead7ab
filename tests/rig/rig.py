"""The whole rig: a PBX to be observed, telephones around it, and hands on both."""

import asyncio
import secrets
import shutil
import tempfile
from collections.abc import Awaitable, Callable
from pathlib import Path
from types import TracebackType
from typing import Self

import httpx
from websockets.exceptions import InvalidHandshake

from tests.rig.ami_driver import ActionFailed, AmiDriver
from tests.rig.ari import AriRefused
from tests.rig.config_files import documented_rights, pbx_agents, phone_agents, write_config
from tests.rig.install import Installation, find_asterisk
from tests.rig.legs import Leg
from tests.rig.phones import Phone, Phones
from tests.rig.ports import RTP_PORTS, choose_ports
from tests.rig.process import AsteriskFailed, AsteriskProcess
from tests.rig.proxy import Proxy
from tests.rig.sip_caller import SipCaller

EXTENSIONS = ("1001", "1002", "1003", "1004", "1005")
START_SECONDS = 40.0


class Rig:
    """`async with Rig() as rig:`; everything is on loopback, in one temporary folder, and gone afterwards.

    `timestamps` and `channelvars` set manager.conf's `timestampevents` and `channelvars`; `parking_seconds` is how
    long a parked call waits before it comes back."""

    ami_host = "127.0.0.1"
    ami_user = "callcenter"

    def __init__(
        self,
        folder: Path | None = None,
        *,
        timestamps: bool = True,
        channelvars: str = "MIXMONITOR_FILENAME",
        parking_seconds: int = 45,
    ) -> None:
        self._installation: Installation = find_asterisk()
        # A short path of our own: Asterisk's control socket may be no longer than 107 bytes.
        self._temporary = folder is None
        self.folder = folder or Path(tempfile.mkdtemp(prefix="rig-"))
        self._ports = choose_ports()
        self._values = {
            "secret": secrets.token_hex(8),
            "timestamps": "yes" if timestamps else "no",
            "channelvars": f"channelvars = {channelvars}" if channelvars else "",
            "parking_seconds": str(parking_seconds),
            "callcenter_rights": documented_rights(),
        }
        self.recordings_dir = self.folder / "recordings"
        self._pbx = AsteriskProcess(self._installation, self.folder / "pbx")
        self._handsets = AsteriskProcess(self._installation, self.folder / "phones")
        self._driver: AmiDriver | None = None
        self.phones = Phones()
        self.customer_calls = self.phones.customer_calls
        self.ami_proxy = Proxy(self._ports.ami)

    # ---- what a test needs to know

    @property
    def ami_port(self) -> int:
        """The manager port itself; `ami_proxy.port` is the one that can be cut."""
        return self._ports.ami

    @property
    def ami_secret(self) -> str:
        return self._values["secret"]

    @property
    def pbx_pid(self) -> int:
        return self._pbx.pid

    @property
    def ami(self) -> AmiDriver:
        """The rig's own hand on the PBX."""
        assert self._driver is not None, "the PBX is not up"
        return self._driver

    def sip_uri(self, user: str) -> str:
        """`user` at the PBX."""
        return f"sip:{user}@127.0.0.1:{self._ports.sip}"

    # ---- telephones

    def phone(self, number: str) -> Phone:
        """The telephone with this extension or outside number."""
        return self.phones.phone(number)

    async def sip_call(self, did: str, from_header: str) -> SipCaller:
        """A customer whose From header is written by hand, as `<sip:127.0.0.2>`; returns at once."""
        leg = Leg(ari=self.phones.ari, channel="", party="", dialled=did)
        caller = SipCaller(leg, self._ports.sip, from_header)
        await caller.call()
        return caller

    async def refer(self, leg: Leg, extension: str) -> None:
        """Blind transfer by the phone."""
        await leg.refer(self.sip_uri(extension))

    async def refer_to_call(self, leg: Leg, consultation: Leg) -> None:
        """Attended transfer by the phone: the other side of `leg` gets the other side of `consultation`."""
        await leg.refer_to_call(consultation, self.sip_uri(consultation.dialled))

    # ---- the PBX

    async def pbx_channel(self, party: str) -> str:
        """The name of the one PBX channel of an extension, or of the trunk with `trunk`."""
        lines = (await self.ami.command("core show channels concise")).splitlines()
        names = [line.split("!")[0] for line in lines if line.startswith(f"PJSIP/{party}-")]
        assert len(names) == 1, f"{party} has {len(names)} channels at the PBX: {names}"
        return names[0]

    async def start_pbx(self) -> None:
        """Start the PBX again and wait until it serves and every phone is registered."""
        await self._pbx.start()
        await self._until_ready(self._pbx, self._log_in)
        # A crash may lose registrations that were not on disk yet; a phone would only repeat its own after an hour.
        phones = await AmiDriver.connect(self._ports.phones_ami, "driver", self.ami_secret)
        await phones.action("PJSIPRegister", Registration="*all")
        await phones.close()
        await self._until_ready(self._pbx, self._registered)

    async def stop_pbx(self) -> None:
        """Shut the PBX down in good order."""
        await self._drop_driver()
        await self._pbx.stop()

    async def kill_pbx(self) -> None:
        """SIGKILL: a crash."""
        await self._drop_driver()
        await self._pbx.kill()

    async def quiet(self) -> None:
        """Hang up whatever is left and wait until the PBX has no channel."""
        await self.phones.hang_up_everything()
        while "0 active channels" not in await self.ami.command("core show channels count"):
            await asyncio.sleep(0.1)

    # ---- starting and stopping

    async def __aenter__(self) -> Self:
        try:
            await self._start()
        except BaseException:
            await self._stop()
            raise
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._stop()

    async def _start(self) -> None:
        self.recordings_dir.mkdir(parents=True, exist_ok=True)
        self._write_configs()
        await self._pbx.start()
        await self._until_ready(self._pbx, self._log_in)
        await self._handsets.start()
        await self._until_ready(self._handsets, lambda: self.phones.connect(self._ports.ari, self.ami_secret))
        await self._until_ready(self._handsets, self._registered)
        await self.ami_proxy.start()

    async def _stop(self) -> None:
        await self.ami_proxy.close()
        await self.phones.close()
        await self.stop_pbx()
        await self._handsets.stop()
        if self._temporary:
            shutil.rmtree(self.folder, ignore_errors=True)

    def _write_configs(self) -> None:
        ports = self._ports
        common = self._values | {
            "ami_port": str(ports.ami),
            "phones_ami_port": str(ports.phones_ami),
            "ari_port": str(ports.ari),
            "sip_port": str(ports.sip),
            "phones_port": str(ports.phones),
            "carrier_port": str(ports.carrier),
            "modules": str(self._installation.modules),
            "data": str(self._installation.data),
            "sounds": str(self._installation.sounds),
            "recordings": str(self.recordings_dir),
        }
        self._write("pbx", ports.pbx_rtp, common | {"agents": pbx_agents(EXTENSIONS)})
        self._write("phones", ports.phones_rtp, common | {"agents": phone_agents(EXTENSIONS, ports.sip)})

    def _write(self, kind: str, rtp: int, values: dict[str, str]) -> None:
        folder = self.folder / kind
        own = {
            "etc": str(folder / "etc"),
            "var": str(folder / "var"),
            "rtp_start": str(rtp),
            "rtp_end": str(rtp + RTP_PORTS - 1),
        }
        write_config(kind, folder / "etc", values | own)

    async def _until_ready(self, process: AsteriskProcess, ready: Callable[[], Awaitable[object]]) -> None:
        """Try `ready` until it does not raise."""
        loop = asyncio.get_running_loop()
        deadline = loop.time() + START_SECONDS
        while True:
            try:
                await ready()
                return
            except (OSError, ActionFailed, AriRefused, httpx.TransportError, InvalidHandshake, EOFError) as error:
                if loop.time() > deadline or not process.is_running:
                    raise AsteriskFailed(f"{error!r}; Asterisk said:\n{process.what_it_said()}") from error
            await asyncio.sleep(0.1)

    async def _log_in(self) -> None:
        driver = await AmiDriver.connect(self._ports.ami, "driver", self.ami_secret)
        if "Asterisk has fully booted" not in await driver.command("core waitfullybooted"):
            raise ActionFailed("Asterisk is still starting")
        self._driver = driver

    async def _registered(self) -> None:
        contacts = await self.ami.command("pjsip show contacts")
        missing = [ext for ext in EXTENSIONS if f"Contact:  {ext}/" not in contacts]
        if missing:
            raise ActionFailed(f"phones not registered: {', '.join(missing)}\n{contacts}")

    async def _drop_driver(self) -> None:
        if self._driver:
            await self._driver.close()
            self._driver = None
