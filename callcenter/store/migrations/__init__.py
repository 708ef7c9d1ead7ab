"""Alembic's revisions. `make migration m="what changed"` drafts one from the tables."""
