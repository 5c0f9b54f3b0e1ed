"""A contest of our own log as an event feed of Contest API 2026-01 or 2023-06."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import orjson

from clics import objects
from clics.derive import Derived, configuration, derive
from clics.feeds.model import SINGLE, Object, order_of
from clics.feeds.older import OLDER
from clics.fold import fold
from clics.package_acts import is_told
from clics.state import State
from clics.times import parse_time
from schemas.errors import DataError
from schemas.events import Act, Event, Runs, Submission
from schemas.live import TYPES, Key, withheld

__all__ = ["EXPORTED", "Happened", "Reader", "See", "feed"]

EXPORTED = ("2023-06", "2026-01")
"""The versions that we write."""

See = Callable[[str, Any, Mapping[str, Any]], Any | None]
"""The object of a type with its access facts, as a reader may see it; None: they may not."""

Reader = Callable[[Mapping[str, Any], int], See]
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
class Happened:
    """A contest after all its events, the batches of runs on the way by their positions, and the latest moment.

    `acts` are those of `podium-acts.json`: of two with one id the first counts, and nothing behind the end of updates.
    """

    state: State
    runs: dict[int, list[list[Any]]] = field(default_factory=dict)
    last: int = 0
    acts: dict[str, Act] = field(default_factory=dict)

    def take(self, position: int, event: Event) -> None:
        """Another event of the log, in its order."""
        # whoever knows that there is a submission knows that its moment has come, whatever became of it
        self.last = max(self.last, event.recorded_at, event.submitted_at if isinstance(event, Submission) else 0)
        if isinstance(event, Act) and is_told(event) and self.state.conduct.closed is None:
            self.acts.setdefault(event.id, event)
        fold(self.state, position, event)
        if isinstance(event, Runs):
            self.runs[position] = [[run.ordinal, run.judgement_type_id, run.ended_at, run.cpu_ms] for run in event.runs]

    def batches(
        self, judgement: str, facts: Mapping[str, Any], contest: Mapping[str, Any]
    ) -> Iterator[tuple[int, list[Object]]]:
        """Positions and runs of a judgement's batches, given its access facts and the contest's."""
        about = {**facts, "judgement": judgement}
        for batch in facts["runs"]:
            position = int(batch.rpartition(".")[2])
            yield position, objects.runs(about, contest, self.runs.get(position, ()))

    def derived(self) -> Derived:
        """All objects with their access facts."""
        keys = {
            *configuration(self.state),
            *self.state.records,
            *(("submissions", id_) for id_ in self.state.submissions),
            ("contest", self.state.contest),
            ("state", "state"),
        }
        return derive(self.state, keys)


def feed(
    happened: Happened,
    *,
    version: str = "2026-01",
    reader: Reader | None = None,
    now: int | None = None,
    awards: Iterable[Object] = (),
) -> Iterator[bytes]:
    """The contest's event feed: each object as it is after the last event, in the order in which it came about. Pure.

    Configuration stands first, then what has a time by its time: a judgement once when it began and once as it ended, the
    state with each transition, awards before the last of them. `end_of_updates` is in the last line. A feed has no words
    for some of what a log says: a submission that the jury ignores is left out, unless the reader sees it as pending; a
    disqualified team, added penalties and weights are not told, and of a rejudging only what came of it.

    Args:
        happened: the contest.
        version: one of EXPORTED.
        reader: who reads; the jury, who sees everything, unless it is given.
        now: the moment of the reading in UTC ms, that of the last event unless it is given.
        awards: those of the reader's board, and by hand.

    Raises:
        DataError: when there is no such version, or the events do not define the contest.
    """
    if version not in EXPORTED:
        raise DataError(f"a feed is written in version {' or '.join(EXPORTED)}, not {version}")
    state = happened.state
    if state.definition is None:
        raise DataError(f"the log holds no definition of a contest {state.contest!r}")
    newest = version >= "2026-01"
    lines = _lines(happened, reader, happened.last if now is None else now, awards, newest=newest)
    told = (one for line in lines if line.data is not None for one in OLDER[version](line.type, line.id, line.data))
    for type_, id_, data in _referring(told):
        yield orjson.dumps({"type": type_, "id": None if type_ in SINGLE else id_, "data": data}) + b"\n"


def _lines(
    happened: Happened, reader: Reader | None, now: int, awards: Iterable[Object], *, newest: bool
) -> Iterator[_Line]:
    state, derived = happened.state, happened.derived()
    contest = derived["contest", state.contest][1]
    audience = "jury" if reader is None else "public"
    for one in awards:
        key = "awards", one["id"]
        hidden = [team for team in one["team_ids"] if state.hidden(team)]
        derived[key] = one, {"hidden": state.unheard_of(key), "audience": audience, "hidden_teams": hidden}
    see = _all if reader is None else reader(contest, now)
    left_out = _left_out(derived, contest, everything=reader is None)
    timed: list[_Line] = []
    told: dict[str, list[_Line]] = {type_: [] for type_ in TYPES}
    for (type_, id_), (made, facts) in sorted(derived.items(), key=lambda item: (item[0][0], order_of(item[0][1]))):
        if (type_, id_) in left_out or ("submissions", facts.get("submission")) in left_out:
            continue
        shown = see(type_, made, facts)
        if shown is None or not facts.get("visible", True):
            continue
        if type_ == "teams" and (facts["hidden"] or not (newest or _competes(state, shown))):
            shown = shown | {"hidden": True}  # older versions have no main group
        line = _Line(0, 0, order_of(id_), type_, id_, shown)
        if type_ == "judgements":
            if newest or facts["current"]:  # before `current`, a judgement that was replaced would count
                timed += _judgement(line)
                timed += _runs(happened, line, facts, see, contest)
        elif type_ in _TIMED:
            timed.append(line._replace(at=parse_time(shown["time"]), rank=_FIRST_OF_A_MOMENT[type_]))
        else:
            told[type_].append(line)
    steps = [step for line in told.pop("state") for step in _states(line)]
    for type_ in TYPES:
        if type_ not in ("state", "awards", *_TIMED):
            yield from told[type_]
    last = [steps.pop()] if steps[-1].at >= max((line.at for line in timed), default=0) else []
    yield from sorted([*timed, *steps], key=lambda line: line[:3])
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


def _referring(told: Iterable[tuple[str, str | None, Any]]) -> Iterator[tuple[str, str | None, Any]]:
    """What is told, where an answer names no message that the reader is not told of."""
    seen = set()
    for type_, id_, data in told:
        if type_ == "clarifications":
            seen.add(id_)
            if data.get("reply_to_id") not in seen:
                yield type_, id_, {name: value for name, value in data.items() if name != "reply_to_id"}
                continue
        yield type_, id_, data


def _competes(state: State, team: Object) -> bool:
    """Whether the team is on the contest's own board."""
    main = state.definition.main_scoreboard_group_id if state.definition else None
    return main is None or main in team["group_ids"]


def _judgement(line: _Line) -> Iterator[_Line]:
    """As it began, and as it ended."""
    found, rank = line.data, _FIRST_OF_A_MOMENT["judgements"]
    begun = {name: value for name, value in found.items() if name not in _OUTCOME}
    yield line._replace(at=parse_time(found["start_time"]), rank=rank, data=begun)
    if "end_time" in found:
        yield line._replace(at=parse_time(found["end_time"]), rank=_ENDED)


def _runs(
    happened: Happened, judgement: _Line, facts: Mapping[str, Any], see: See, contest: Mapping[str, Any]
) -> Iterator[_Line]:
    for _, batch in happened.batches(judgement.data["id"], facts, contest):
        for run in batch:
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
