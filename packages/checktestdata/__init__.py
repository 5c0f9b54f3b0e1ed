"""Input validators in Checktestdata's language, run as a program: the grammar lies in its folder, its input is checked.

The language is the specification of Checktestdata (doc/format-spec.md there). The folder is a program by itself, which
imports nothing of podium: a judge runs it in the sandbox as it runs any validator in Python. Exit codes: 42 the input fits,
43 it does not, 1 the grammar is none.

Bytes are characters. `!` binds more strongly than `&&` and `||`, which bind alike. Regular expressions are Python's, with
the classes of POSIX.
"""
