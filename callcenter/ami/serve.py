"""What a logged-in connection needs while it lasts: filters, snapshots, and pings whose answers are watched."""

import asyncio
import contextlib
import logging

from callcenter.ami import actions
from callcenter.ami.action import SafeAction
from callcenter.ami.config import AmiConfig, EventFilter
from callcenter.ami.errors import AmiActionInFlight, AmiActionRefused, AmiActionTimeout, AmiLinkLost
from callcenter.ami.session import AmiSession

logger = logging.getLogger(__name__)

BOOT_WAIT_SECONDS = 2.0
"""How long a login waits for FullyBooted before it asks for the snapshot all the same: a user without the read
class `system` never gets the event."""


async def serve(session: AmiSession, config: AmiConfig) -> None:
    """Look after the connection until it ends, which is always an error: raises AmiLinkLost."""
    prepare = asyncio.create_task(_prepare(session, config.filters))
    endings = {asyncio.create_task(session.ended()), asyncio.create_task(_ping(session, config))}
    try:
        done, _ = await asyncio.wait(endings, return_when=asyncio.FIRST_COMPLETED)
        done.pop().result()
    finally:
        for task in (prepare, *endings):
            task.cancel()
        await asyncio.gather(prepare, *endings, return_exceptions=True)


async def _ping(session: AmiSession, config: AmiConfig) -> None:
    """Ends, by raising, when the PBX no longer answers: a half-open link looks like a quiet one otherwise."""
    while True:
        await asyncio.sleep(config.ping_every)
        try:
            await session.send(actions.ping(), config.ping_timeout)
        except AmiActionTimeout as error:
            raise AmiLinkLost(f"{config.host} no longer answers.") from error
        except AmiActionRefused as refused:
            logger.warning("%s", refused)  # It answered: the link lives.


async def _prepare(session: AmiSession, filters: tuple[EventFilter, ...]) -> None:
    """Filters, then a snapshot, and another one each time the PBX says that it has finished booting."""
    # Filters belong to the session, so they are asked for after every login.
    session.filters_refused = not await _filter(session, filters)
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(BOOT_WAIT_SECONDS):
            await session.booted.wait()
    while True:
        session.booted.clear()
        for action in (actions.core_show_channels(), actions.status(), actions.queue_status()):
            await _try(session, action)
        await session.booted.wait()


async def _filter(session: AmiSession, filters: tuple[EventFilter, ...]) -> bool:
    """False when the PBX refuses one: an older one, or too few rights; the others would fare no better."""
    for which in filters:
        if not await _try(session, actions.exclude_events(which)):
            return False
    return True


async def _try(session: AmiSession, action: SafeAction) -> bool:
    try:
        await session.send(action)
    except AmiLinkLost:
        return False  # `serve` sees the end itself.
    except (AmiActionRefused, AmiActionTimeout, AmiActionInFlight) as error:
        logger.warning("%s", error)
        return False
    return True
