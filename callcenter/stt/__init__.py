"""Speech to text: recognisers behind one Protocol, worker processes, the model catalogue."""
