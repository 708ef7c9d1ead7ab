"""Pages: requests become calls on services, results become HTML."""
