"""Live updates: who may follow what, and how a notice becomes what the page shows (ui.md §4.4)."""
