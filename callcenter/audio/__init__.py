"""Sound coming in: AudioSocket frames and server, the voice gate, recordings as PCM, peaks."""
