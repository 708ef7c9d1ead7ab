"""Calls as they happen: who rings, who answers, what is said, who hangs up. Written on the switch, in its time."""
