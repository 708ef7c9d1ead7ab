"""Live pages: the hub of topics with a replay ring, and its transports."""
