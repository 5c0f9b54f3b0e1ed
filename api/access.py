"""Who may see what: one pure function, used by every route and every stream.

Objects lie in the view complete, as the jury may see them. `visible` cuts one down for a viewer, after the CCS
requirements' *Access Restrictions* and the laws of podium: hidden teams are nowhere outside the jury, what is withheld
by the freeze is seen by the team that it belongs to and by the jury alone, a judging error shows as pending.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from schemas.events import Account
from schemas.live import withheld

__all__ = [
    "Scene",
    "Viewer",
    "may_read_source",
    "may_see_contest",
    "started",
    "viewer_of",
    "visible",
]

JUDGING_ERROR = "JE"

_OUTCOME = (
    "judgement_type_id",
    "simplified_judgement_type_id",
    "score",
    "end_time",
    "end_contest_time",
    "max_run_time",
)
"""What a judgement has only once it has ended."""

Object = dict[str, Any]
Facts = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Viewer:
    """Somebody, as far as one contest is concerned: role public, team, analyst, jury or admin, and their team.

    `at_large`: an analyst of every contest, who belongs to none; to them a contest that is not public does not exist.
    """

    role: str = "public"
    team: str | None = None
    groups: frozenset[str] = frozenset()
    at_large: bool = False

    @property
    def sees_all(self) -> bool:
        """Whether nothing is hidden from them."""
        return self.role in ("jury", "admin")

    def owns(self, facts: Facts) -> bool:
        """Whether the object is their own team's."""
        return self.team is not None and facts.get("team") == self.team


@dataclass(frozen=True, slots=True)
class Scene:
    """What decides beside viewer and object: the contest's access facts, event time, and which teams are hidden.

    `begun`: the contest's state says that it has started, whatever this process's clock says.
    """

    contest: Facts
    now: int
    hidden_teams: frozenset[str] = frozenset()
    begun: bool = False


def viewer_of(account: Account | None, contest: str, groups: frozenset[str] = frozenset()) -> Viewer:
    """What an account is in a contest; an account of another contest is a member of the public here. Pure."""
    if account is None or account.disabled:
        return Viewer()
    mine = [one for one in account.memberships if one.contest == contest]
    match account.role:
        case "admin":
            return Viewer("admin")
        case "jury" if mine or not account.memberships:
            return Viewer("jury")
        case "analyst" if mine or not account.memberships:
            return Viewer("analyst", at_large=not mine)
        case "team" if mine and mine[0].team_id is not None:
            return Viewer("team", mine[0].team_id, groups)
    return Viewer()


def may_see_contest(viewer: Viewer, contest: Facts) -> bool:
    """Whether the contest exists for the viewer; as in the history, no analyst at large sees what is not public. Pure."""
    return bool(contest["public"]) or not (viewer.role == "public" or viewer.at_large)


def started(scene: Scene) -> bool:
    """Whether the contest has begun: problems are shown, submissions are taken. Pure."""
    start = scene.contest["start"]
    return scene.begun or (start is not None and start <= scene.now)


def may_read_source(viewer: Viewer, facts: Facts) -> bool:
    """Whether the viewer may have a submission's files. Pure."""
    return viewer.sees_all or viewer.owns(facts) or (viewer.role == "analyst" and not facts["hidden"])


def visible(viewer: Viewer, type_: str, found: Any, facts: Facts, scene: Scene) -> Any | None:
    """The object as the viewer may see it, None where they may not. Pure.

    Runs are judged by their judgement's facts.
    """
    if type_ in ("judgements", "runs") and not facts["visible"]:
        return None  # of a rejudging that was never applied: nobody's business but its preview's
    if viewer.sees_all:
        return found
    if type_ == "runs" and not facts["settled"]:
        return None
    own = viewer.owns(facts)
    if facts.get("hidden") and not own:
        return None
    match type_:
        case "contest":
            return found if may_see_contest(viewer, facts) else None
        case "problems":
            return found if started(scene) else None
        case "submissions":
            return found if may_read_source(viewer, facts) else _without(found, "entry_point", "files")
        case "judgements":
            return None if withheld(scene.contest, facts["at"]) and not own else _judgement(found, facts)
        case "runs":
            # a team learns of other teams' verdicts, not on which test they failed
            hidden = withheld(scene.contest, facts["at"]) or viewer.role == "team"
            return None if hidden and not own else found
        case "persons":
            return _person(viewer, found, scene)
        case "clarifications":
            return _clarification(viewer, found, facts)
        case "awards":
            return _award(viewer, found, scene)
        case "accounts":
            return None
    return found


def _without(found: Object, *keys: str) -> Object:
    return {key: value for key, value in found.items() if key not in keys}


def _judgement(found: Object, facts: Facts) -> Object:
    """Without its outcome while there is none to be told: a judging error, a verdict that has to be verified first."""
    pending = found.get("judgement_type_id") == JUDGING_ERROR or not facts["settled"]
    return _without(found, *_OUTCOME) if pending else found


def _person(viewer: Viewer, found: Object, scene: Scene) -> Object | None:
    """Names and teams; what else is personal is the jury's alone."""
    shown = _without(found, "email", "sex", "team_ids")
    if "team_ids" not in found:
        return shown
    teams = [team for team in found["team_ids"] if team == viewer.team or team not in scene.hidden_teams]
    return shown | {"team_ids": teams} if teams else None


def _clarification(viewer: Viewer, found: Object, facts: Facts) -> Object | None:
    to_teams, to_groups = facts["to_teams"] or (), facts["to_groups"] or ()
    to_all = facts["team"] is None and not to_teams and not to_groups
    to_me = viewer.team is not None and (viewer.team in to_teams or not viewer.groups.isdisjoint(to_groups))
    return found if to_all or to_me or viewer.owns(facts) else None


def _award(viewer: Viewer, found: Object, scene: Scene) -> Object | None:
    """None while the board is frozen: an award that was given then tells what the board does not."""
    if withheld(scene.contest, scene.now):
        return None
    return found | {"team_ids": [t for t in found["team_ids"] if t == viewer.team or t not in scene.hidden_teams]}
