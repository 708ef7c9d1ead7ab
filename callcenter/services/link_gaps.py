"""When we were blind: a row from the last message before the link was lost to the first after it."""

from callcenter.services.desk import Publisher
from callcenter.store import calls
from callcenter.store.database import Database
from callcenter.store.tables import LinkGap
from callcenter.store.types import from_unix


class LinkGaps:
    """Gaps of one PBX. Every method blocks for a short transaction; saying a thing twice makes one gap."""

    def __init__(self, database: Database, hub: Publisher, *, pbx: str) -> None:
        self._database, self._hub, self._pbx = database, hub, pbx

    def lost(self, at: float, reason: str) -> None:
        """Nothing was heard of the PBX since `at` (Unix seconds)."""
        with self._database.transaction() as session:
            if calls.open_gap(session, self._pbx) is None:
                session.add(LinkGap(pbx=self._pbx, lost_at=from_unix(at), reason=reason[:200]))
        self._tell(up=False, since=at)

    def restored(self, at: float) -> None:
        """The PBX is heard again."""
        with self._database.transaction() as session:
            gap = calls.open_gap(session, self._pbx)
            if gap is not None:
                gap.restored_at = from_unix(at)
        self._tell(up=True, since=at)

    def _tell(self, *, up: bool, since: float) -> None:
        for topic in ("system", "supervisors"):
            self._hub.publish(topic, "link", {"pbx": self._pbx, "up": up, "since": since})
