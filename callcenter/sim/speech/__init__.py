"""Sample speech for the demo and the tests, spoken by text-to-speech at set-up and kept in a cache."""
