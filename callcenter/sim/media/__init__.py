"""What the channels say: real-time speech, the taps that carry it out and the recordings that keep it."""
