"""Our own address as the PBX reaches it."""

import socket

from callcenter.core.errors import ConfigError, Unavailable
from callcenter.settings import Settings


def audio_address(settings: Settings) -> tuple[str, int | None]:
    """Host and port the PBX dials for live audio; port None = the one listened on. Raises `ConfigError` for a
    setting that is no address, `Unavailable` when the PBX's name is not known."""
    told = settings.listen.advertise
    if not told:
        return address_towards(settings.pbx.host, settings.pbx.port), None
    host, _, port = told.rpartition(":")
    if not host:
        return told, None
    if not port.isdigit():
        raise ConfigError(f"listen.advertise: write host or host:port, not {told!r}")
    return host.strip("[]"), int(port)


def address_towards(host: str, port: int) -> str:
    """The address of ours that packets to `host` leave from. Nothing is sent (a UDP socket is only connected)."""
    try:
        family, kind, *_, target = socket.getaddrinfo(host, port, type=socket.SOCK_DGRAM)[0]
        with socket.socket(family, kind) as probe:
            probe.connect(target)
            return str(probe.getsockname()[0])
    except OSError as error:
        raise Unavailable(f"the PBX {host!r} is not known on this network ({error}): check [pbx] host") from error
