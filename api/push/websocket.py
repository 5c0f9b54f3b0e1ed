"""The same messages over a WebSocket, as JSON texts with `event`, `data` and, for a board's deltas, `id`."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from contextlib import suppress
from typing import Any

from starlette.websockets import WebSocket, WebSocketDisconnect, WebSocketState

from api.look import Look
from api.push.frames import Frame
from api.push.openings import Opening
from schemas.errors import DependencyError

__all__ = ["serve"]

TRY_AGAIN_LATER = 1013
GOING_AWAY = 1001

_Write = Callable[[Frame], Coroutine[Any, Any, None]]


async def serve(websocket: WebSocket, look: Look, opening: Opening) -> None:
    """Push until the client leaves or the process ends; whatever the client sends is ignored."""

    async def write(frame: Frame) -> None:
        for text in frame.texts:
            await websocket.send({"type": "websocket.send", "text": text})

    await websocket.accept()
    with suppress(WebSocketDisconnect):  # the client is gone
        try:
            await _push(websocket, look, opening, write)
        except DependencyError as error:
            await websocket.close(TRY_AGAIN_LATER, str(error))


async def _push(websocket: WebSocket, look: Look, opening: Opening, write: _Write) -> None:
    site = look.site
    async with site.hubs.watching(look.id) as reader:
        opened = await opening(reader, write)
        leaving = asyncio.create_task(_left(websocket))
        ending = asyncio.create_task(opened.connection.done.wait())
        try:
            with site.hubs.belonging(opened.connection, look.caller.account, site.accounts):
                for frame in opened.take():
                    await write(frame)
                opened.connection.free()
                await asyncio.wait((leaving, ending), return_when=asyncio.FIRST_COMPLETED)
            if websocket.application_state is WebSocketState.CONNECTED and not leaving.done():
                await websocket.close(GOING_AWAY)
        finally:
            leaving.cancel()
            ending.cancel()
            opened.close()


async def _left(websocket: WebSocket) -> None:
    while (await websocket.receive())["type"] != "websocket.disconnect":
        pass
