"""The manager chain's figures (`tests.bench.ami`) with their goals."""

from collections.abc import Iterator

from tests.bench import ami
from tests.bench.result import Of, Result, at_least


def results() -> Iterator[Result]:
    """Everything by CPU time; the peers first."""
    rows = {row.name: row for row in ami.run()}
    ours = rows["ours: link, parser, translation, tracker"]
    peer = rows["panoramisk 1.4"]
    for row in rows.values():
        yield Result(
            name=row.name,
            value=row.events_per_second,
            unit="events/s of CPU",
            ratio=row.ratio,
            beside="bare parser",
            goal=at_least(ami.GOAL, Of.RATIO) if row is ours else None,
        )
    yield Result(
        name="ours, ahead of panoramisk",
        value=ours.events_per_second,
        unit="events/s of CPU",
        ratio=peer.cpu_seconds_per_100k / ours.cpu_seconds_per_100k,
        beside="panoramisk 1.4",
        goal=at_least(1.0, Of.RATIO),
    )
