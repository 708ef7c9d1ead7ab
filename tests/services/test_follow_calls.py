"""The feed of one PBX while something else is wrong."""

from collections.abc import Iterable
from typing import Any

import pytest
from sqlalchemy.exc import OperationalError
from sqlmodel import Session

from callcenter.ami.messages import Message, Received
from callcenter.core.channel_events import ChannelEvent
from callcenter.core.events import CallEvent, CallStarted
from callcenter.services import follow_calls
from callcenter.services.call_log import CallLog
from callcenter.services.follow_calls import CallFollower
from callcenter.store.database import Database
from callcenter.store.tables import Call
from tests.conftest import RememberingHub
from tests.events import Story

MESSAGE = Received(Message({"Event": "Newchannel"}), 1.0, 1)


class Away(CallLog):
    """A log whose database is away for a while."""

    def __init__(self, failures: int) -> None:
        super().__init__()
        self.failures = failures

    def record(self, session: Session, event: CallEvent) -> Call | None:
        if self.failures:
            self.failures -= 1
            raise OperationalError("insert", {}, Exception("database is locked"))
        return super().record(session, event)


class Tells:
    """A tracker that tells one event."""

    def __init__(self, event: CallEvent) -> None:
        self.event = event

    def handle(self, event: ChannelEvent) -> list[CallEvent]:
        return [self.event]

    def tick(self, now: float) -> list[CallEvent]:
        return []


def follower(database: Database, hub: RememberingHub, log: CallLog, translate: Any) -> CallFollower:
    started: Any = Story().tell(CallStarted, after=0)
    return CallFollower(database=database, hub=hub, call_log=log, tracker=Tells(started), translate=translate)


async def test_the_feed_waits_for_a_database_that_is_away(
    sqlite_database: Database, remembering_hub: RememberingHub, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(follow_calls, "RETRY_SECONDS", 0)
    feed = follower(sqlite_database, remembering_hub, Away(failures=5), lambda _: [object()])
    await feed.handle(MESSAGE)
    assert [data["change"] for _, data in remembering_hub.of("supervisors")] == ["started"]


async def test_a_message_that_is_misread_does_not_end_the_feed(
    sqlite_database: Database, remembering_hub: RememberingHub, caplog: pytest.LogCaptureFixture
) -> None:
    broken = [True]

    def translate(_: Received) -> Iterable[Any]:
        if broken.pop() if broken else False:
            raise ValueError("a header nobody has seen")
        return [object()]

    feed = follower(sqlite_database, remembering_hub, CallLog(), translate)
    await feed.handle(MESSAGE)
    assert "was not understood" in caplog.text
    await feed.handle(MESSAGE)
    assert remembering_hub.of("supervisors")
