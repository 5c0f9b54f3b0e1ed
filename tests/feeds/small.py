"""A small contest's feed, written in every version of the Contest API, and what its board is."""

from __future__ import annotations

import copy
import json
from typing import Any

from clics.feeds import Feed, events, read_feed
from clics.feeds.export import Happened
from clics.state import State
from clics.times import format_time, parse_reltime, parse_time
from podium.feeds.export import feed_for
from streams.scoring.fold import FOLDED, apply
from streams.scoring.project import active, board, find
from streams.scoring.ranking import ranked
from streams.scoring.state import ContestState

START = parse_time("2026-03-01T10:00:00.000+01:00")
VERSIONS = ("2020-03", "2021-11", "2022-07", "2023-06", "2026-01")

Told = tuple[str, str, dict[str, Any] | None]
"""Type, id, object in the words of 2026-01; None: it is gone."""


def at(time: str) -> dict[str, str]:
    """A moment of the contest in both ways."""
    return {"time": format_time(START + parse_reltime(time)), "contest_time": time}


def contest(**fields: Any) -> Told:
    return "contest", "tiny", {
        "id": "tiny",
        "name": "Tiny",
        "start_time": format_time(START),
        "duration": "5:00:00.000",
        "scoreboard_freeze_duration": "1:00:00.000",
        "scoreboard_type": "pass-fail",
        "penalty_time": "0:20:00.000",
    } | fields  # fmt: skip


def kind(id_: str, *, penalty: bool = False, solved: bool = False) -> Told:
    return "judgement-types", id_, {"id": id_, "name": id_.lower(), "penalty": penalty, "solved": solved}


def problem(id_: str, ordinal: int, **fields: Any) -> Told:
    own = {"id": id_, "label": id_.upper(), "name": f"Problem {id_}", "ordinal": ordinal, "time_limit": 1.5}
    return "problems", id_, own | {"test_data_count": 3} | fields


def team(id_: str, **fields: Any) -> Told:
    return "teams", id_, {"id": id_, "name": f"Team {id_}", "label": id_, "group_ids": ["all"]} | fields


def submission(id_: str, team_id: str, problem_id: str, time: str, **fields: Any) -> Told:
    own = {"id": id_, "team_id": team_id, "problem_id": problem_id, "language_id": "cpp"}
    return "submissions", id_, own | at(time) | {"files": []} | fields


def judgement(id_: str, of: str, verdict: str | None, began: str, ended: str = "", **fields: Any) -> Told:
    """A judgement that began and, with a verdict, ended."""
    own: dict[str, Any] = {"id": id_, "submission_id": of}
    own |= {f"start_{name}": value for name, value in at(began).items()}
    if verdict is not None:
        own |= {"judgement_type_id": verdict, **{f"end_{n}": v for n, v in at(ended or began).items()}}
    return "judgements", id_, own | fields


def run(of: str, ordinal: int, verdict: str, time: str) -> Told:
    own = {"id": f"{of}-{ordinal}", "judgement_id": of, "ordinal": ordinal, "judgement_type_id": verdict}
    return "runs", own["id"], own | at(time) | {"run_time": 0.25}


def state(**times: str) -> Told:
    """Transitions at contest times."""
    return "state", "state", {name: format_time(START + parse_reltime(time)) for name, time in times.items()}


CONFIGURATION: tuple[Told, ...] = (
    contest(),
    kind("AC", solved=True),
    kind("WA", penalty=True),
    kind("CE"),
    ("languages", "cpp", {"id": "cpp", "name": "C++", "entry_point_required": False, "extensions": ["cc", "cpp"]}),
    problem("a", 1),
    problem("b", 2),
    ("groups", "all", {"id": "all", "name": "Everybody"}),
    ("organizations", "uni", {"id": "uni", "name": "University", "country": "DEU"}),
    team("1", organization_id="uni"),
    team("2"),
    team("3"),
    ("persons", "ada", {"id": "ada", "name": "Ada L", "role": "contestant", "team_ids": ["1"]}),
)

LIVE: tuple[Told, ...] = (
    state(started="0:00:00"),
    submission("1", "1", "a", "0:10:30.500"),
    judgement("11", "1", None, "0:10:31"),
    run("11", 1, "AC", "0:10:32"),
    run("11", 2, "WA", "0:10:33"),
    judgement("11", "1", "WA", "0:10:31", "0:10:34"),
    submission("2", "2", "a", "0:15:00"),
    judgement("12", "2", "AC", "0:15:01", "0:15:05"),
    submission("3", "1", "a", "0:20:00"),
    judgement("13", "3", "AC", "0:20:01", "0:20:05"),
    submission("4", "2", "b", "1:00:59.999"),
    judgement("14", "4", "CE", "1:01:00", "1:01:01"),
    ("clarifications", "c1", {"id": "c1", "text": "Why?", "from_team_id": "1", "problem_id": "a"} | at("1:30:00")),
    ("clarifications", "c2", {"id": "c2", "text": "So.", "to_team_ids": ["1"], "reply_to_id": "c1"} | at("1:31:00")),
    state(started="0:00:00", frozen="4:00:00"),
    submission("5", "3", "b", "4:10:00"),
    judgement("15", "5", "AC", "4:10:01", "4:10:09"),
    submission("6", "2", "b", "4:59:59.999"),
    state(started="0:00:00", frozen="4:00:00", ended="5:00:00"),
)

END: tuple[Told, ...] = (
    judgement("16", "6", "WA", "5:00:00", "5:00:10"),
    state(started="0:00:00", frozen="4:00:00", ended="5:00:00", thawed="6:00:00"),
    ("awards", "winner", {"id": "winner", "citation": "Winner", "team_ids": ["2"]}),
    state(started="0:00:00", frozen="4:00:00", ended="5:00:00", thawed="6:00:00", finalized="6:10:00"),
    state(
        started="0:00:00",
        frozen="4:00:00",
        ended="5:00:00",
        thawed="6:00:00",
        finalized="6:10:00",
        end_of_updates="6:10:00",
    ),
)

WHOLE = (*CONFIGURATION, *LIVE, *END)

BOARD = [
    "1 2 1 15 a=1/15 b:1",
    "2 1 1 40 a=2/20",
    "3 3 1 250 b=1/250",
]
"""Rank, team, solved, minutes, cells: judged and minute of a solved one, judged, pending."""

FROZEN = [
    "1 2 1 15 a=1/15 b+1?",
    "2 1 1 40 a=2/20",
    "3 3 0 0 b+1?",
]
"""What the public sees from 5:00 to 6:00."""


# ---- writing --------------------------------------------------------------------------------------------------------


def written(told: tuple[Told, ...] | list[Told], version: str = "2026-01") -> list[dict[str, Any]]:
    """The notifications of a version."""
    found, known = [], set()
    for number, (newest, id_, one) in enumerate(told, 1):
        data = copy.deepcopy(one)
        type_ = newest if data is None else _older(newest, data, version)
        single = type_ in ("contest", "contests", "state")
        if version == "2020-03":
            name = {"contest": "contests"}.get(type_, type_)
            op = "delete" if data is None else "update" if (type_, id_) in known else "create"
            found.append({"type": name, "id": f"e{number}", "op": op, "data": {"id": id_} if data is None else data})
        elif version == "2021-11":
            endpoint = {} if type_ == "contest" else {"endpoint": type_}
            found.append({"contest_id": "tiny", **endpoint, "id": None if single else id_, "data": data})
        else:
            found.append({"type": type_, "id": None if single else id_, "data": data, "token": f"t{number}"})
        known.add((type_, id_))
    return found


def _older(type_: str, data: dict[str, Any], version: str) -> str:
    if version < "2026-01":
        if "penalty_time" in data:
            data["penalty_time"] = parse_reltime(data["penalty_time"]) // 60_000
        if type_ == "clarifications" and "to_team_ids" in data:
            (data["to_team_id"],) = data.pop("to_team_ids")
    if type_ == "contest" and version < "2021-11":
        del data["scoreboard_type"]
    if type_ == "teams" and version < "2023-06":
        del data["label"]
    if type_ == "languages" and version < "2021-11":
        del data["entry_point_required"], data["extensions"]
    if type_ == "persons" and version < "2023-06":
        (data["team_id"],) = data.pop("team_ids")
    if type_ == "persons" and version < "2022-07":
        data["first_name"], data["last_name"] = data.pop("name").split()
        return "team-members"
    return type_


def ndjson(notifications: list[Any]) -> list[bytes]:
    return [one if isinstance(one, bytes) else json.dumps(one).encode() + b"\n" for one in notifications]


# ---- reading --------------------------------------------------------------------------------------------------------


def rows(found: list[Any], audience: str = "jury") -> list[str]:
    """The board of events, a line a row."""
    state_ = ContestState(found[0].contest)
    for position, event in enumerate(found):
        apply(state_, position, event)
    shown = board(state_, find(state_, active(state_)), audience)
    lines = []
    for rank, row in ranked(shown.rows):
        line = [str(rank or "-"), row.team_id, str(row.num_solved), f"{row.total_time / 60_000:g}"]
        for cell in row.cells:
            judged = f":{cell.num_judged}" if cell.num_judged else ""
            pending = f"+{cell.num_pending}?" if cell.num_pending else ""
            solved = f"={cell.num_judged}/{cell.time // 60_000}" if cell.solved else judged
            if solved or pending:
                line.append(f"{cell.problem_id}{solved}{pending}")
        lines.append(" ".join(line))
    return lines


def read(notifications: list[Any]) -> tuple[Feed, list[Any]]:
    """The feed, and its events."""
    feed = read_feed(ndjson(notifications))
    return feed, list(events(feed.changes(), "tiny", by="test", oddities=feed.oddities))


def exported(log: list[tuple[int, Any]], contest_id: str, *, version: str, audience: str) -> list[bytes]:
    """The feed that is exported of a contest whose log this is."""
    happened, scores = Happened(State(contest_id)), ContestState(contest_id)
    for position, event in log:
        happened.take(position, event)
        if type(event).__name__ in FOLDED:
            apply(scores, position, event)
    return list(feed_for(happened, scores, version=version, audience=audience))
