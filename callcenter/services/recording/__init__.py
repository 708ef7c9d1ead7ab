"""The pieces of recording calls; `services/record_calls.py` is the flow that joins them."""
