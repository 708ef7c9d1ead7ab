"""The pieces of live listening; `services/listen.py` is the flow that joins them."""
