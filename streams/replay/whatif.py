"""What if: other rules, another penalty, a problem or teams left out, another freeze; the board of an earlier time."""

from __future__ import annotations

import dataclasses
import difflib
from collections.abc import Callable, Collection
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from clics.times import format_reltime, format_time, parse_reltime, parse_time
from schemas.errors import DataError, RuleError, UsageError
from streams.scoring.contest import Generation, told_rule
from streams.scoring.fold import FOLD_VERSION
from streams.scoring.project import active, find
from streams.scoring.rules import Scope, make_rule
from streams.scoring.state import ContestState

__all__ = ["WHAT_IF", "WhatIf", "alter", "check_names", "generation_of", "parse_known_at", "parse_until", "read_rules"]

WHAT_IF = "what-if"
"""The id of a generation that exists in a replay only."""

_MAX_BYTES = 1 << 20
"""A file of rules is a few lines."""


@dataclass(frozen=True, slots=True)
class WhatIf:
    """What is other than it was; None and empty: as it was. Times in ms.

    `until_position` is the last position that counts. `until_time` (UTC) and `until_contest_time` leave out what was
    submitted later, and what came later of freeze and thaw: both are as they were then. `known_at` (UTC) passes over what was recorded later. `freeze` is the
    length of the freeze, 0 for none.
    """

    rule: str | None = None
    parameters: dict[str, str] | None = None
    penalty_time: int | None = None
    freeze: int | None = None
    thawed: bool | None = None
    without_problems: tuple[str, ...] = ()
    without_teams: tuple[str, ...] = ()
    until_position: int | None = None
    until_time: int | None = None
    until_contest_time: int | None = None
    known_at: int | None = None

    def dump(self) -> dict[str, Any]:
        """What is other, as JSON."""
        found = {f.name: getattr(self, f.name) for f in dataclasses.fields(self)}
        return {
            name: list(value) if isinstance(value, tuple) else value
            for name, value in found.items()
            if value not in (None, ())
        }

    @classmethod
    def load(cls, data: dict[str, Any]) -> WhatIf:
        """What `dump` gave.

        Raises:
            TypeError: when it has other fields.
        """
        fields: dict[str, Any] = {
            name: tuple(value) if isinstance(value, list) else value for name, value in data.items()
        }
        return cls(**fields)

    def beside_rules(self) -> list[str]:
        """What is other beside the rule and its parameters, each in a few words."""
        return dataclasses.replace(self, rule=None, parameters=None).told()

    def told(self) -> list[str]:
        """What is other, each in a few words."""
        found = []
        if self.rule is not None:
            found.append(f"the rule is {told_rule(self.rule, self.parameters or {})}")
        if self.penalty_time is not None:
            found.append(f"a rejected run costs {format_reltime(self.penalty_time)}")
        if self.freeze is not None:
            found.append(f"the freeze lasts {format_reltime(self.freeze)}" if self.freeze else "there is no freeze")
        if self.thawed is not None:
            found.append("the board is thawed" if self.thawed else "the board is not thawed")
        if self.without_problems:
            found.append(f"without problem {', '.join(self.without_problems)}")
        if self.without_teams:
            found.append(f"without team {', '.join(self.without_teams)}")
        if self.until_position is not None:
            found.append(f"up to position {self.until_position}")
        if self.until_time is not None:
            found.append(f"as of {format_time(self.until_time)}")
        if self.until_contest_time is not None:
            found.append(f"as of contest time {format_reltime(self.until_contest_time)}")
        if self.known_at is not None:
            found.append(f"as known at {format_time(self.known_at)}")
        return found


# ---- what people write ----------------------------------------------------------------------------------------------


def parse_until(text: str) -> WhatIf:
    """A position, a TIME with a zone, or a contest time h:mm:ss.

    Raises:
        UsageError: when it is none of these.
    """
    if text.isascii() and text.isdigit():
        return WhatIf(until_position=int(text))
    try:
        return WhatIf(until_contest_time=parse_reltime(text))
    except DataError:
        pass  # then it is a moment
    try:
        return WhatIf(until_time=parse_time(text))
    except DataError:
        raise UsageError(
            f"--until {text}: expected a position of the log, a contest time such as 4:00:00, or a time with a zone "
            "such as 2026-11-24T10:00:00+01:00"
        ) from None


def parse_known_at(text: str) -> WhatIf:
    """A TIME with a zone.

    Raises:
        UsageError: when it is none.
    """
    try:
        return WhatIf(known_at=parse_time(text))
    except DataError as error:
        raise UsageError(f"--as-known-at: {error}") from None


def read_rules(path: Path) -> WhatIf:
    """A file of rules: YAML, any of the keys below; docs/operators.md shows one.

    Raises:
        UsageError: when the file cannot be read, names a key that there is not, or a value that the key does not take.
        RuleError: when there is no such rule, or it has no such parameter.
    """
    try:
        with path.open("rb") as file:
            text = file.read(_MAX_BYTES)
        found = yaml.load(text, yaml.BaseLoader)  # noqa: S506  # it makes strings, lists and maps of strings alone
    except OSError as error:
        raise UsageError(f"{path}: {error.strerror}") from None
    except (ValueError, RecursionError, yaml.YAMLError) as error:
        raise UsageError(f"{path}: {' '.join(str(error).split())}") from None
    if not isinstance(found, dict) or not found:
        raise UsageError(f"{path}: expected keys of {', '.join(_KEYS)}")
    values: dict[str, Any] = {}
    for key, value in found.items():
        if key not in _KEYS:
            near = difflib.get_close_matches(str(key), _KEYS, 3, 0.5)
            hint = f"did you mean {' or '.join(near)}?" if near else f"there are {', '.join(_KEYS)}"
            raise UsageError(f"{path}: there is no key {key!r}; {hint}")
        field, parse = _KEYS[key]
        try:
            values[field] = parse(value)
        except DataError as error:
            raise UsageError(f"{path}: {key}: {error}") from None
    if "parameters" in values and "rule" not in values:
        raise UsageError(f"{path}: parameters belong to a rule; name it, too")
    made = WhatIf(**values)
    if made.rule is not None:
        try:
            make_rule(made.rule, Scope(penalty_time=0, duration=0, score_scale=1), made.parameters or {})
        except ValueError as error:
            raise RuleError(f"{path}: {error}") from None
    return made


def _text(value: Any) -> str:
    if not isinstance(value, str) or not value:
        raise DataError("expected a word")
    return value


def _texts(value: Any) -> tuple[str, ...]:
    if not isinstance(value, list) or not value:
        raise DataError("expected a list of ids")
    return tuple(_text(one) for one in value)


def _map(value: Any) -> dict[str, str]:
    if not isinstance(value, dict) or not all(isinstance(one, str) for one in value.values()):
        raise DataError("expected NAME: VALUE, a line each")
    return dict(value)


def _duration(value: Any) -> int:
    if isinstance(value, str) and value.isascii() and value.isdigit():
        return int(value) * 60_000  # minutes, as in contest packages of old
    duration = parse_reltime(_text(value))
    if duration < 0:
        raise DataError("expected a duration that is not negative")
    return duration


def _freeze(value: Any) -> int:
    return 0 if value in ("none", "null", "") else _duration(value)


def _flag(value: Any) -> bool:
    if value not in ("true", "false"):
        raise DataError("expected true or false")
    return bool(value == "true")


_KEYS: dict[str, tuple[str, Callable[[Any], Any]]] = {
    "rule": ("rule", _text),
    "parameters": ("parameters", _map),
    "penalty_time": ("penalty_time", _duration),
    "scoreboard_freeze_duration": ("freeze", _freeze),
    "thawed": ("thawed", _flag),
    "without_problems": ("without_problems", _texts),
    "without_teams": ("without_teams", _texts),
}


def check_names(what_if: WhatIf, contest: str, problems: Collection[str], teams: Collection[str]) -> None:
    """Nothing, when a contest has the problems and teams that are to be left out. Pure.

    Raises:
        UsageError: otherwise, naming what comes near.
    """
    for kind, wanted, known in (
        ("problem", what_if.without_problems, problems),
        ("team", what_if.without_teams, teams),
    ):
        for id_ in wanted:
            if id_ not in known:
                near = difflib.get_close_matches(id_, known, 3, 0.5)
                hint = f"; did you mean {' or '.join(near)}?" if near else ""
                raise UsageError(f"contest {contest} has no {kind} {id_!r}{hint}")


# ---- what it does ---------------------------------------------------------------------------------------------------


def generation_of(state: ContestState, what_if: WhatIf) -> Generation | None:
    """The generation to project: the active one, or one of this replay's own; None before the first definition. Pure."""
    if what_if.rule is not None and state.contest.terms is not None:
        return Generation(WHAT_IF, what_if.rule, dict(what_if.parameters or {}), FOLD_VERSION)
    return find(state, active(state))


def alter(state: ContestState, what_if: WhatIf) -> ContestState:
    """The state as it would be, rules aside; the one that is given is used up."""
    contest = state.contest
    state.views.clear()
    for team_id in what_if.without_teams:
        if team_id in state.teams:  # it may be one that was not known then
            state.teams[team_id].removed = True
    if contest.terms is not None:
        tasks = tuple(task for task in contest.terms.tasks if task.id not in what_if.without_problems)
        contest.terms = dataclasses.replace(contest.terms, tasks=tasks)
        if what_if.penalty_time is not None:
            contest.terms = dataclasses.replace(contest.terms, penalty_time=what_if.penalty_time)
        if what_if.freeze is not None:
            contest.times = contest.times.with_freeze(what_if.freeze)
    clock = contest.clock
    moment, within = what_if.until_time, what_if.until_contest_time
    if within is not None:
        moment = clock.moment(within)
    if moment is not None:
        if contest.thawed is not None and contest.thawed > moment:
            contest.thawed = None
        contest.times = contest.times.as_of(moment)
    if what_if.thawed is not None:
        contest.thawed = (contest.thawed or 0) if what_if.thawed else None
    if what_if.until_time is None and within is None:
        return state
    for cell in state.cells.values():
        for id_, submitted in list(cell.submissions.items()):
            late = clock.contest_time(submitted.at) > within if within is not None else submitted.at > (moment or 0)
            if submitted.position >= 0 and late:
                del cell.submissions[id_]
    # what derives from the parts is derived anew
    return ContestState.restore(state.contest_id, state.parts())
