"""What a contest came to and the Contest API has no word for: `podium-acts.json` of a contest package.

It stands beside the files of CLICS, is for the jury as they are, and holds the rule in force with the penalty time and B,
what a problem gives at most before its weight, acts on teams and submissions, the submissions that the jury ignores, and
of submissions with points, verification or hacks the judgement that counts, of those of one moment which came first. Moments are in contest time: time that was
taken out of the contest is in no file of the package.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from clics.contest_files import Reader, flag, identifier, identifiers, objects, reltime, text, texts, whole
from clics.derive import override_id
from clics.times import parse_reltime
from schemas.errors import DataError, PackageError
from schemas.events import (
    Act,
    AwardGiven,
    PenaltyAdded,
    SubmissionHacked,
    SubmissionIgnored,
    TeamDisqualified,
    TeamStarted,
    TeamTimeExtended,
)

__all__ = ["ACTS_FILE", "FIELDS", "NO_ACTS", "Acts", "Counting", "ToldAct", "read_acts"]

ACTS_FILE = "podium-acts"
"""The file's name without its ending."""

Object = dict[str, Any]

_SUBMISSION: Mapping[str, Callable[[Any], Any]] = {
    "submission_id": identifier,
    "team_id": identifier,
    "problem_id": identifier,
}
FIELDS: Mapping[type[Act], Mapping[str, Callable[[Any], Any]]] = {
    PenaltyAdded: {"team_id": identifier, "by": whole},
    TeamDisqualified: {"team_id": identifier, "disqualified": flag},
    TeamTimeExtended: {"team_id": identifier, "by": whole},
    TeamStarted: {"team_id": identifier},
    SubmissionIgnored: {**_SUBMISSION, "ignored": flag},
    SubmissionHacked: {**_SUBMISSION, "by_team_id": identifier, "successful": flag},
    AwardGiven: {"award_id": text, "removed": flag, "computed": flag},
}
"""The acts and their fields; of an award only that it was taken away, or given back to podium: the feed tells the others."""

_NAMED = {cls.__name__: cls for cls in FIELDS}


@dataclass(frozen=True, slots=True)
class ToldAct:
    """An act: its class, when in contest time in ms (None: the contest has no start), its fields.

    `start` is when a team began, in contest time in ms. `undone`: a verdict given by hand came after the hack.
    """

    cls: type[Act]
    at: int | None
    fields: Object
    start: int | None = None
    undone: bool = False


@dataclass(frozen=True, slots=True)
class Counting:
    """The judgement of a submission that counts but for hacks: scaled scores as they were given, whether it is verified.

    `alone`: no other judgement of the submission is of account; `by_hand`: it is a verdict that the jury gave, or is to be
    read as one.
    """

    score: int | None = None
    group_scores: tuple[int, ...] = ()
    verified: bool = False
    alone: bool = False
    by_hand: bool = False


@dataclass(frozen=True, slots=True)
class Acts:
    """The file, read. `contest` are fields of a Definition, `most` what problems give at most, scaled and not weighted.

    `counting` are judgements by id; `submissions` and `judgements` are objects of the API that the feed leaves out. `places`
    tell the order in the log of submissions that were made at one moment.
    """

    contest: Object = field(default_factory=dict)
    b: int = 0
    most: Mapping[str, int | None] = field(default_factory=dict)
    acts: tuple[ToldAct, ...] = ()
    counting: Mapping[str, Counting] = field(default_factory=dict)
    submissions: tuple[Object, ...] = ()
    judgements: tuple[Object, ...] = ()
    places: Mapping[str, int] = field(default_factory=dict)

    @property
    def hacked(self) -> frozenset[str]:
        """The ids of the judgements that follow from hacks alone."""
        found = (act.fields for act in self.acts if act.cls is SubmissionHacked)
        return frozenset(override_id(one["submission_id"], one["id"]) for one in found)


NO_ACTS = Acts()


def read_acts(name: str, data: Any) -> Acts:
    """The file's content, read. Pure.

    Raises:
        PackageError: with one line for each thing that is wrong.
    """
    errors: list[str] = []
    reader = Reader(name, data, errors)
    contest = Reader(f"{name}: contest", reader.take("contest", _object, {}), errors)
    given = {
        "rule": contest.take("rule", text, needed=True),
        "parameters": contest.take("parameters", texts, {}),
        "penalty_time": contest.take("penalty_time", reltime, needed=True),
    }
    errors += contest.done()
    acts = Acts(
        contest=given,
        b=reader.take("b", whole, 0),
        most={
            id_: Reader(f"{name}: problems: {id_}", one, errors).take("max_score", whole)
            for id_, one in reader.take("problems", objects, {}).items()
        },
        acts=tuple(
            act
            for number, one in enumerate(reader.take("acts", _objects, ()), 1)
            if (act := _act(f"{name}: acts: {number}", one, errors)) is not None
        ),
        counting={
            id_: _counted(Reader(f"{name}: counting: {id_}", one, errors))
            for id_, one in reader.take("counting", objects, {}).items()
        },
        submissions=reader.take("submissions", _objects, ()),
        judgements=reader.take("judgements", _objects, ()),
        places={id_: place for place, id_ in enumerate(reader.take("order", identifiers, ()))},
    )
    for what in ("submissions", "judgements"):
        if not all(isinstance(one.get("id"), str) for one in getattr(acts, what)):
            errors.append(f"{name}: {what}: each has an id")
    errors += reader.done()
    if errors:
        raise PackageError("\n".join(errors))
    return acts


def _act(where: str, data: Object, errors: list[str]) -> ToldAct | None:
    reader, noted = Reader(where, data, errors), len(errors)
    cls = _NAMED.get(str(reader.take("type", text, needed=True)))
    if cls is None:
        errors.append(f"{where}: type: expected one of {', '.join(_NAMED)}")
        return None
    fields = {"id": reader.take("id", text, needed=True), "reason": reader.take("reason", text, "")}
    fields |= {key: reader.take(key, convert, needed=True) for key, convert in FIELDS[cls].items()}
    start = reader.take("start_contest_time", _moment, needed=True) if cls is TeamStarted else None
    at, undone = reader.take("contest_time", _moment), reader.take("undone", flag, default=False)
    errors += reader.done()
    return ToldAct(cls, at, fields, start, undone) if len(errors) == noted else None


def _counted(reader: Reader) -> Counting:
    return Counting(
        reader.take("score", whole),
        reader.take("group_scores", _wholes, ()),
        reader.take("verified", flag, default=False),
        reader.take("alone", flag, default=False),
        reader.take("by_hand", flag, default=False),
    )


def _moment(value: Any) -> int:
    return parse_reltime(text(value))


def _wholes(value: Any) -> tuple[int, ...]:
    if not isinstance(value, list):
        raise DataError(f"expected a list of whole numbers, got {value!r}")
    return tuple(whole(one) for one in value)


def _object(value: Any) -> Object:
    if not isinstance(value, dict):
        raise DataError(f"expected an object, got {value!r}")
    return value


def _objects(value: Any) -> tuple[Object, ...]:
    if not isinstance(value, list):
        raise DataError(f"expected a list of objects, got {value!r}")
    return tuple(_object(one) for one in value)
