"""What happened to the calls: channel events in, call events out (`CallTracker`)."""

from callcenter.core.calls.names import TrackerConfig
from callcenter.core.calls.tracker import CallTracker, WantedVariable

__all__ = ["CallTracker", "TrackerConfig", "WantedVariable"]
