"""What another system itself shows: its scoreboard and its awards, beside a board of ours."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from clics.scoreboard import clics_rows
from podium.feeds.compare import Difference, differences, read_scoreboard
from podium.feeds.http import Primary
from podium.feeds.read import login_of
from schemas.addresses import redacted
from schemas.errors import DataError, UsageError
from streams.replay.diff import AwardChange
from streams.scoring.award_settings import KINDS
from streams.scoring.awards import Award

__all__ = ["Beside", "Official", "award_changes", "read_official"]

_SCOREBOARD, _AWARDS = "scoreboard", "awards"


@dataclass(frozen=True, slots=True)
class Official:
    """A scoreboard of the Contest API, and teams by award; None: they are not told. `where` is for messages."""

    where: str
    scoreboard: Any
    awards: dict[str, list[str]] | None


@dataclass(frozen=True, slots=True)
class Beside:
    """Where the other system's own board and awards differ from ours, theirs first; awards are None where it tells none."""

    where: str
    board: tuple[Difference, ...]
    awards: tuple[AwardChange, ...] | None

    @classmethod
    def of(cls, theirs: Official, board: Mapping[str, Any], awards: Iterable[Award]) -> Beside:
        """Compare with a canonical scoreboard of ours and its awards. Pure.

        Raises:
            DataError: when theirs is no scoreboard.
        """
        ours = {"rows": clics_rows(board["rows"])}
        found = differences(read_scoreboard(theirs.scoreboard, theirs.where), read_scoreboard(ours, "ours"))
        given = {one.id: list(one.team_ids) for one in awards if one.team_ids}
        changes = None if theirs.awards is None else tuple(award_changes(theirs.awards, given))
        return cls(theirs.where, tuple(found), changes)

    @property
    def equal(self) -> bool:
        """Whether nothing differs."""
        return not (self.board or self.awards)


def award_changes(theirs: Mapping[str, list[str]], ours: Mapping[str, list[str]]) -> Iterator[AwardChange]:
    """Awards that other teams have there than here, by the kinds of award that are given there at all. Pure.

    Those that follow from no board are left out: somebody gave them by hand.
    """
    kinds = {kind for id_ in theirs if (kind := _kind(id_)) is not None}
    for id_ in dict.fromkeys([*theirs, *ours]):
        there, here = theirs.get(id_, []), ours.get(id_, [])
        if _kind(id_) in kinds and sorted(there) != sorted(here):
            yield AwardChange(id_, there, here)


def _kind(id_: str) -> str | None:
    """Which of the known awards it is: the longest name that its id begins with."""
    named = (kind for kind in KINDS if id_ == kind or id_.startswith(f"{kind}-"))
    return max(named, key=len, default=None)


def read_official(source: str, user: str | None) -> Official:
    """What the other system shows.

    Args:
        source: the URL of its contest; or a file with its scoreboard, or a folder with `scoreboard.json` and perhaps
            `awards.json`, as contest packages have them.
        user: who logs in there.

    Raises:
        UsageError: when the server refuses, or there is no such file.
        DataError: when what is there is no JSON, or no awards.
        DependencyError: when the server does not answer.
    """
    if source.startswith(("http://", "https://")):
        with Primary(source, login_of(user)) as primary:
            awards = _held(primary.document(_AWARDS), redacted(source))
            return Official(redacted(source), primary.document(_SCOREBOARD), awards)
    path = Path(source)
    if not path.is_dir():
        return Official(source, _json(path), None)
    beside = path / f"{_AWARDS}.json"
    held = _held(_json(beside), str(beside)) if beside.exists() else None
    return Official(source, _json(path / f"{_SCOREBOARD}.json"), held)


def _json(path: Path) -> Any:
    try:
        return json.loads(path.read_bytes())
    except OSError as error:
        raise UsageError(f"{path}: {error.strerror}") from None
    except ValueError as error:
        raise DataError(f"{path}: no JSON: {error}") from None


def _held(found: Any, where: str) -> dict[str, list[str]]:
    """The teams of each award that anybody has."""
    try:
        given = {str(one["id"]): [str(team) for team in one.get("team_ids") or ()] for one in found}
    except (TypeError, KeyError, AttributeError) as error:
        raise DataError(f"{where}: no awards of the Contest API: {error!r}") from None
    return {id_: teams for id_, teams in given.items() if teams}
