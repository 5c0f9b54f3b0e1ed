"""Two worlds told the same story, and everybody who watches them: what differs between what they are given.

What is compared is every byte: statuses, headers, bodies, messages of streams and after which event they came. Two things
are left out, since they are drawn at random, or measured: how long a client that was cut off shall wait (`retry`); and the
time of this machine's own clock, that is, how long requests took (`server-timing` and in metrics) and when a cookie ends.
Of a sealed token its length is compared: it names a position, and to nobody. It is one if the world's own seal opens it.
"""

from __future__ import annotations

import json
import re
from collections.abc import AsyncIterator, Callable, Collection, Iterable, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from prometheus_client import REGISTRY

from schemas.live import objects_key, parse_stored
from tests.leaks.client import Answer, Channel, fetch
from tests.leaks.story import Pause, Story
from tests.leaks.walk import Known, known_to, paths, writes
from tests.leaks.world import World

__all__ = ["GOES_ON", "PUBLIC", "Watcher", "Worlds", "differences", "worlds_of"]

PUBLIC = ""
"""Who shows no token."""

STREAMS = (
    "sse scoreboard/stream",
    "ws scoreboard/stream",
    "sse notifications",
    "ws notifications",
    "sse event-feed",
)
"""Everything that may be left open: how, and where."""
_RETRY = re.compile(rb"retry: \d{4}\n\n")
_TOKEN = re.compile(rb"[\w-]{30,}")
"""What may be a sealed token: a seal alone has 22 characters."""
_LAST_ID = re.compile(rb'^(?:id: |\{"event":"[a-z]+","id":")([^"\n]+)', re.MULTILINE)
_RESET = re.compile(rb'^(?:event: reset$|\{"event":"reset")', re.MULTILINE)
_JUDGEMENT = re.compile(
    rb"(?:(?:id: .*\n)?event: (?:judgement|progress)\ndata: (.*)"
    rb'|\{"event":"(?:judgement|progress)",(?:"id":"[^"]*",)?"data":(.*)\})'
)
_OF_THE_FEED = re.compile(rb'"token":"([^"]+)"')
FEED = "/event-feed?stream=false"
GOES_ON = "&since_token=ITS_OWN"
"""How a path is told that goes on behind the last token that a watcher had of the feed, which is sealed."""
_OF_JUDGEMENTS = re.compile(r"/(judgements|runs)\b")
_OF_A_FEED = re.compile(rb'\{"type":"(judgements|runs)",')
_TELLS_OF_THEM = re.compile(r"/(judgements|runs|notifications|event-feed)\b|^(notifications|event-feed)$")
"""Where a team is told what became of its own submissions: in no board's stream, and nowhere else."""

Urls = tuple[str, str]
"""A database of Redis for each world."""
Seen = dict[tuple[str, ...], Any]
"""What was given, by who asked, when, and for what."""


@dataclass
class Watcher:
    """Somebody with this token; `may_know`: the submissions of which they may know what became; `hears`: of `STREAMS`."""

    token: str
    may_know: frozenset[str] = frozenset()
    hears: tuple[str, ...] = STREAMS


@dataclass
class _Open:
    """A stream that a watcher holds open; `taken` messages of it were read."""

    watcher: Watcher
    path: str
    socket: bool
    channel: Channel
    taken: int = 0
    last_id: str = ""


@dataclass
class Telling:
    """A world, its story so far, and what the watchers were given."""

    world: World
    story: Story
    watchers: list[Watcher]
    seen: Seen = field(default_factory=dict)
    step: int = 0
    _position: int | None = None
    _tokens: dict[str, str] = field(default_factory=dict)
    """Of the feed, the last token that each watcher had at the pause before."""
    _streams: list[_Open] = field(default_factory=list)

    async def advance(self) -> str:
        """Go on to the next pause, and give its name; everybody's streams are read after each event."""
        while True:
            try:
                told = self.story.send(self._position)  # type: ignore[arg-type]
            except StopIteration:
                return ""
            if isinstance(told, Pause):
                self._position = None
                return told.name
            if told.shared:
                self.step += 1
                type(self.world.site.clock).now = told.event.recorded_at
            self._position = self.world.add(told.event, told.position)
            if not self._streams:
                await self._open()
            await self._read()

    async def _open(self) -> None:
        for watcher in self.watchers:
            for stream in watcher.hears:
                how, path = stream.split()
                socket = how == "ws"
                self._streams.append(_Open(watcher, path, socket, await self._listen(path, watcher, socket)))

    async def _listen(self, path: str, watcher: Watcher, socket: bool, last_id: str = "") -> Channel:
        query = f"?last_event_id={last_id}" if last_id else ""
        channel = self.world.listen(path + query, watcher.token, socket=socket)
        await channel.begun.wait()
        return channel

    async def _read(self) -> None:
        await self.world.quiet()
        for stream in self._streams:
            said = self._take(stream)
            if any(map(_RESET.search, said)):
                # it ends, and the client comes back with what it had last
                await stream.channel.task
                said += self._take(stream)
                stream.channel = await self._listen(stream.path, stream.watcher, stream.socket, stream.last_id)
                stream.taken = 0
                await self.world.quiet()
                said += self._take(stream)
            if said:
                key = (stream.watcher.token, f"step {self.step}", f"{'ws' if stream.socket else 'sse'} {stream.path}")
                self.seen.setdefault(key, []).extend(said)

    def _take(self, stream: _Open) -> list[bytes]:
        sent = stream.channel.sent[stream.taken :]
        stream.taken += len(sent)
        said = [message.get("body") or message.get("text", "").encode() or repr(message).encode() for message in sent]
        for found in map(_LAST_ID.findall, said):
            stream.last_id = found[-1].decode() if found else stream.last_id
        may_know = _knows(stream.watcher.may_know, stream.path)
        sealed = self.world.sealer.hidden
        return [one for one in (_told(message, may_know, sealed) for message in said) if one]

    async def look(
        self, pause: str, known: Known, of: dict[str, str], *, each: bool, only: Collection[str] = ()
    ) -> None:
        """Fetch everything, as everybody; *of*: the submission of each judgement; *only*: paths that begin so."""
        for watcher in self.watchers:
            for path, socket in paths(self.world, known, each=each):
                if only and not path.startswith(tuple(only)):
                    continue
                how = f"{'WS' if socket else 'GET'} {path}"
                answer = await fetch(self.world.app, path, watcher.token, self.world.quiet, socket=socket)
                self._keep((watcher.token, pause, how), answer, path, watcher.may_know, of)
                if path.endswith(FEED):
                    await self._go_on(pause, watcher, path, of)
                    if tokens := _OF_THE_FEED.findall(answer.body):
                        self._tokens[watcher.token] = tokens[-1].decode()
                tag = dict(answer.headers).get("etag")
                if tag and not each:
                    again = await fetch(self.world.app, path, watcher.token, self.world.quiet, if_none_match=tag)
                    self._keep((watcher.token, pause, how, "again"), again, path, watcher.may_know, of)

    async def _go_on(self, pause: str, watcher: Watcher, path: str, of: dict[str, str]) -> None:
        """Fetch what is new in the feed since the pause before."""
        if since := self._tokens.get(watcher.token):
            answer = await fetch(self.world.app, f"{path}&since_token={since}", watcher.token, self.world.quiet)
            assert answer.status == 200, "a token that was given is one to go on from"
            self._keep((watcher.token, pause, f"GET {path}{GOES_ON}"), answer, path, watcher.may_know, of)

    async def write(self, pause: str, known: Known) -> None:
        """Send everything, as everybody, and read what is pushed of it."""
        how = {"content_type": "application/json", "idempotency_key": "a-key"}
        for watcher in self.watchers:
            for method, path, body in writes(self.world, known):
                length = {"content_length": str(len(body))}
                answer = await fetch(
                    self.world.app, path, watcher.token, self.world.quiet, method=method, body=body, **how, **length
                )
                headers = tuple(one for one in answer.headers if one[0] not in ("server-timing", "set-cookie"))
                key = watcher.token, pause, f"{method} {path}", body.decode()
                self._keep(key, replace(answer, headers=headers), path, frozenset(), {})
                await self._read()  # what follows from the next one is not to go out with it

    def _keep(
        self, key: tuple[str, ...], answer: Answer, path: str, may_know: frozenset[str], of: dict[str, str]
    ) -> None:
        headers, body = answer.headers, _told(answer.body, _knows(may_know, path), self.world.sealer.hidden)
        if path == "/metrics":
            body = b""  # one registry for both worlds: `counts` has the differences
            headers = tuple(one for one in headers if one[0] != "content-length")
        if may_know and _OF_JUDGEMENTS.search(path):
            named = [judgement for judgement in of if judgement in path]
            if any(of[judgement] in may_know for judgement in named) or any(f"={one}" in path for one in may_know):
                return
            headers = tuple(one for one in headers if one[0] not in ("etag", "content-length"))
        self.seen[*key, "status"] = answer.status
        self.seen[*key, "headers"] = headers
        self.seen[*key, "body"] = body

    async def close(self) -> None:
        for stream in self._streams:
            await stream.channel.close()
        await self.world.close()


def _knows(may_know: frozenset[str], path: str) -> frozenset[str]:
    """Of which submissions its reader may be told there what became of them."""
    return may_know if _TELLS_OF_THEM.search(path) else frozenset()


def _told(message: bytes, may_know: frozenset[str], sealed: Callable[[bytes], bytes]) -> bytes:
    """A message or a body without what is drawn at random, what is *sealed*, and what its reader may know."""
    message = _TOKEN.sub(lambda found: sealed(found[0]), _RETRY.sub(b"", message))
    if not may_know:
        return message
    parts = (_part(one, may_know) for one in message.split(b"\n\n"))  # messages that went out together
    return b"\n\n".join(one for one in parts if one is not None)


def _part(message: bytes, may_know: frozenset[str]) -> bytes | None:
    if (found := _JUDGEMENT.fullmatch(message)) and _about(json.loads(found[1] or found[2]), may_know):
        return None
    # a feed tells a team of its own judgements and runs alone
    lines = (line for line in message.split(b"\n") if not _OF_A_FEED.match(line))
    return b"\n".join(_without(line, may_know) for line in lines)


def _without(line: bytes, may_know: frozenset[str]) -> bytes:
    head, brace, rest = line.partition(b"data: ") if line.startswith(b"data: ") else (b"", b"", line)
    try:
        data = json.loads(rest)
    except ValueError:
        return line
    return head + brace + json.dumps(_but(data, may_know)).encode()


def _but(data: Any, may_know: frozenset[str]) -> Any:
    """JSON without the objects that are about a submission."""
    if isinstance(data, list):
        return [_but(one, may_know) for one in data if not _about(one, may_know)]
    if isinstance(data, dict):
        return {} if _about(data, may_know) else {key: _but(value, may_know) for key, value in data.items()}
    return data


def _about(data: Any, may_know: frozenset[str]) -> bool:
    return isinstance(data, dict) and data.get("submission_id") in may_know


def counts() -> dict[tuple[Any, ...], float]:
    """The api's samples on its door, but for those that measure time."""
    return {
        (sample.name, *sorted(sample.labels.items())): sample.value
        for metric in REGISTRY.collect()
        for sample in metric.samples
        if sample.name.startswith("podium_api_") and not sample.name.endswith(("_created", "_sum", "_bucket"))
    }


def _judgements(world: World) -> dict[str, str]:
    """The submission of each judgement."""
    found = world.redis.hgetall(objects_key(world.contest, "judgements"))
    return {id_.decode(): parse_stored(value).facts["submission"] for id_, value in found.items()}


class Worlds:
    """The two worlds. To be used inside one event loop, and closed."""

    def __init__(self, urls: Urls, home: Path, tales: Iterable[Story], watchers: list[Watcher]) -> None:
        self.tellings = []
        self._know = any(watcher.may_know for watcher in watchers)
        for url, tale in zip(urls, tales, strict=True):
            self.tellings.append(Telling(World(url, home), tale, watchers))

    async def advance(self) -> str:
        """Tell both stories up to the next pause."""
        names = set()
        for telling in self.tellings:
            before = counts()
            names.add(await telling.advance())
            self._count(telling, "until", before)
        (name,) = names
        return name

    async def look(self, pause: str, *, each: bool = False, only: Collection[str] = ()) -> None:
        """Fetch everything of both worlds, as everybody."""
        known = known_to([telling.world for telling in self.tellings])
        of = {id_: one for telling in self.tellings for id_, one in _judgements(telling.world).items()}
        for telling in self.tellings:
            before = counts()
            await telling.look(pause, known, of, each=each, only=only)
            self._count(telling, pause, before)

    async def write(self, pause: str) -> None:
        """Send everything to both worlds, as everybody."""
        known = known_to([telling.world for telling in self.tellings])
        for telling in self.tellings:
            before = counts()
            await telling.write(pause, known)
            self._count(telling, f"written, {pause}", before)

    def _count(self, telling: Telling, when: str, before: dict[tuple[Any, ...], float]) -> None:
        after = counts()
        key = ("/metrics", f"step {telling.step}", when)
        telling.seen[key] = {
            name: value - before.get(name, 0)
            for name, value in after.items()
            # how often the watchers were given what they may know is theirs to know
            if value != before.get(name, 0) and not (self._know and _OF_JUDGEMENTS.search(repr(name)))
        }

    async def close(self) -> None:
        """Close both."""
        for telling in self.tellings:
            await telling.close()


@asynccontextmanager
async def worlds_of(urls: Urls, home: Path, tales: Iterable[Story], watchers: list[Watcher]) -> AsyncIterator[Worlds]:
    """Two worlds, with nothing told yet."""
    worlds = Worlds(urls, home, tales, watchers)
    try:
        yield worlds
    finally:
        await worlds.close()


def differences(worlds: Worlds) -> Iterator[tuple[tuple[str, ...], Any, Any]]:
    """What is not the same in both worlds: for whom, when and where, and the two."""
    one, other = (telling.seen for telling in worlds.tellings)
    for key in sorted(one.keys() | other.keys()):
        if one.get(key) != other.get(key):
            yield key, one.get(key), other.get(key)
