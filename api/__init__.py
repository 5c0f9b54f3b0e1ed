"""The HTTP API: accepts writes onto the log, reads Redis, pushes the board."""
