"""A contest of our own log as an event feed of Contest API 2026-01 or 2023-06."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import orjson

from clics import objects
from clics.derive import Derived, Key, configuration, derive
from clics.feeds.model import SINGLE, Object, order_of
from clics.feeds.older import OLDER
from clics.state import State
from clics.times import parse_time
from clics.view import apply
from schemas.errors import DataError
from schemas.events import Event
from schemas.live import TYPES, withheld

__all__ = ["EXPORTED", "Reader", "See", "feed_of"]

EXPORTED = ("2023-06", "2026-01")
"""The versions that we write."""

See = Callable[[str, Any, Mapping[str, Any]], Any | None]
"""The object of a type with its access facts, as a reader may see it; None: they may not."""

Reader = Callable[[Derived, Mapping[str, Any], int], See]
"""Who reads: given all objects, the contest's access facts and the moment in UTC ms."""

_TIMED = ("submissions", "judgements", "runs", "clarifications", "commentary")
_OUTCOME = (
    "judgement_type_id",
    "simplified_judgement_type_id",
    "score",
    "end_time",
    "end_contest_time",
    "max_run_time",
)
_FIRST_OF_A_MOMENT = {"state": 0, "submissions": 1, "judgements": 2, "runs": 3, "clarifications": 5, "commentary": 6}
_ENDED = 4
"""Behind its runs."""


class _Line(NamedTuple):
    at: int
    rank: int
    order: tuple[int, str]
    type: str
    id: str | None
    data: Any


@dataclass(slots=True)
class _Contest:
    """The contest after all its events, and the batches of runs on the way."""

    state: State
    runs: dict[str, Any] = field(default_factory=dict)
    last: int = 0


def feed_of(
    events: Iterable[tuple[int, Event]],
    contest: str,
    *,
    version: str = "2026-01",
    reader: Reader | None = None,
    now: int | None = None,
    awards: Iterable[Object] | None = None,
) -> Iterator[bytes]:
    """The contest's event feed: each object as it is after the last event, in the order in which it came about. Pure.

    Configuration stands first, then what has a time by its time: a judgement once when it began and once as it ended, the
    state with each transition, awards before the last of them. `end_of_updates` is in the last line. A feed has no words
    for some of what a log says: a submission that the jury ignores is left out, unless the reader sees it as pending; a
    disqualified team, added penalties and weights are not told, and of a rejudging only what came of it.

    Args:
        events: positions and events of the contest's log.
        contest: its id.
        version: one of EXPORTED.
        reader: who reads; the jury, who sees everything, unless it is given.
        now: the moment of the reading in UTC ms, that of the last event unless it is given.
        awards: those of the board; without them, what the jury gave.

    Raises:
        DataError: when there is no such version, or the events do not define the contest.
    """
    if version not in EXPORTED:
        raise DataError(f"a feed is written in version {' or '.join(EXPORTED)}, not {version}")
    whole = _folded(events, contest)
    if whole.state.definition is None:
        raise DataError(f"the log holds no definition of a contest {contest!r}")
    replaced = version >= "2026-01"  # before `current`, a judgement that was replaced would count
    for line in _lines(whole, reader, whole.last if now is None else now, awards, replaced=replaced):
        for type_, id_, data in OLDER[version](line.type, line.id, line.data) if line.data is not None else ():
            said = {"type": type_, "id": None if type_ in SINGLE else id_, "data": data}
            yield orjson.dumps(said) + b"\n"


def _folded(events: Iterable[tuple[int, Event]], contest: str) -> _Contest:
    whole = _Contest(State(contest))
    for position, event in events:
        whole.last = max(whole.last, event.recorded_at)
        for change in apply(whole.state, position, event).changes:
            if change.type == "runs" and change.stored and change.facts is not None:
                whole.runs[change.id] = change.object
    return whole


def _lines(
    whole: _Contest, reader: Reader | None, now: int, awards: Iterable[Object] | None, *, replaced: bool
) -> Iterator[_Line]:
    state = whole.state
    keys = {
        *configuration(state),
        *state.records,
        *(("submissions", id_) for id_ in state.submissions),
        ("contest", state.contest),
        ("state", "state"),
    }
    derived = derive(state, keys)
    contest = derived["contest", state.contest][1]
    if awards is not None:
        derived = {key: value for key, value in derived.items() if key[0] != "awards"}
        derived |= {("awards", one["id"]): (one, {"hidden": False}) for one in awards}
    see = _all if reader is None else reader(derived, contest, now)
    left_out = _left_out(derived, contest, everything=reader is None)
    timed: list[_Line] = []
    told: dict[str, list[_Line]] = {type_: [] for type_ in TYPES}
    for (type_, id_), (made, facts) in sorted(derived.items(), key=lambda item: (item[0][0], order_of(item[0][1]))):
        if (type_, id_) in left_out or ("submissions", facts.get("submission")) in left_out:
            continue
        shown = see(type_, made, facts)
        if shown is None or not facts.get("visible", True):
            continue
        line = _Line(0, 0, order_of(id_), type_, id_, _team(shown, facts, state) if type_ == "teams" else shown)
        if type_ == "judgements":
            if replaced or facts["current"]:
                timed += _judgement(line)
                timed += _runs(whole, line, facts, see, contest)
        elif type_ in _TIMED:
            timed.append(line._replace(at=parse_time(shown["time"]), rank=_FIRST_OF_A_MOMENT[type_]))
        else:
            told[type_].append(line)
    steps = [step for line in told.pop("state") for step in _states(line)]
    for type_ in TYPES:
        if type_ not in ("state", "awards", *_TIMED):
            yield from told[type_]
    last = [steps.pop()] if steps[-1].at >= max((line.at for line in timed), default=0) else []
    yield from _referring(sorted([*timed, *steps], key=lambda line: line[:3]))
    yield from told["awards"]
    yield from last


def _all(type_: str, found: Any, facts: Mapping[str, Any]) -> Any:
    del type_, facts
    return found


def _left_out(derived: Derived, contest: Mapping[str, Any], *, everything: bool) -> set[Key]:
    """What a feed does not tell: what was withdrawn or removed, what belongs to it, what the jury ignores.

    What the reader sees as pending stays pending, whatever the jury has done with it.
    """
    gone = {
        key
        for key, (_, facts) in derived.items()
        if (key[0] == "teams" and facts["removed"]) or (key[0] == "problems" and facts["withdrawn"])
    }
    for key, (_, facts) in derived.items():
        if key[0] == "submissions":
            pending = not everything and withheld(contest, facts["at"])
            about = {("teams", facts["team"]), ("problems", facts["problem"])}
            if (facts["ignored"] and not pending) or about & gone:
                gone.add(key)
    return gone


def _referring(lines: Iterable[_Line]) -> Iterator[_Line]:
    """The lines, where an answer names no message that the reader does not see."""
    seen = set()
    for line in lines:
        if line.type == "clarifications":
            seen.add(line.id)
            if line.data.get("reply_to_id") not in seen:
                yield line._replace(data={name: value for name, value in line.data.items() if name != "reply_to_id"})
                continue
        yield line


def _team(found: Object, facts: Mapping[str, Any], state: State) -> Object:
    """Who is not on the public's board is hidden, and says so: versions differ in what a main group is."""
    main = state.definition.main_scoreboard_group_id if state.definition else None
    outside = main is not None and main not in found["group_ids"]
    return found | {"hidden": True} if facts["hidden"] or outside else found


def _judgement(line: _Line) -> Iterator[_Line]:
    """As it began, and as it ended."""
    found, rank = line.data, _FIRST_OF_A_MOMENT["judgements"]
    begun = {name: value for name, value in found.items() if name not in _OUTCOME}
    yield line._replace(at=parse_time(found["start_time"]), rank=rank, data=begun)
    if "end_time" in found:
        yield line._replace(at=parse_time(found["end_time"]), rank=_ENDED)


def _runs(
    whole: _Contest, judgement: _Line, facts: Mapping[str, Any], see: See, contest: Mapping[str, Any]
) -> Iterator[_Line]:
    for batch in facts["runs"]:
        about = {**facts, "judgement": judgement.id}
        for run in objects.runs(about, contest, whole.runs.get(batch, ())):
            shown = see("runs", run, facts)
            if shown is not None and "judgement_type_id" in shown:
                rank = _FIRST_OF_A_MOMENT["runs"]
                yield _Line(parse_time(run["time"]), rank, order_of(run["id"]), "runs", run["id"], shown)


def _states(line: _Line) -> list[_Line]:
    """The state as it was after each transition, in the order of their times; the end of updates comes with the last."""
    found = line.data
    came = sorted((parse_time(at), name) for name, at in found.items() if at is not None and name != "end_of_updates")
    if not came:
        return [line]
    steps = []
    so_far: Object = dict.fromkeys(found)
    for at, name in came:
        so_far = so_far | {name: found[name]}
        steps.append(line._replace(at=at, data=so_far))
    if found.get("end_of_updates") is not None:
        steps.append(line._replace(at=parse_time(found["end_of_updates"]), rank=_ENDED, data=found))
    return steps
