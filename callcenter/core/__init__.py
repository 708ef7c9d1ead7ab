"""What we know about calls, customers, speech and quality. Pure: no I/O, no clock, no randomness."""
