"""A personal channel's client, and a live view in memory with its contest: what tests of the push put together."""

import asyncio
from typing import Any

import orjson

from api.push.frames import Frame
from api.push.personal import PersonalChannel
from api.push.picture import Picture
from api.push.subscriber import Subscriber
from api.sealed import Sealer
from schemas.errors import DependencyError
from schemas.live import Notification, Stored, feed_key

SEALER = Sealer("secret")


def picture(feedback: str = "verdict", begins: int = 0, groups: tuple[str, ...] = (), **state: str) -> Picture:
    """A contest of two teams, whose state has come so far; *groups* are t2's."""
    facts = {
        "start": begins,
        "end": begins + 100,
        "duration": 100,
        "freeze": None,
        "thaw": None,
        "removed": [],
        "feedback": feedback,
        "came": None,
    }
    facts |= {"score_scale": 1, "public": True}
    about = {"hidden": False, "removed": False, "times": None, "waits": False}
    teams = {
        id_: Stored({"id": id_, "name": id_, "label": id_, "group_ids": list(of)}, about | {"team": id_}, 1)
        for id_, of in (("t1", ("g1",)), ("t2", groups))
    }
    problems = {"a": Stored({"id": "a", "ordinal": 1, "test_data_count": 9}, {"hidden": False}, 1)}
    return Picture(Stored({"id": "c"}, facts, 1), Stored(state, {"hidden": False}, 1), problems, teams, {})


def judgement(position: int, team: str = "t1", **more: object) -> Stored:
    facts = {"team": team, "hidden": False, "visible": True, "settled": True, "at": 1, "submission": f"s-{team}"}
    return Stored({"id": f"j-{team}", **more}, facts | {"group_scores": []}, position)


def clarification(
    position: int, text: str, *teams: str, groups: tuple[str, ...] = (), team: str | None = None
) -> Stored:
    facts = {"team": team, "to_teams": teams, "to_groups": groups, "problem": None, "reply": None, "hidden": False}
    return Stored({"id": text, "text": text, "to_team_ids": list(teams) or None}, facts, position)


class Kept:
    """A view that holds these objects."""

    def __init__(self, **objects: list[Stored]) -> None:
        self.objects = objects

    async def whole(self, _, *types):
        held = max((one.position for found in self.objects.values() for one in found), default=-1)
        return held, [
            {one.object["id"].encode(): one.encode() for one in self.objects.get(type_, [])} for type_ in types
        ]


class Listener:
    """A client of a channel: what it was told, by name; `slow`: it takes nothing until it is let."""

    def __init__(self, channel: PersonalChannel, team: str, sealer: Sealer = SEALER) -> None:
        self.told: list[tuple[str, Any]] = []
        self.last = ""
        self.news = asyncio.Event()
        self.gate = asyncio.Event()
        self.gate.set()
        self.channel, self.connection = channel, Subscriber(channel, self.write, sealer, "c", team)
        channel.connections.add(self.connection)

    async def write(self, frame: Frame) -> None:
        await self.gate.wait()
        for text in frame.texts:
            found = orjson.loads(text)
            self.told.append((found["event"], found["data"]))
            self.last = found.get("id", self.last)
        self.news.set()

    async def greet(self, last: str = "", *, held: int = 1000, whole: bool = False) -> list[str]:
        await self.write(await self.channel.greeting(self.connection, last, held, 1, whole=whole))
        self.connection.free()
        return self.names()

    def names(self) -> list[str]:
        """What was told since this was last asked, but for the time."""
        told, self.told = self.told, []
        self.data = [data for name, data in told if name != "clock"]
        return [name for name, _ in told if name != "clock"]


def notification(stored: Stored | None, type_: str = "judgements", position: int = 0, id_: str = "") -> Notification:
    found = stored.object["id"] if stored else id_
    return Notification(f"{stored.position if stored else position}-1", type_, found, stored)


class Together:
    """Questions that a live view answers at one moment."""

    def __init__(self, live: "Live") -> None:
        self._live = live
        self._asked: list[tuple[str, str]] = []

    def hexists(self, _: str, field: str) -> None:
        assert field == "part"

    def hgetall(self, key: str) -> None:
        contest, _, type_ = key.removeprefix("{").partition("}:o:")
        self._asked.append((contest, type_))

    async def execute(self) -> list[Any]:
        return [self._live.part, *[await self._live.raw(*one) for one in self._asked]]


class Live:
    """A live view of a contest under way, as its reader asks for it. `away`: what it does not answer.

    `part`: an event is there in part.
    """

    def __init__(self) -> None:
        self.epoch, self.position, self.state = "e1", 5, {"started": "now"}
        self.judgement: Stored | None = judgement(5)
        self.streams: dict[str, list[tuple[bytes, dict[bytes, bytes]]]] = {}
        self.away: set[str] = set()
        self.asked: asyncio.Queue[str] = asyncio.Queue()
        self.broken: Exception | None = None
        self.part = False

    def changed(self, stored: Stored, type_: str) -> None:
        fields = {"type": type_, "id": stored.object.get("id", type_), "push": "1", "was": ""}
        doc = {b"doc": b"" if type_ == "runs" else stored.encode()}
        entry = {key.encode(): value.encode() for key, value in fields.items()} | doc
        self.streams.setdefault(feed_key("c"), []).append((b"%d-0" % stored.position, entry))
        self.position = stored.position
        self.judgement = stored if type_ == "judgements" else self.judgement

    def answer(self, what: str) -> None:
        self.asked.put_nowait(what)
        if what in self.away:
            raise DependencyError(f"{what}: away")

    async def hmget(self, _, *names: str) -> list[bytes | None]:
        found = {"active": b"0", "epoch": self.epoch.encode()}
        return [found.get(name) for name in names]

    async def xread(self, keys: dict[str, str], **_) -> list[Any]:
        await asyncio.sleep(0.001)  # a reader asks again and again
        if self.broken is not None:
            raise self.broken
        found = []
        for key, cursor in keys.items():
            after = int(cursor.partition("-")[0])
            entries = [one for one in self.streams.get(key, []) if int(one[0].partition(b"-")[0]) > after]
            found += [[key.encode(), entries]] if entries else []
        return found

    async def xrevrange(self, key: str, **_) -> list[Any]:
        return self.streams.get(key, [])[-1:]

    async def get(self, _) -> bytes:
        return b"0"

    async def deltas(self, *_) -> list[Any]:
        return []

    async def held(self, _) -> int:
        self.answer("held")
        return self.position

    async def whole(self, contest: str, *types: str) -> tuple[int, list[dict[bytes, bytes]]]:
        found = [await self.raw(contest, type_) for type_ in types]
        return await self.held(contest), found

    async def raw(self, contest: str, type_: str) -> dict[bytes, bytes]:
        self.answer(type_)
        now = picture("full", **self.state)
        found = {"contest": {contest: now.contest}, "state": {"state": now.state}, "problems": now.problems}
        found |= {"teams": now.teams, "judgements": {"j-t1": self.judgement} if self.judgement else {}}
        return {id_.encode(): one.encode() for id_, one in found.get(type_, {}).items()}

    def pipeline(self, *, transaction: bool) -> "Together":
        assert transaction, "all at one moment"
        return Together(self)

    async def many(self, *_) -> list[Stored]:
        self.answer("runs")
        return [Stored([[2, "AC", 0, 0]], {"judgement": "j-t1", "attempt": 1, "samples": [], "problem": "a"}, 1)]


async def turns(live: Live, what: str) -> None:
    """Wait until the reader has asked for it three times more."""
    live.asked = asyncio.Queue()
    async with asyncio.timeout(10):
        for _ in range(3):
            while await live.asked.get() != what:
                pass


async def heard(listener: Listener, last: str) -> list[str]:
    """What is told up to an event of this name."""
    async with asyncio.timeout(10):
        while last not in [name for name, _ in listener.told]:
            listener.news.clear()
            await listener.news.wait()
    return listener.names()
