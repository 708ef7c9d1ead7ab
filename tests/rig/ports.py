"""Free ports on loopback, chosen at run time so that another Asterisk may run beside the rig."""

import random
import socket
from dataclasses import dataclass

RTP_PORTS = 400
"""Size of one instance's range of RTP ports: two a leg."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ports:
    """Every port of one rig. SIP of the PBX and the handsets is on 127.0.0.1, the carrier's on 127.0.0.2."""

    ami: int
    phones_ami: int
    ari: int
    sip: int
    phones: int
    carrier: int
    pbx_rtp: int
    phones_rtp: int


def choose_ports() -> Ports:
    """Ports that are free now."""
    return Ports(
        ami=_free(socket.SOCK_STREAM, "127.0.0.1"),
        phones_ami=_free(socket.SOCK_STREAM, "127.0.0.1"),
        ari=_free(socket.SOCK_STREAM, "127.0.0.1"),
        sip=_free(socket.SOCK_DGRAM, "127.0.0.1"),
        phones=_free(socket.SOCK_DGRAM, "127.0.0.1"),
        carrier=_free(socket.SOCK_DGRAM, "127.0.0.2"),
        pbx_rtp=_free_range(10_000, 19_000),
        phones_rtp=_free_range(20_000, 29_000),
    )


def _free(kind: socket.SocketKind, address: str) -> int:
    with socket.socket(socket.AF_INET, kind) as probe:
        probe.bind((address, 0))
        port: int = probe.getsockname()[1]
        return port


def _free_range(low: int, high: int) -> int:
    """The first port of an unused range, below the kernel's ephemeral ports."""
    starts = list(range(low, high, RTP_PORTS))
    random.shuffle(starts)
    for start in starts:
        if all(_is_free(port) for port in range(start, start + RTP_PORTS, 20)):
            return start
    raise OSError(f"no {RTP_PORTS} free UDP ports between {low} and {high}")


def _is_free(port: int) -> bool:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True
