"""Every scenario, by the kind of call. Importing this package fills `registry.SCENARIOS`."""

from tests.rig.scenarios import chains, inbound, midcall, outbound, queues, transfers, trouble

__all__ = ["chains", "inbound", "midcall", "outbound", "queues", "transfers", "trouble"]
