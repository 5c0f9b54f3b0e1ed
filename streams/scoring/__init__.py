"""The pure core: a prefix of a contest's log to its board. Standard library only.

`fold.apply` takes one event into a `ContestState`; `project` reads boards out of it under a generation's rule for an
audience; `canonical` gives a board's bytes. No clock, no randomness, no floats, no I/O: the live scorer, the replay,
the auditor and the tests call the same functions and get the same bytes.

Events are recognised by the name of their class and read by attribute, so the core depends on no other package.
"""
