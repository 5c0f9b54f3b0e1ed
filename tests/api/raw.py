"""An application that answers as a test needs it, and raw clients that talk to it."""

import asyncio
import contextlib
import socket

from api.protocol import AT_ONCE

HEAD = b"GET / HTTP/1.1\r\nHost: x\r\n"
UPLOAD = b"POST /%b HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n"
MEGABYTES = 64
PIECES = 4000
"""Of eight kilobytes each: more than the buffers of a connection hold."""
WHOLE = 16 << 20
"""Bytes of an answer in one piece."""
REFUSED: list[int] = []
"""Pieces that could not be sent at once."""


async def app(scope, receive, send):
    if scope["type"] == "websocket":
        await receive()
        await send({"type": "websocket.accept"})
        while (await receive())["type"] != "websocket.disconnect":
            await send({"type": "websocket.send", "text": "still here"})
        return
    assert scope["type"] == "http"
    headers = [(b"content-length", b"%d" % WHOLE)] if scope["path"] == "/whole" else []
    if scope["path"] != "/reads":
        await send({"type": "http.response.start", "status": 200, "headers": headers})
    if scope["path"] == "/whole":
        await send({"type": "http.response.body", "body": bytes(WHOLE)})
        return
    if scope["path"] == "/large":
        for _ in range(MEGABYTES):
            await send({"type": "http.response.body", "body": bytes(1 << 20), "more_body": True})
    if scope["path"] == "/pieces":
        at_once = scope["extensions"][AT_ONCE]
        for number in range(PIECES):
            piece = {"type": "http.response.body", "body": b"%08d" % number * 1000, "more_body": True}
            if not at_once(piece["body"]):
                REFUSED.append(number)
                await send(piece)
    if scope["path"] == "/nearly":
        transport = scope["extensions"][AT_ONCE].__self__.transport
        transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 4096)
        for _ in range(50):  # the client's system takes in some of it, and no more at last
            while not transport.get_write_buffer_size() and not transport.is_closing():
                await send({"type": "http.response.body", "body": bytes(4096), "more_body": True})
            await asyncio.sleep(0.001)
    if scope["path"] == "/reads":
        while (await receive()).get("more_body"):
            pass
        await send({"type": "http.response.start", "status": 200, "headers": []})
    if scope["path"] == "/slow":
        await asyncio.sleep(0.6)
    await send({"type": "http.response.body", "body": b"done"})


async def talk(port, *parts, pause=0.0):
    """What the server answers to these bytes until it closes the connection."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        for part in parts:
            with contextlib.suppress(ConnectionError, RuntimeError):  # uvloop's, for a connection that was closed
                writer.write(part)
                await writer.drain()
            await asyncio.sleep(pause)
        found = b""
        with contextlib.suppress(ConnectionError):
            while data := await asyncio.wait_for(reader.read(1 << 16), 60):
                found += data
        return found
    finally:
        writer.close()
