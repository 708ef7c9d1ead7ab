"""The switch: channels, bridges and queues that change as Asterisk's do and raise its events. No sockets here."""
