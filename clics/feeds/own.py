"""What podium's own files of a contest package say beside those of CLICS: `podium.json` (or YAML) and `podium-acts.json`."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from clics.contest_acts import NO_ACTS, Acts, read_acts
from clics.contest_files import Reader, flag, natural, text
from clics.contest_package import read_own
from schemas.definition import BIG_5, Problem
from schemas.errors import PackageError
from schemas.events import TeamStarted

__all__ = ["NOTHING", "Own", "own_of"]

_OF_THE_RULE = ("rule", "parameters", "score_scale")
_ELSEWHERE = ("publish", "defined", "problems")
"""Keys that are no fields of a Definition as they stand. Of a feed the times count that it tells itself."""


@dataclass(frozen=True, slots=True)
class Own:
    """podium's own words: `fields` of a Definition, what is published for a verdict, weight and withdrawal of problems.

    `acts` is None where the package has no such file: points are those that the feed tells, then.
    """

    fields: Mapping[str, Any]
    publish: Mapping[str, str] | None = None
    problems: Mapping[str, tuple[int, bool]] = dataclasses.field(default_factory=dict)
    acts: Acts | None = None

    @property
    def told(self) -> Acts:
        """The acts, none where there is no file of them."""
        return self.acts or NO_ACTS

    def starts(self, start: int | None) -> dict[str, int]:
        """When teams began that have windows of their own, in a contest that starts then: UTC ms. Pure.

        The contest time of their submissions counts from there.
        """
        found: dict[str, int] = {}
        if self.fields.get("window") is not None and start is not None:
            for act in self.told.acts:
                if act.cls is TeamStarted:
                    found.setdefault(act.fields["team_id"], start + max(act.start or 0, 0))
        return found

    def over(self, fields: Mapping[str, Any]) -> dict[str, Any]:
        """The fields of a Definition that a feed comes to, with what is said here instead of it. Pure."""
        problems = tuple(self._problem(one) for one in fields["problems"])
        made = {**fields, **self.fields, "problems": problems}
        return made if self.publish is None else made | {"publish": self.publish}

    def _problem(self, one: Problem) -> Problem:
        weight, withdrawn = self.problems.get(one.id, (1, False))
        most = one.max_score if self.acts is None else self.acts.most.get(one.id)
        return dataclasses.replace(one, weight=weight, withdrawn=withdrawn, max_score=most)


NOTHING = Own({})
"""What a feed says that is no package of podium's."""


def own_of(own: tuple[str, Any] | None, acts: tuple[str, Any] | None) -> Own:
    """The files, read: name and content of each, None for one that is not there. Pure.

    Raises:
        PackageError: with one line for each thing that is wrong.
    """
    told = None if acts is None else read_acts(*acts)
    of_acts = {} if told is None else told.contest
    if own is None:
        return Own(of_acts, acts=told)
    errors: list[str] = []
    name, data = own
    found = read_own(name, data, errors)
    problems = {}
    for id_, one in found["problems"].items():
        reader = Reader(f"{name}: problems: {id_}", one, errors)
        reader.take("package", text)
        problems[id_] = reader.take("weight", natural, 1), reader.take("withdrawn", flag, default=False)
        errors += reader.done()
    if errors:
        raise PackageError("\n".join(errors))
    # which rule a contest of points has, its scoreboard says where the file does not
    aside = (*_ELSEWHERE, *(() if "rule" in data else _OF_THE_RULE))
    fields = {key: value for key, value in found.items() if key not in aside}
    return Own(fields | of_acts, _published({**BIG_5, **found["publish"]}), problems, told)


def _published(table: Mapping[str, str]) -> dict[str, str]:
    """What is published for a verdict, but for those that the package tells as published: they stay what they are. Pure."""
    told = set(table.values())
    return {verdict: shown for verdict, shown in table.items() if verdict == shown or verdict not in told}
