"""Streams over the log: dispatcher, scorer, the sinks, the clock, the auditor and the replay."""
