"""The socket under the link: TCP or TLS, by name, IPv4 or IPv6, readable and writable from two threads."""

import contextlib
import hashlib
import hmac
import selectors
import socket
import ssl
import threading
import time

from callcenter.ami.config import AmiConfig
from callcenter.ami.errors import AmiLinkLost, AmiProtocolError

READ_BYTES = 1 << 16
KEEPALIVE_SECONDS = 30
_NOT_READY = (BlockingIOError, ssl.SSLWantReadError, ssl.SSLWantWriteError)


class Transport:
    """One connection. One thread reads, any thread writes.

    The socket is non-blocking and each call on it is made under a lock, because one TLS object must not be used
    by two threads at once; nobody waits while holding that lock, so a silent PBX never blocks a writer."""

    def __init__(self, sock: socket.socket) -> None:
        sock.setblocking(False)
        self._socket = sock
        self._socket_lock = threading.Lock()
        self._write_lock = threading.Lock()
        self._closed = False

    def read(self) -> bytes:
        """The next bytes, waiting for them as long as it takes; empty when the connection has ended."""
        while not self._closed:
            try:
                with self._socket_lock:
                    return self._socket.recv(READ_BYTES)
            except _NOT_READY:
                self._wait(selectors.EVENT_READ, None)
            except (OSError, ValueError) as error:
                if self._closed:
                    break
                raise AmiLinkLost(f"The connection to the PBX broke: {error}.") from error
        return b""

    def write(self, data: bytes, timeout: float) -> None:
        """Send all of `data`. A line sent by half cannot be taken back, so the connection is closed when it fails."""
        deadline = time.monotonic() + timeout
        rest = memoryview(data)
        with self._write_lock:
            while rest:
                rest = rest[self._write_some(rest, deadline) :]

    def _write_some(self, rest: memoryview, deadline: float) -> int:
        try:
            with self._socket_lock:
                return self._socket.send(rest)
        except _NOT_READY:
            left = deadline - time.monotonic()
            if left <= 0 or not self._wait(selectors.EVENT_WRITE, left):
                self.close()
                raise AmiLinkLost("The PBX takes no more data.") from None
            return 0
        except (OSError, ValueError) as error:
            self.close()
            raise AmiLinkLost(f"The connection to the PBX broke: {error}.") from error

    def _wait(self, event: int, timeout: float | None) -> bool:
        if self._closed:
            return True
        try:
            with selectors.DefaultSelector() as selector:
                selector.register(self._socket, event)
                return bool(selector.select(timeout))
        except (OSError, ValueError):
            # Closed by the other thread between the check and the wait; the next call on the socket says so.
            return True

    def close(self) -> None:
        """End the connection and wake the reader. May be called from any thread, and twice."""
        self._closed = True
        with contextlib.suppress(OSError, ValueError):
            # Not SSLSocket.shutdown, which would let a reader fall back to the raw bytes.
            socket.socket.shutdown(self._socket, socket.SHUT_RDWR)

    def release(self) -> None:
        """Give the socket back to the system; only the reader does it, when it reads no more."""
        self.close()
        with self._socket_lock, contextlib.suppress(OSError):
            self._socket.close()


def open_transport(config: AmiConfig) -> Transport:
    """Connect, within the configured time for every step. Blocks. Raises AmiLinkLost, AmiProtocolError."""
    try:
        sock = socket.create_connection((config.host, config.port), timeout=config.connect_timeout)
    except (OSError, UnicodeError, OverflowError) as error:  # The latter two: no possible name, or port.
        raise AmiLinkLost(f"No connection to {config.host} port {config.port}: {error}.") from error
    try:
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
        if hasattr(socket, "TCP_KEEPIDLE"):
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPIDLE, KEEPALIVE_SECONDS)
        return Transport(_with_tls(sock, config) if config.tls else sock)
    except (OSError, ValueError) as error:
        sock.close()
        raise AmiProtocolError(f"No TLS with {config.host} port {config.port}: {error}.") from error
    except AmiProtocolError:
        sock.close()
        raise


def _with_tls(sock: socket.socket, config: AmiConfig) -> ssl.SSLSocket:
    context = ssl.create_default_context(cafile=config.tls_ca_file)
    if config.tls_fingerprint:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE  # The pinned certificate below is the stricter check.
    wrapped = context.wrap_socket(sock, server_hostname=config.tls_server_name or config.host)
    if config.tls_fingerprint:
        _check_fingerprint(wrapped, config.tls_fingerprint)
    return wrapped


def _check_fingerprint(wrapped: ssl.SSLSocket, expected: str) -> None:
    found = hashlib.sha256(wrapped.getpeercert(binary_form=True) or b"").hexdigest()
    if not hmac.compare_digest(found, expected.replace(":", "").strip().lower()):
        wrapped.close()
        raise AmiProtocolError(f"The PBX's certificate has the SHA-256 fingerprint {found}, not the configured one.")
