"""Two calls turn out to be one: which survives, and what it takes over."""

from callcenter.core.calls.call import Call


def seniority(call: Call) -> tuple[bool, bool, float, str]:
    """Sort key: calls of customers before unknown ones before internal ones, older before younger."""
    return (not (call.is_decided and call.has_customer), not call.is_decided, call.started_at, call.id)


def absorb(survivor: Call, absorbed: Call) -> None:
    """Take over what the other call gathered."""
    if survivor.root is None:
        survivor.root = absorbed.root
    for offer in absorbed.offers:
        offer.is_consultation = offer.is_consultation or survivor.answered_at is not None
    survivor.offers = sorted([*survivor.offers, *absorbed.offers], key=lambda offer: offer.offered_at)
    survivor.transfers = sorted([*survivor.transfers, *absorbed.transfers], key=lambda transfer: transfer.at)
    survivor.recordings.extend(name for name in absorbed.recordings if name not in survivor.recordings)
    for channel_id in absorbed.hold.holders:
        if absorbed.hold.since is not None:
            survivor.hold.start(channel_id, absorbed.hold.since)
    if survivor.queue is None:
        survivor.queue, survivor.queued_at = absorbed.queue, absorbed.queued_at
        survivor.queue_left_at = absorbed.queue_left_at
