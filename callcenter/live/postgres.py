"""The hub over PostgreSQL: notices published by any process reach the pages of every process (LISTEN/NOTIFY).

NOTIFY keeps nothing for who is not listening: after a lost connection every reader is told to resync."""

import json
import logging
import queue
import threading
import time
from collections.abc import Callable, Mapping

import psycopg

from callcenter.live.hub import Hub
from callcenter.live.notices import RESYNC, Json

CHANNEL = "callcenter_live"
PAYLOAD_BYTES = 7900
"""PostgreSQL refuses payloads of 8,000 bytes and more."""
OUTBOX = 10_000
"""Notices waiting to be sent while the database is away; beyond, the oldest are dropped and readers resync."""
LONGEST_WAIT_SECONDS = 30.0
POLL_SECONDS = 0.5
"""How soon a stop is noticed."""

log = logging.getLogger(__name__)


class PostgresHub(Hub):
    """A hub whose notices travel through the database. `start` it before use, `close` it at the end."""

    def __init__(self, url: str, *, clock: Callable[[], float] = time.time, epoch: str = "") -> None:
        super().__init__(clock=clock, epoch=epoch)
        # SQLAlchemy's way of naming the driver is not libpq's.
        self._url = url.replace("postgresql+psycopg://", "postgresql://", 1)
        self._outbox: queue.Queue[str] = queue.Queue(OUTBOX)
        self._stop = threading.Event()
        self._listening = threading.Event()
        self._threads = [
            threading.Thread(target=self._keep, args=(work,), name=name, daemon=True)
            for name, work in (("live-send", self._send), ("live-listen", self._listen))
        ]

    def start(self, wait_seconds: float = 10.0) -> None:
        """Connect; returns when notices arrive, or after `wait_seconds`, and goes on trying behind."""
        for thread in self._threads:
            thread.start()
        self._listening.wait(wait_seconds)

    def publish(self, topic: str, kind: str, data: Mapping[str, Json]) -> None:
        """Tell every process's subscribers of `topic`. Never blocks; may be called from any thread."""
        payload = encode(topic, kind, data)
        while True:
            try:
                self._outbox.put_nowait(payload)
                return
            except queue.Full:
                self._drop_oldest()

    publish_threadsafe = publish

    def close(self) -> None:
        """End every stream and both connections."""
        self._stop.set()
        super().close()
        for thread in self._threads:
            if thread.is_alive():
                thread.join(2 * POLL_SECONDS)

    def _drop_oldest(self) -> None:
        try:
            self._outbox.get_nowait()
        except queue.Empty:
            return
        self.forget()

    def _keep(self, work: Callable[[psycopg.Connection], None]) -> None:
        """Do `work` on a connection, again and again, until stopped."""
        wait = 0.5
        while not self._stop.is_set():
            try:
                with psycopg.connect(self._url, autocommit=True) as connection:
                    wait = 0.5
                    work(connection)
            except psycopg.Error as error:
                log.warning("live notices: the database is away (%s); trying again in %.1f s", error, wait)
                self._stop.wait(wait)
                wait = min(wait * 2, LONGEST_WAIT_SECONDS)

    def _send(self, connection: "psycopg.Connection") -> None:
        while not self._stop.is_set():
            try:
                payload = self._outbox.get(timeout=POLL_SECONDS)
            except queue.Empty:
                continue
            connection.execute("select pg_notify(%s, %s)", (CHANNEL, payload))

    def _listen(self, connection: "psycopg.Connection") -> None:
        connection.execute(f"listen {CHANNEL}")
        if self._listening.is_set():
            self.forget()
        self._listening.set()
        while not self._stop.is_set():
            for notification in connection.notifies(timeout=POLL_SECONDS):
                self.deliver(*decode(notification.payload))


def encode(topic: str, kind: str, data: Mapping[str, Json]) -> str:
    """A notice as one payload; one that is too large becomes the request to fetch the state anew."""
    payload = json.dumps([topic, kind, data], ensure_ascii=False, separators=(",", ":"))
    if len(payload.encode()) > PAYLOAD_BYTES:
        return json.dumps([topic, RESYNC, {}])
    return payload


def decode(payload: str) -> tuple[str, str, dict[str, Json]]:
    """The topic, kind and data of a payload."""
    topic, kind, data = json.loads(payload)
    return str(topic), str(kind), dict(data)
