"""A customer whose SIP is written by hand, for callers that Asterisk's own handsets cannot play: a From without a
user part, headers of odd switches. One call, no sound."""

import asyncio
import re
import uuid

from tests.rig.legs import Leg, now

ADDRESS = "127.0.0.2"
"""The PBX knows the trunk by this address."""

SDP = (
    f"v=0\r\no=- 1 1 IN IP4 {ADDRESS}\r\ns=-\r\nc=IN IP4 {ADDRESS}\r\nt=0 0\r\n"
    "m=audio 9 RTP/AVP 0\r\na=rtpmap:0 PCMU/8000\r\n"
)


class SipCaller(asyncio.DatagramProtocol):
    """`leg` is what this customer has seen; its own methods do not apply."""

    def __init__(self, leg: Leg, sip_port: int, from_header: str) -> None:
        self.leg = leg
        self._target = ("127.0.0.1", sip_port)
        self._uri = f"sip:{leg.dialled}@127.0.0.1:{sip_port}"
        self._from = from_header
        self._call_id = uuid.uuid4().hex
        self._to = f"<{self._uri}>"
        self._branch = "z9hG4bK" + uuid.uuid4().hex
        self._transport: asyncio.DatagramTransport | None = None
        self._answered = asyncio.Event()
        self._ended = asyncio.Event()

    async def call(self) -> None:
        """Send the INVITE."""
        loop = asyncio.get_running_loop()
        self._transport, _ = await loop.create_datagram_endpoint(lambda: self, local_addr=(ADDRESS, 0))
        self.leg.created_at = now()
        self._request("INVITE", 1, self._branch, SDP)

    async def wait_up(self) -> None:
        await asyncio.wait_for(self._answered.wait(), 30)

    async def hangup(self) -> None:
        """BYE."""
        self.leg.hung_up_at = now()
        self._request("BYE", 2, "z9hG4bK" + uuid.uuid4().hex)
        await asyncio.wait_for(self._ended.wait(), 10)
        if self._transport:
            self._transport.close()

    def datagram_received(self, data: bytes, _address: tuple[str | int, int]) -> None:
        """Take a response; no requests come while the call is simple."""
        text = data.decode(errors="replace")
        status = re.match(r"SIP/2\.0 (\d{3})", text)
        method = re.search(r"^CSeq: *\d+ (\w+)", text, re.MULTILINE)
        if status is None or method is None or status[1] < "200":
            return
        if method[1] == "INVITE":
            self._take_final(text, status[1])
        elif method[1] == "BYE":
            self.leg.ended_at = now()
            self._ended.set()

    def _take_final(self, text: str, status: str) -> None:
        if found := re.search(r"^To: *(.+?)\r$", text, re.MULTILINE):
            self._to = found[1]
        # The ACK of a success is a transaction of its own, that of a refusal the INVITE's (RFC 3261 §17.1.1.3).
        branch = "z9hG4bK" + uuid.uuid4().hex if status.startswith("2") else self._branch
        self._request("ACK", 1, branch)
        if status.startswith("2"):
            self.leg.answered_at = self.leg.answered_at or now()
            self._answered.set()
        else:
            self.leg.ended_at = now()
            self._ended.set()

    def _request(self, method: str, number: int, branch: str, body: str = "") -> None:
        assert self._transport is not None, "the call was not started"
        port = self._transport.get_extra_info("sockname")[1]
        lines = [
            f"{method} {self._uri} SIP/2.0",
            f"Via: SIP/2.0/UDP {ADDRESS}:{port};branch={branch};rport",
            "Max-Forwards: 70",
            f"From: {self._from};tag={self._call_id[:8]}",
            f"To: {self._to}",
            f"Call-ID: {self._call_id}",
            f"CSeq: {number} {method}",
            f"Contact: <sip:{ADDRESS}:{port}>",
            *(["Content-Type: application/sdp"] if body else []),
            f"Content-Length: {len(body)}",
        ]
        self._transport.sendto("\r\n".join([*lines, "", body]).encode(), self._target)
