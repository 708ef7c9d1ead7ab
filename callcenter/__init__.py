"""Callcenter: call log, screen pop, live listening and review beside an Asterisk PBX, offline."""
