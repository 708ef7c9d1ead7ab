"""One module per page: routes, thin. What changes something goes through a service."""
