"""Push: one reader of Redis a contest, a delta encoded once, the same bytes to every client.

`reader` follows a contest's streams and feeds its channels; a channel (`board`, `personal`) knows its clients and what
each has been given; `connection` is one client; `sse` and `websocket` are the two ways out; `hub` counts and closes them.
"""
