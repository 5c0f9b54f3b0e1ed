"""The live view in Redis: names of keys and shapes of values, for its one writer (the live sink) and its readers.

`{contest}` is a hash tag: all keys of a contest sit in one slot. Positions are offsets in the contest's partition.

| key | type | content |
|---|---|---|
| `{c}:meta` | hash | `epoch`, drawn when the keys are made; `log` and `rows`, the last positions of the two topics that are applied; `active`, the generation that is shown ("0" where missing); `promotions`, how often it has changed, which stands for it outside: its name is a position; `definition`, the position of the current definition; `finalized`, ms; `made`, the end of the log when the keys were made; `away`, where all but this, `contest` and `state` have left |
| `{c}:o:TYPE` | hash | id → `Stored`: the CLICS object as the jury may see it, access facts, position |
| `{c}:feed` | stream | every change of an object: id `position-n`, fields `type`, `id`, `doc` (a `Stored`; empty: deleted; of runs: empty, look it up), `was` (`encode_was`; empty: it is new), `push` (empty: the object itself shows no news; its facts may have changed); of type `generation`: `id` is the active one now |
| `{c}:turns` | hash | `contest`, `teams:ID` → the ids of their entries in the feed, in order, with spaces between: what decides beside an object who sees it |
| `{c}:n`, `{c}:i` | hash | submission's id → its number, number → id |
| `{c}:r:G:A` | hash | team → row, of generation G for audience A (public, jury): listed rows, and those of teams out of competition, which are on the boards of their groups alone |
| `{c}:rp:G:A` | hash | team → position of the row |
| `{c}:z:G:A`, `{c}:zm:G:A` | sorted set, hash | members in the order of the board, for pages and rank look-ups; team → its member |
| `{c}:f:G:A`, `{c}:fp:G:A` | hash | problem → who solved it first, where that is decided; problem → position |
| `{c}:d:G:A` | capped stream | deltas: id `revision-0`, field `d` |
| `{c}:v:G:A` | string | the revision: how many changes of this board there were |
| `{c}:m:G:A` | string | the scorer's latest mark |
| `{c}:s` | hash | the live sink's own: its state after `log` |
| `{c}:br:G:A` … | | the live sink's own: a batch that waits for its closing mark |
| `live:PARTITION` | hash | the live sink's own: how far it has read |
| `tmp:asked` | sorted set | the readers': contest → when somebody last asked for it, real ms; one that is away comes back |
| `tmp:places` | sorted set | the apis': process → until when, by Redis's clock in ms, it counts as alive |
| `tmp:places:API` | hash | how many live streams an api has open, by a hash of contest and address; the field without a name says that it is there |
| `tmp:audited:CONTEST` | hash | the auditor's, for `podium status`: `proved`, the last position that it proved; of its last audit `different` (0 or 1), `unaudited` (how many views it could not compare) and `at`, real ms |

Another epoch means other tokens: a reader that sees one starts from a snapshot. A Redis that came back older keeps its
epoch and goes through the same revisions again, so a reader may meet a revision that is behind its own.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import orjson

from schemas.rows import Cell, FirstToSolve, Mark, ScoreboardRow

__all__ = [
    "ASKED_KEY",
    "PLACES_KEY",
    "RANK",
    "RESTING",
    "TYPES",
    "FeedEntry",
    "Key",
    "LiveFirst",
    "LiveMark",
    "LiveRow",
    "Meta",
    "Notification",
    "Stored",
    "audited_key",
    "deltas_key",
    "encode_first",
    "encode_mark",
    "encode_row",
    "encode_was",
    "feed_key",
    "firsts_key",
    "ids_key",
    "in_order",
    "index_key",
    "index_member",
    "is_listed",
    "mark_key",
    "members_key",
    "meta_key",
    "numbers_key",
    "objects_key",
    "parse_entry",
    "parse_first",
    "parse_mark",
    "parse_meta",
    "parse_most",
    "parse_notifications",
    "parse_row",
    "parse_stored",
    "revision_key",
    "row_positions_key",
    "rows_key",
    "state_key",
    "turns_key",
    "withheld",
    "witness_key",
]

TYPES = (
    "contest",
    "judgement-types",
    "languages",
    "problems",
    "groups",
    "organizations",
    "teams",
    "persons",
    "state",
    "submissions",
    "judgements",
    "runs",
    "clarifications",
    "awards",
    "commentary",
)
"""The types of objects, named as in the Contest API's notifications, in the order of references."""

Key = tuple[str, str]
"""An object by its type, one of TYPES, and its id."""

RANK = {type_: rank for rank, type_ in enumerate(TYPES)}
"""The place of each type in that order."""

RESTING = ("contest", "state")
"""The types whose objects stay when a contest that is over leaves Redis."""

ASKED_KEY = "tmp:asked"
"""The sorted set of contests that somebody asked for."""
PLACES_KEY = "tmp:places"
"""The sorted set of the api's processes that hold places, each until when its lease runs."""


# ---- keys -----------------------------------------------------------------------------------------------------------


def meta_key(contest: str) -> str:
    """The contest's meta hash."""
    return f"{{{contest}}}:meta"


def objects_key(contest: str, type_: str) -> str:
    """The hash of all objects of one of TYPES; `contest` and `state` hold one, under the contest's id and "state"."""
    return f"{{{contest}}}:o:{type_}"


def feed_key(contest: str) -> str:
    """The stream of all changes of objects."""
    return f"{{{contest}}}:feed"


def turns_key(contest: str) -> str:
    """The hash of the entries of the feed that say what decides beside an object who sees it."""
    return f"{{{contest}}}:turns"


def numbers_key(contest: str) -> str:
    """The hash from a submission's id to its number."""
    return f"{{{contest}}}:n"


def ids_key(contest: str) -> str:
    """The hash from a submission's number to its id."""
    return f"{{{contest}}}:i"


def state_key(contest: str) -> str:
    """The hash with the live sink's state."""
    return f"{{{contest}}}:s"


def rows_key(contest: str, generation: str, audience: str) -> str:
    """The hash of a board's rows: the listed ones, and those of teams out of competition."""
    return f"{{{contest}}}:r:{generation}:{audience}"


def row_positions_key(contest: str, generation: str, audience: str) -> str:
    """The hash of the positions of a board's rows."""
    return f"{{{contest}}}:rp:{generation}:{audience}"


def index_key(contest: str, generation: str, audience: str) -> str:
    """The sorted set of a board's `index_member`s: an index for paging and rank look-ups, never the authority."""
    return f"{{{contest}}}:z:{generation}:{audience}"


def members_key(contest: str, generation: str, audience: str) -> str:
    """The hash from a listed team to its `index_member`."""
    return f"{{{contest}}}:zm:{generation}:{audience}"


def firsts_key(contest: str, generation: str, audience: str) -> str:
    """The hash of a board's decided first-to-solves."""
    return f"{{{contest}}}:f:{generation}:{audience}"


def deltas_key(contest: str, generation: str, audience: str) -> str:
    """The capped stream of a board's deltas; an entry's `d` is what changed with its revision, {"rows", "firsts"}.

    Rows as `encode_row` writes them, one that left the board {"team_id", "listed": false}; firsts by problem, null
    where that is no longer decided.
    """
    return f"{{{contest}}}:d:{generation}:{audience}"


def revision_key(contest: str, generation: str, audience: str) -> str:
    """A board's revision; missing before its first change."""
    return f"{{{contest}}}:v:{generation}:{audience}"


def mark_key(contest: str, generation: str, audience: str) -> str:
    """The scorer's latest mark of a board."""
    return f"{{{contest}}}:m:{generation}:{audience}"


def witness_key(partition: int) -> str:
    """How far the live sink has read a partition of the log and of the rows, and what each contest must hold."""
    return f"live:{partition}"


def audited_key(contest: str) -> str:
    """What the auditor last said of a contest; "*" for the pattern of all."""
    return f"tmp:audited:{contest}"


# ---- values ---------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Meta:
    """A contest's meta hash; positions are -1 where nothing of the topic is applied.

    `part`: an event behind `log` is there in part, as one that changes very much comes in several scripts.
    """

    epoch: str
    log: int
    rows: int
    active: str
    definition: int
    finalized: int | None
    away: bool
    part: bool


@dataclass(frozen=True, slots=True)
class Stored:
    """An object as it lies in the view: complete, as the jury may see it, with what a reader needs to cut it down.

    `facts` of every object but runs: `hidden` (it belongs to a hidden or removed team) and, where it has one, `team`,
    the owner. The others: `clics.derive` says which type has which.
    """

    object: Any
    facts: dict[str, Any]
    position: int

    def encode(self) -> bytes:
        """The bytes in Redis."""
        return orjson.dumps({"o": self.object, "a": self.facts, "p": self.position})


@dataclass(frozen=True, slots=True)
class FeedEntry:
    """A change of an object: as it is from this position of the log on, and as it was; None: it is gone, it is new.

    Both may be the same: who sees what of it may have changed with the contest, or a team's groups.
    """

    position: int
    type: str
    id: str
    now: Stored | None
    was: Stored | None


@dataclass(frozen=True, slots=True)
class Notification:
    """An entry of the feed that the push passes on. `stored` is None where the object is gone.

    Of type `generation`, none of the Contest API's: `id` is the generation that is active from here on.
    """

    token: str
    type: str
    id: str
    stored: Stored | None


@dataclass(frozen=True, slots=True)
class LiveRow:
    """A row of a board as the scorer wrote it; one that is not listed is of a team out of competition."""

    team_id: str
    listed: bool
    ranked: bool
    sort_key: tuple[int, ...]
    tie_key: str
    num_solved: int
    total_time: int
    score: int | None
    time: int | None
    cells: tuple[Cell, ...]


@dataclass(frozen=True, slots=True)
class LiveFirst:
    """Who solved a problem first, where that is decided."""

    problem_id: str
    team_id: str
    submission_id: str | None
    time: int | None


@dataclass(frozen=True, slots=True)
class LiveMark:
    """The scorer's mark: the digest of the canonical board at a position of the log."""

    position: int
    digest: str
    fold_version: int


def parse_meta(found: Mapping[bytes, bytes]) -> Meta | None:
    """The meta hash as HGETALL gives it; None where the contest is not in the view."""
    if b"epoch" not in found:
        return None
    return Meta(
        epoch=found[b"epoch"].decode(),
        log=int(found.get(b"log", -1)),
        rows=int(found.get(b"rows", -1)),
        active=found.get(b"active", b"0").decode(),
        definition=int(found.get(b"definition", -1)),
        finalized=int(found[b"finalized"]) if found.get(b"finalized") else None,
        away=b"away" in found,
        part=b"part" in found,
    )


def parse_most(value: bytes | None) -> tuple[int, int]:
    """What a witness says that a contest held at most, of the log and of the rows; -1 where it says nothing."""
    log, rows = map(int, value.split()) if value else (-1, -1)
    return log, rows


def parse_stored(data: bytes) -> Stored:
    """A value of `objects_key`."""
    doc = orjson.loads(data)
    return Stored(doc["o"], doc["a"], doc["p"])


_UNCHANGED = b"{}"
"""What `encode_was` gives for an object that has not changed."""


def encode_was(was: Stored, now: Stored | None) -> bytes:
    """An object as it was, by how it differs from what it is: the fields that had another value or were not there. Pure."""
    if now is None:
        return was.encode()
    patch: dict[str, Any] = {}
    for name, old, new in (("o", was.object, now.object), ("a", was.facts, now.facts)):
        other = {key: value for key, value in old.items() if key not in new or new[key] != value}
        absent = [key for key in new if key not in old]
        if other:
            patch[name] = other
        if absent:
            patch[f"{name}-"] = absent
    return orjson.dumps(patch)


def parse_entry(id_: bytes, fields: Mapping[bytes, bytes]) -> FeedEntry | None:
    """An entry of `feed_key`; None for one of runs, of which their judgement's entries say all, and of no object."""
    type_, doc, was = fields[b"type"].decode(), fields[b"doc"], fields[b"was"]
    if type_ not in TYPES or type_ == "runs":
        return None
    position = int(id_.partition(b"-")[0])
    now = parse_stored(doc) if doc else None
    before = None
    if was and now is None:
        before = parse_stored(was)
    elif was and now is not None:
        patch = orjson.loads(was)
        before = Stored(_patched(now.object, patch, "o"), _patched(now.facts, patch, "a"), position) if patch else now
    return FeedEntry(position, type_, fields[b"id"].decode(), now, before)


def _patched(new: dict[str, Any], patch: Mapping[str, Any], name: str) -> dict[str, Any]:
    if name not in patch and f"{name}-" not in patch:
        return new
    absent, other = patch.get(f"{name}-", ()), patch.get(name, {})
    return {**{key: value for key, value in new.items() if key not in absent}, **other}


def parse_notifications(
    entries: Iterable[tuple[bytes, Mapping[bytes, bytes]]], changed: Collection[str] = ()
) -> list[Notification]:
    """Those entries of `feed_key` that are news for the push; of the types *changed* every change of an object.

    What has changed may be facts alone: who hears of that is then the reader's to find out.
    """
    return [
        Notification(
            id_.decode(),
            fields[b"type"].decode(),
            fields[b"id"].decode(),
            parse_stored(fields[b"doc"]) if fields[b"doc"] else None,
        )
        for id_, fields in entries
        if fields[b"push"] or (fields[b"type"].decode() in changed and fields[b"was"] != _UNCHANGED)
    ]


def encode_row(row: ScoreboardRow) -> bytes:
    """A row's bytes: equal for rows that look the same, whatever position they were written at. Pure."""
    return orjson.dumps(
        {
            "team_id": row.team_id,
            "listed": row.listed,
            "ranked": row.ranked,
            "sort_key": row.sort_key,
            "tie_key": row.tie_key,
            "num_solved": row.num_solved,
            "total_time": row.total_time,
            "score": row.score,
            "time": row.time,
            "cells": row.cells,
        }
    )


def is_listed(data: bytes) -> bool:
    """Whether a value of `rows_key` is on the contest's own board, told without parsing it. Pure."""
    return b'"listed":true' in data  # within a string the quotes would be escaped


def parse_row(data: bytes) -> LiveRow:
    """A value of `rows_key`."""
    row = orjson.loads(data)
    cells = tuple(Cell(**cell) for cell in row.pop("cells"))
    return LiveRow(sort_key=tuple(row.pop("sort_key")), cells=cells, **row)


def encode_first(first: FirstToSolve) -> bytes:
    """The bytes of who solved a problem first; empty where that is not decided. Pure."""
    if first.team_id is None:
        return b""
    return orjson.dumps({"team_id": first.team_id, "submission_id": first.submission_id, "time": first.time})


def parse_first(problem_id: str, data: bytes) -> LiveFirst:
    """A value of `firsts_key`."""
    return LiveFirst(problem_id=problem_id, **orjson.loads(data))


def encode_mark(mark: Mark) -> bytes:
    """A mark's bytes. Pure."""
    return orjson.dumps({"position": mark.position, "digest": mark.digest, "fold_version": mark.fold_version})


def parse_mark(data: bytes) -> LiveMark:
    """The value of `mark_key`."""
    return LiveMark(**orjson.loads(data))


def index_member(row: ScoreboardRow | LiveRow) -> bytes:
    """The member of `index_key` for a listed row: its bytes sort as (sort_key, tie_key) does. Pure."""
    keys = b"".join(b"%016x" % (value + (1 << 63)) for value in row.sort_key)
    return keys + b"\0" + row.tie_key.encode() + b"\0" + row.team_id.encode()


def withheld(contest_facts: Mapping[str, Any], submitted_at: int) -> bool:
    """Whether the public must not see what became of a submission made at this time: frozen, not yet thawed. Pure."""
    freeze = contest_facts["freeze"]
    return freeze is not None and contest_facts["thaw"] is None and submitted_at >= freeze


def in_order(rows: Iterable[LiveRow]) -> list[LiveRow]:
    """The rows as the board shows them. Pure."""
    return sorted(rows, key=lambda row: (row.sort_key, row.tie_key))
