"""The demo: a rehearsal of a five-hour contest in three minutes, on the real parts."""
