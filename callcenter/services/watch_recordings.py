"""Tells the pages how far transcriptions are. The work is done in another process; what both see is the rows."""

import asyncio
import logging

from sqlalchemy.exc import SQLAlchemyError

from callcenter.services.desk import Publisher
from callcenter.store import recordings
from callcenter.store.database import Database
from callcenter.store.tables import Recording

log = logging.getLogger(__name__)

EVERY_SECONDS = 1.0
AFTER_TROUBLE_SECONDS = 10.0
_Shown = tuple[str, float]


class RecordingWatch:
    """Polls the rows that are on their way and publishes what changed."""

    def __init__(self, database: Database, hub: Publisher) -> None:
        self._database, self._hub = database, hub
        self._shown: dict[int, _Shown] = {}

    async def run(self) -> None:
        """Until cancelled."""
        while True:
            await asyncio.sleep(EVERY_SECONDS)
            try:
                news = await asyncio.to_thread(self.changed)
            except SQLAlchemyError as error:  # the database will be back; the rows have not moved meanwhile
                log.warning("how far the transcriptions are is not known: %s", error)
                await asyncio.sleep(AFTER_TROUBLE_SECONDS)
                continue
            for row in news:
                data = {"recording_id": row.id, "call_id": row.call_id, "status": row.status, "progress": row.progress}
                self._hub.publish(f"call:{row.call_id}", "recording", data)

    def changed(self) -> list[Recording]:
        """The recordings that look otherwise than when last asked; those that left the queue once more."""
        with self._database.session() as session:
            moving = recordings.in_status(session, *recordings.WAITING)
            gone = [recordings.by_id(session, i) for i in self._shown.keys() - {row.id for row in moving}]
        news = [row for row in moving if self._shown.get(row.id or 0) != (row.status, row.progress)]
        self._shown = {row.id or 0: (row.status, row.progress) for row in moving}
        return news + [row for row in gone if row is not None]
