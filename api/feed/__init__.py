"""The event feed of the Contest API: a contest's log as a viewer may follow it, the same whoever serves it and when.

`lines` is the pure core: what an entry of the live view's stream makes a viewer hear. `source` reads that stream in
bounded pieces, position by position; `tokens` name a line so that only its reader can use it; `stream` is a connection.
"""
