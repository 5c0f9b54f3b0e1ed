"""The contract between processes: events, their encoding, topics, settings, the clock port and the errors."""
