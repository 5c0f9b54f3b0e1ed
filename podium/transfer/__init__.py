"""A contest's part of the log as a file, from one podium to another."""
