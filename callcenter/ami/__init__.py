"""The Asterisk Manager Interface: client, messages, translation to channel events, journal, actions."""
