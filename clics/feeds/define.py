"""The definition that a feed's contest, judgement types, languages and problems come to."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from clics.contest_files import LONGEST_MS
from clics.feeds.kinds import KINDS
from clics.feeds.model import Object, order_of
from clics.feeds.own import NOTHING, Own
from clics.feeds.values import Values
from clics.times import is_time
from schemas.definition import JudgementType, Language, Problem

__all__ = ["CONFIGURATION", "UNKNOWN_LANGUAGE", "Configuration"]

CONFIGURATION = ("contest", "judgement-types", "languages", "problems")
"""The types that make a definition."""

UNKNOWN_LANGUAGE = "unknown"
"""The language of a submission that names none."""

_PENALTY_MS = 1_200_000
"""What a rejected run costs where the contest does not say: 20 minutes (CCS requirements)."""

_SCALE = 1000
"""Scores have three decimals: the Contest API's numbers are multiples of 0.001 wherever it says so.

Also while the feed says that no points are counted: it may say otherwise later, and scores are read as they come.
"""


@dataclass(slots=True)
class Configuration:
    """The objects that make a definition, by type and id; the contest is the latest one."""

    contest: Object | None = None
    of: dict[str, dict[str, Object]] = field(default_factory=lambda: {type_: {} for type_ in CONFIGURATION[1:]})

    def take(self, type_: str, id_: str, found: Object | None) -> None:
        """An object as it is from here on; None: it is gone. A contest does not go."""
        if type_ == "contest":
            self.contest = found or self.contest
        elif found is None:
            self.of[type_].pop(id_, None)
        else:
            self.of[type_][id_] = found

    def fields(
        self, values: Values, start: int | None, languages: Iterable[str] = (), own: Own = NOTHING
    ) -> dict[str, Any] | None:
        """The fields of a Definition; None while there is no contest with a length. Pure but for what is noted.

        Args:
            values: reads and notes.
            start: the start that counts.
            languages: those that submissions name: what the feed does not list of them is added.
            own: what podium's own files say instead.
        """
        contest = self.contest
        duration = None if contest is None else _duration(values, contest, start)
        if contest is None or not duration:
            return None
        scored = contest.get("scoreboard_type") == "score"
        scale = own.fields.get("score_scale", _SCALE)
        freeze = values.length(contest, "scoreboard_freeze_duration")
        penalty = values.length(contest, "penalty_time")
        if penalty is None and not scored and "penalty_time" not in own.fields:
            values.oddities.add("no penalty time", 0)
        made = {
            "name": values.text(contest, "name") or contest["id"],
            "formal_name": values.text(contest, "formal_name"),
            "start_time": start,
            "countdown_pause_time": values.length(contest, "countdown_pause_time") if start is None else None,
            "duration": duration,
            "scoreboard_freeze_duration": None if freeze is None else min(freeze, duration),
            "scoreboard_thaw_time": values.time(contest, "scoreboard_thaw_time"),
            "scoreboard_type": "score" if scored else "pass-fail",
            "main_scoreboard_group_id": values.text(contest, "main_scoreboard_group_id"),
            "penalty_time": _PENALTY_MS if penalty is None else penalty,
            "rule": "ioi" if scored else "icpc",
            "parameters": {"mode": "best", "ties": "time"} if scored else {},
            "score_scale": scale,
            "judgement_types": self._judgement_types(values),
            "languages": self._languages(values, languages),
            "problems": self._problems(values, scale),
        }
        return made if own is NOTHING else own.over(made)

    def _judgement_types(self, values: Values) -> tuple[JudgementType, ...]:
        made = []
        for id_, one in _in_order(self.of["judgement-types"]):
            solved = values.flag(one, "solved", default=id_ in ("AC", "APE"))
            made.append(
                JudgementType(
                    id=id_,
                    name=values.text(one, "name") or id_,
                    penalty=values.flag(one, "penalty", default=not solved and id_ not in ("CE", "CTL", "JE", "SE")),
                    solved=solved,
                    simplified=values.text(one, "simplified_judgement_type_id"),
                )
            )
        return tuple(made)

    def _languages(self, values: Values, named: Iterable[str]) -> tuple[Language, ...]:
        listed = self.of["languages"]
        made = [
            Language(
                id=id_,
                name=values.text(one, "name") or id_,
                extensions=values.texts(one, "extensions"),
                entry_point_required=values.flag(one, "entry_point_required", default=False),
                entry_point_name=values.text(one, "entry_point_name"),
            )
            for id_, one in _in_order(listed)
        ]
        missing = sorted(set(named) - listed.keys(), key=order_of)
        return (*made, *(Language(id_, id_, ()) for id_ in missing))

    def _problems(self, values: Values, scale: int) -> tuple[Problem, ...]:
        made = []
        for place, (id_, one) in enumerate(_in_order(self.of["problems"]), 1):
            label, rgb = values.text(one, "label") or id_, values.text(one, "rgb")
            ordinal = values.number(one, "ordinal")
            if rgb is not None and KINDS["rgb"](rgb) is not None:
                values.bad(one, "rgb")
                rgb = None
            made.append(
                Problem(
                    id=id_,
                    label=label,
                    name=values.text(one, "name") or label,
                    ordinal=place if ordinal is None else ordinal,
                    package="",
                    time_limit_ms=values.number(one, "time_limit", 1000) or 0,
                    memory_limit_mib=values.number(one, "memory_limit") or 0,
                    output_limit_mib=values.number(one, "output_limit") or 0,
                    test_data_count=values.number(one, "test_data_count") or 0,
                    rgb=rgb,
                    color=values.text(one, "color"),
                    max_score=values.number(one, "max_score", scale),
                    uuid=values.text(one, "uuid"),
                    code_limit_kib=values.number(one, "code_limit") or 0,
                )
            )
        return tuple(sorted(made, key=lambda problem: (problem.ordinal, order_of(problem.id))))


def _duration(values: Values, contest: Object, start: int | None) -> int | None:
    """How long the contest is; None where it does not say, or nobody means it, or its end would be no TIME."""
    ms = values.length(contest, "duration")
    if ms is not None and (ms > LONGEST_MS or (start is not None and not is_time(start + ms))):
        values.bad(contest, "duration")
        return None
    return ms


def _in_order(found: Mapping[str, Object]) -> list[tuple[str, Object]]:
    return sorted(found.items(), key=lambda item: order_of(item[0]))
