"""A contest's feed in memory: what the live sink makes of a log, and what the api's own functions read of it.

All but Redis is real: the folds, the bytes of the entries, the source that reads them, the lists of the REST endpoints.
"""

import contextlib
import dataclasses
import random
from bisect import bisect_left, bisect_right
from operator import itemgetter
from types import SimpleNamespace
from typing import Any

import orjson

from api.access import Scene, Viewer
from api.collections import COLLECTIONS, listed, runs
from api.feed.feed import Feed
from api.feed.lines import Ground
from api.feed.source import Source
from api.feed.tokens import Tokens
from api.identity import Caller
from api.look import Look
from api.sealed import Sealer
from clics.fold import fold
from clics.state import State
from schemas import events
from schemas.codec import codec
from schemas.live import Stored, encode_was, meta_key, objects_key, parse_stored, turns_key
from streams.clock import due, transition
from streams.live.awards import Awards
from streams.live.folded import Folded
from streams.refold import Folded as Refolded
from streams.scoring.acts import refused
from streams.scoring.state import ContestState
from tests.contest_log import fold as fold_scores
from tests.streams import live_events as make
from tests.streams.live_events import HOUR, MINUTE, START, act

C = "c1"
VIEWERS = {
    "public": Viewer(),
    "t1": Viewer("team", "t1", account="t1"),
    "t2": Viewer("team", "t2", account="t2"),
    "analyst": Viewer("analyst", account="analyst"),
    "jury": Viewer("jury", account="judge"),
}
VERSIONS = ("2026-01", "2023-06")


class Redis:
    """The keys of one contest as the live sink writes them; of commands those that a feed's reader sends."""

    def __init__(self) -> None:
        self.hashes: dict[str, dict[str, bytes]] = {}
        self.stream: list[tuple[tuple[int, int], dict[bytes, bytes]]] = []
        self.asked: list[Any] = []

    def hset(self, key: str, field: str, value: bytes) -> None:
        self.hashes.setdefault(key, {})[field] = value

    async def hmget(self, key: str, *fields: Any) -> list[bytes | None]:
        names = fields[0] if isinstance(fields[0], list) else fields
        return [self.hashes.get(key, {}).get(name) for name in names]

    def between(self, low: str, high: str) -> list[tuple[tuple[int, int], dict[bytes, bytes]]]:
        """The entries from one bound to the other, in order."""
        begin = (bisect_right if low.startswith("(") else bisect_left)(self.stream, _edge(low, 0), key=itemgetter(0))
        if high == "+":
            return self.stream[begin:]
        end = (bisect_left if high.startswith("(") else bisect_right)(
            self.stream, _edge(high, 1 << 62), key=itemgetter(0)
        )
        return self.stream[begin:end]

    def pipeline(self, *, transaction: bool) -> Any:
        assert transaction, "what is read is checked in the same transaction"
        return Pipeline(self)


def _edge(bound: str, number: int) -> tuple[int, int]:
    """The id that a bound names; with this *number* where it has none."""
    position, dash, own = bound.removeprefix("(").partition("-")
    return int(position), int(own) if dash else number


def _told(entries: list[tuple[tuple[int, int], dict[bytes, bytes]]]) -> list[Any]:
    return [(b"%d-%d" % id_, fields) for id_, fields in entries]


class Pipeline:
    def __init__(self, redis: Redis) -> None:
        self._redis, self._answers = redis, []

    def hmget(self, key: str, *fields: str) -> None:
        self._answers.append([self._redis.hashes.get(key, {}).get(name) for name in fields])

    def xrange(self, _: str, low: str, high: str, *, count: int) -> None:
        self._answers.append(_told(self._redis.between(low, high)[:count]))

    def xrevrange(self, _: str, high: str, low: str, *, count: int) -> None:
        self._answers.append(_told(self._redis.between(low, high)[: -count - 1 : -1]))

    async def execute(self) -> list[Any]:
        return self._answers


class View:
    """As api.view.View has it, over `Redis`."""

    def __init__(self, redis: Redis) -> None:
        self.redis = redis

    @contextlib.asynccontextmanager
    async def answering(self):
        yield self.redis

    async def ask_for(self, contest: str) -> None:
        self.redis.asked.append(contest)

    async def raw(self, contest: str, type_: str) -> dict[bytes, bytes]:
        found = self.redis.hashes.get(objects_key(contest, type_), {})
        return {id_.encode(): value for id_, value in found.items()}

    async def held(self, contest: str) -> int:
        return int(self.redis.hashes.get(meta_key(contest), {}).get("log", b"-1"))

    async def whole(self, contest: str, *types: str) -> tuple[int, list[dict[bytes, bytes]]]:
        return await self.held(contest), [await self.raw(contest, type_) for type_ in types]

    async def many(self, contest: str, type_: str, ids: list[str]) -> list[Stored]:
        found = self.redis.hashes.get(objects_key(contest, type_), {})
        return [parse_stored(found[id_]) for id_ in ids if id_ in found]

    async def object(self, contest: str, type_: str, id_: str) -> Stored | None:
        found = self.redis.hashes.get(objects_key(contest, type_), {}).get(id_)
        return parse_stored(found) if found else None


class FeedWorld:
    """The contest after the events that were added."""

    def __init__(self) -> None:
        self.redis = Redis()
        self.view = View(self.redis)
        self.folded = Folded(State(C), Awards(State(C), ContestState(C)))
        self.position = -1
        self.log: list[tuple[int, events.Event]] = []

    def add(self, event: events.Event) -> int:
        """What the live sink does with an event: streams/live/view.py, effects.py and log.lua in a few lines."""
        self.position += 1
        position, state = self.position, self.folded.state
        if refused(event, state.conduct.fold_version):
            self.folded.leave_out(position)
        else:
            self.log.append((position, event))
            refolded = self._refolded() if self.folded.contains_skipped(event) else None
            for number, change in enumerate(self.folded.apply(position, event, refolded).changes, 1):
                self._take(position, number, change)
        state.position = position
        self.redis.hset(meta_key(C), "log", b"%d" % position)
        return position

    def _refolded(self) -> Refolded:
        """What `fold_contest` makes of the log."""
        named = [event.position for _, event in self.log if isinstance(event, events.PositionSkipped)]
        scores = fold_scores((one for one in self.log if one[0] not in named), C)
        return Refolded(scores, self.position, skipped=named)

    def _take(self, position: int, number: int, change: Any) -> None:
        now = None if change.facts is None else Stored(change.object, change.facts, position)
        doc = b"" if now is None else now.encode()
        if change.stored and now is None:
            del self.redis.hashes[objects_key(C, change.type)][change.id]
        elif change.stored:
            self.redis.hset(objects_key(C, change.type), change.id, doc)
        runs_ = change.type == "runs"
        was = b"" if change.was is None else encode_was(Stored(*change.was, position), now)
        fields = {b"type": change.type.encode(), b"id": change.id.encode(), b"doc": b"" if runs_ else doc}
        self.redis.stream.append(((position, number), fields | {b"was": was, b"push": b"1"}))
        turn = {"contest": "contest", "teams": f"teams:{change.id}"}.get(change.type)
        if turn:
            had = self.redis.hashes.get(turns_key(C), {}).get(turn, b"")
            self.redis.hset(turns_key(C), turn, b"%s %d-%d" % (had, position, number))

    def reload(self) -> None:
        """What a live sink does that begins again: its state out of its parts."""
        codec_, state = codec(), self.folded.state
        awards = self.folded._awards
        scores = [key for key, _ in awards.scores.parts()] if isinstance(awards, Awards) else ["broken"]
        keys = [*state.keys(), *(f"scores|{key}" for key in scores)]
        parts = [(key, self.folded.dump(key, codec_)) for key in keys]
        self.folded = Folded.load(C, state.position, parts, codec_)

    # ---- readers --------------------------------------------------------------------------------------------------

    def feed(self, version: str, viewer: Viewer, token: str | None = None) -> Feed:
        tokens = Tokens.of(Sealer("secret"), C, version, viewer)
        place = None if token is None else tokens.place(token)
        assert token is None or place is not None
        return Feed(Source(self.view, C), Ground(version, viewer), tokens, place)

    async def told(self, version: str, viewer: Viewer, token: str | None = None) -> list[dict[str, Any]]:
        return await read(self.feed(version, viewer, token))

    async def rest(self, version: str, viewer: Viewer) -> dict[tuple[str, str | None], Any]:
        """All objects that the REST endpoints list."""
        contest = await self.view.object(C, "contest", C)
        site = SimpleNamespace(view=self.view)
        look = Look(site, Caller(), viewer, C, contest, self.position, Scene.of_log(contest.facts), version)
        found: dict[tuple[str, str | None], Any] = {("contest", None): look.tell("contest", [contest])[0]}
        found["state", None] = (await self.view.object(C, "state", "state")).object
        for type_ in COLLECTIONS:
            if type_ == "runs":
                of = [id_.decode() for id_ in (await self.view.whole(C, "judgements"))[1][0]]
                found |= {("runs", one["id"]): one async for some in runs(look, of) for one in some}
            else:
                found |= {(type_, one["id"]): one for one in await listed(look, type_)}
        return {key: orjson.loads(orjson.dumps(one)) for key, one in found.items()}


async def read(feed: Feed) -> list[dict[str, Any]]:
    """The lines up to the end of what there is."""
    return [orjson.loads(line) async for piece in feed.news() for line in piece.splitlines()]


class Client:
    """The objects that a client has which knows the specification and nothing else."""

    def __init__(self) -> None:
        self.objects: dict[tuple[str, str | None], Any] = {}

    def take(self, lines: list[dict[str, Any]]) -> None:
        for one in lines:
            if one["data"] is None:
                del self.objects[one["type"], one["id"]]  # nothing is deleted that the client does not have
            else:
                assert self.objects.get((one["type"], one["id"])) != one["data"], "nothing is told that has not changed"
                self.objects[one["type"], one["id"]] = one["data"]


# ---- stories --------------------------------------------------------------------------------------------------------


def story(seed: int, length: int = 60) -> list[events.Event]:
    """A contest with all that a feed has words for, its transitions where the clock notes them, up to the end of updates."""
    draw = random.Random(seed)
    log = make.story(C, seed, length)
    whose = {one.id: one for one in log if isinstance(one, events.Submission)}
    for step in range(length):
        log.insert(draw.randrange(10, len(log)), _extra(draw, step, whose))
    # positions have moved, and with them the numbers of rejudgings: what refers to one is aimed anew
    created: list[int] = []
    for position, one in enumerate(log):
        if isinstance(one, events.RejudgingCreated):
            created.append(position)
        elif (
            isinstance(one, events.RejudgingApplied | events.RejudgingReverted | events.RejudgingCancelled) and created
        ):
            log[position] = _again(one, rejudging=draw.choice(created))
        elif isinstance(one, events.JudgingStarted | events.Runs | events.Judgement) and one.judging and created:
            log[position] = _again(one, judging=created[-1])
    return _with_clock(log, draw)


def _again(event: Any, **fields: Any) -> Any:
    return dataclasses.replace(event, **fields)


def _extra(draw: random.Random, step: int, whose: dict[str, Any]) -> events.Event:
    id_, at = draw.choice(sorted(whose)), step * 5 * MINUTE
    team = f"t{draw.randint(1, 3)}"
    match draw.randrange(10):
        case 0:
            groups = tuple(draw.sample(["site", "crew"], draw.randint(0, 2)))
            return make.make(events.Team, C, id=team, name=f"Team {team}", group_ids=groups, hidden=draw.random() < 0.2)
        case 1:
            return make.make(events.Group, C, id="crew", name="Crew", hidden=draw.random() < 0.5)
        case 2:
            to = (
                {"to_group_ids": (draw.choice(["site", "crew"]),)}
                if draw.random() < 0.6
                else {"to_team_ids": ("t1", "t2")}
            )
            return make.make(
                events.Clarification,
                C,
                id=f"a{step}",
                text="!",
                asked_at=START + at,
                reply_to_id=draw.choice(["q0", "q1", None]),
                **to,
            )
        case 3:
            named = ("teams:t1", f"submissions:{id_}", "groups:crew", f"persons:p{step % 3}", "clarifications:q0", "Hm")
            about = {"message": f"{{{draw.choice(named)}}}", "said_at": START + at}
            lists = {"team_ids": (team,), "submission_ids": (id_,), "problem_ids": ("alpha",)}
            return make.make(events.Commentary, C, id=f"m{step}", **about, **draw.choice([lists, {}]))
        case 4:
            verdicts = draw.choice([("AC", "AC", "WA"), ("AC", "TLE"), ("AC",)])
            runs_ = tuple(
                events.Run(n, verdict, 57, 80, 1024, START + at + n, test="sample/1" if n == 1 else f"secret/{n}")
                for n, verdict in enumerate(verdicts, draw.choice([1, 1, 3]))
            )
            return make.make(
                events.Runs, C, START + at, submission_id=id_, judging=0, attempt=draw.randint(1, 2), runs=runs_
            )
        case 5:
            about = {"submission_id": id_, "team_id": whose[id_].team_id, "problem_id": whose[id_].problem_id}
            kind = draw.choice([events.SubmissionIgnored, events.SubmissionVerified, events.SubmissionHacked])
            more = {"judging": 0} if kind is events.SubmissionVerified else {}
            more |= {"by_team_id": "t3", "successful": draw.random() < 0.7} if kind is events.SubmissionHacked else {}
            return act(kind, f"on{step}", C, at, **about, **more)
        case 6:
            return act(events.StartMoved, f"mv{step}", C, at, start_time=START + draw.choice([0, 0, MINUTE, at + HOUR]))
        case 7:
            more = draw.choice(
                [
                    {"feedback": "full"},
                    {"feedback": "number"},
                    {"verification": True},
                    {"main_scoreboard_group_id": "site"},
                ]
            )
            return make.definition(C, changes=10_000 + step, **more)  # what it changes is said when it is placed
        case 8:
            return act(events.TeamTimeExtended, f"x{step}", C, at, team_id=team, by=5 * MINUTE)
        case _:
            return make.make(events.Person, C, id=f"p{step % 3}", name="P", role="coach", team_ids=(team, "t2"))


def _with_clock(log: list[Any], draw: random.Random) -> list[events.Event]:
    """The log with what the clock writes into it, finished in good order; positions in acts are those of the new log."""
    state, found, moved = State(C), [], {}
    now = START - HOUR

    def add(event: Any) -> None:
        found.append(event)
        if not refused(event, state.conduct.fold_version):
            fold(state, len(found) - 1, event)

    def tick() -> None:
        for kind, at in due(state, now):
            add(transition(C, kind, at, now, "clock"))

    for position, old in enumerate(log):
        numbers = {name: getattr(old, name, 0) for name in ("rejudging", "judging")}
        fields = {name: moved[number] for name, number in numbers.items() if number in moved and number > 0}
        if isinstance(old, events.Definition) and old.changes >= 0:
            fields["changes"] = state.conduct.definition_position
        event = _again(old, **fields)
        now = max(now, event.recorded_at)
        if draw.random() < 0.8:
            tick()
        moved[position] = len(found)
        add(event)
    now = max(now, START + 12 * HOUR, (state.last_end or 0) + MINUTE)
    tick()
    add(act(events.ThawScheduled, "thaw", C, now - START, thaw_time=now))
    ends = [tick, lambda: add(act(events.Finalized, "final", C, now - START, b=draw.randint(0, 1)))]
    for one in draw.sample(ends, 2):
        one()
    add(make.make(events.Clarification, C, id="late", text="too late", asked_at=now))
    return found
