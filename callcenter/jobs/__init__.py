"""Background jobs (Huey): which functions run later, their schedules and progress."""
