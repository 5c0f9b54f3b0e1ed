"""How operators conduct a contest: its times, its freeze, acts on teams, awards, and the end. Each an act on the log."""
