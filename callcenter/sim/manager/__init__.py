"""The manager interface of the simulated PBX: the protocol of Asterisk 22 over TCP."""
