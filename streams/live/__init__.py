"""The live sink: the log and the scoreboard's rows into Redis."""
