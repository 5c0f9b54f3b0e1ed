"""Who may see what: one pure function, used by every route, every feed and every stream of every version.

Objects lie in the view complete, as the jury may see them. `visible` cuts one down for a viewer, after the CCS
requirements' *Access Restrictions* and *Submission Security* and the laws of podium: hidden teams are nowhere outside
the jury, what is withheld by the freeze is seen by the team that it belongs to and by the jury alone, a judging error
shows as pending. A team sees its own submissions and no other team's: those are the scoreboard's to tell of. Of its own
runs it sees what the contest's `feedback` says. Nothing is seen that refers to what is not.
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
    "audience_of",
    "group_scores",
    "may_see_contest",
    "progress",
    "started",
    "told_messages",
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

_OF_A_SUBMISSION = ("submissions", "judgements", "runs")

_OF_A_MACHINE = ("backup", "key_log", "tool_data")
"""What is kept of a team's machine: the jury's and analysts'."""
_LIVE = ("desktop", "webcam", "audio")
"""What shows a team at work: no other team may look over its shoulder, and in the freeze the public may not."""

_BEFORE_ALL = -(1 << 62)

Object = dict[str, Any]
Facts = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Viewer:
    """Somebody, as far as one contest is concerned: role public, team, analyst, jury or admin, and their team.

    `at_large`: an analyst of every contest, who belongs to none; to them a contest that is not public does not exist.
    `account`: their login, empty for who has none.
    """

    role: str = "public"
    team: str | None = None
    groups: frozenset[str] = frozenset()
    at_large: bool = False
    account: str = ""

    @property
    def sees_all(self) -> bool:
        """Whether nothing is hidden from them."""
        return self.role in ("jury", "admin")

    def owns(self, facts: Facts) -> bool:
        """Whether the object is their own team's."""
        return self.team is not None and facts.get("team") == self.team


@dataclass(frozen=True, slots=True)
class Scene:
    """What decides beside viewer and object: the contest's access facts, and event time in UTC ms."""

    contest: Facts
    now: int

    @classmethod
    def at(cls, contest: Facts, now: int) -> Scene:
        """The scene by this process's clock, which may be slow: what the log says has come has come."""
        came = contest["came"]
        return cls(contest, now if came is None else max(now, came))

    @classmethod
    def of_log(cls, contest: Facts) -> Scene:
        """The scene by the log alone, whatever the time is now."""
        came = contest["came"]
        return cls(contest, _BEFORE_ALL if came is None else came)


def viewer_of(account: Account | None, contest: str, groups: frozenset[str] = frozenset()) -> Viewer:
    """What an account is in a contest; an account of another contest is a member of the public here. Pure."""
    if account is None or account.disabled:
        return Viewer()
    name = account.username
    mine = [one for one in account.memberships if one.contest == contest]
    match account.role:
        case "admin":
            return Viewer("admin", account=name)
        case "jury" if mine or not account.memberships:
            return Viewer("jury", account=name)
        case "analyst" if mine or not account.memberships:
            return Viewer("analyst", at_large=not mine, account=name)
        case "team" if mine and mine[0].team_id is not None:
            return Viewer("team", mine[0].team_id, groups, account=name)
    return Viewer(account=name)


def may_see_contest(viewer: Viewer, contest: Facts) -> bool:
    """Whether the contest exists for the viewer; as in the history, no analyst at large sees what is not public. Pure."""
    return bool(contest["public"]) or not (viewer.role == "public" or viewer.at_large)


def audience_of(viewer: Viewer) -> str:
    """Whose board the viewer sees, and the awards that it implies: the public's or the jury's. Pure."""
    return "jury" if viewer.sees_all else "public"


def started(scene: Scene) -> bool:
    """Whether the contest has begun: problems are shown, submissions are taken. Pure."""
    start = scene.contest["start"]
    return start is not None and start <= scene.now


def group_scores(viewer: Viewer, facts: Facts, scene: Scene) -> list[int] | None:
    """What the test data groups gave, scaled, of a judgement that the viewer sees ended; None: that is not told. Pure."""
    told = viewer.sees_all or (viewer.owns(facts) and scene.contest["feedback"] in ("groups", "full"))
    return list(facts["group_scores"]) if told and facts["group_scores"] else None


def told_messages(viewer: Viewer, facts: Facts, scene: Scene) -> bool:
    """Whether the viewer is told what the output validators say to the team, of runs that they see. Pure."""
    return viewer.sees_all or (viewer.owns(facts) and scene.contest["feedback"] == "full")


def progress(viewer: Viewer, judged: int, samples: int, facts: Facts, scene: Scene) -> tuple[int, bool] | None:
    """How many tests the viewer may know to have been run, and whether that is all of them; None: they are told nothing.

    Pure. A team is told no more than what `feedback` tells it in the end: where a judgement stops at the first test that
    fails, their number is that test's. *facts* are the judgement's, of whose tests *judged* were run, *samples* of samples.
    """
    if viewer.sees_all:
        return judged, True
    if not viewer.owns(facts) or not facts["visible"] or not facts["settled"]:
        return None
    match scene.contest["feedback"]:
        case "number" | "full":
            return judged, True
        case "samples" | "groups":
            return (samples, False) if samples else None
    return None


def visible(viewer: Viewer, type_: str, found: Any, facts: Facts, scene: Scene) -> Any | None:
    """The object as the viewer may see it, None where they may not. Pure.

    Runs are judged by their judgement's facts, with the ordinals of those on samples as `samples`.
    """
    if not facts.get("visible", True) or (type_ == "teams" and facts.get("removed")):
        return None  # the contest no longer has it, or it is of a rejudging never applied: its preview's business alone
    if type_ == "awards" and facts["audience"] != audience_of(viewer):
        return None  # each audience has those of its own board
    if viewer.sees_all:
        return found
    if facts.get("hidden") and not viewer.owns(facts) and not (type_ == "groups" and found["id"] in viewer.groups):
        return None
    if not started(scene) and (type_ in ("problems", "awards", *_OF_A_SUBMISSION) or _names_problem(type_, facts)):
        return None  # what there is of the problems is secret, and with it all that refers to one
    if type_ in _OF_A_SUBMISSION:
        return _of_a_submission(viewer, type_, found, facts, scene)
    match type_:
        case "contest":
            return found if may_see_contest(viewer, facts) else None
        case "problems":
            return _without(found, "package")
        case "teams":
            return _team(viewer, found, facts, scene)
        case "persons":
            return _person(viewer, found, facts)
        case "clarifications":
            return _clarification(viewer, found, facts, scene)
        case "awards":
            return _award(viewer, found, facts)
        case "commentary":
            return _commentary(viewer, found, facts, scene)
        case "accounts":
            return _without(found, "ip") if viewer.account and facts["account"] == viewer.account else None
    return found


def _names_problem(type_: str, facts: Facts) -> bool:
    return bool(facts["problem"] if type_ == "clarifications" else type_ == "commentary" and facts["problems"])


def _without(found: Object, *keys: str) -> Object:
    return {key: value for key, value in found.items() if key not in keys}


def _of_a_submission(viewer: Viewer, type_: str, found: Object, facts: Facts, scene: Scene) -> Object | None:
    own, pending = viewer.owns(facts), type_ != "submissions" and not facts["settled"]
    if viewer.role == "team" and not own:
        return None  # Submission Security: of other teams no more than the scoreboard tells
    if type_ == "submissions":
        shown = found if own or viewer.role == "analyst" else _without(found, "entry_point", "files")
        # who sees no other account hears of none
        return shown if own and facts["account"] == viewer.account else _without(shown, "account_id")
    if withheld(scene.contest, facts["at"]) and not own:
        return None
    if type_ == "runs":
        return found if not pending and (not own or _told(found, facts, scene)) else None
    if pending or found.get("judgement_type_id") == JUDGING_ERROR:
        return _without(found, *_OUTCOME)  # there is no outcome to be told
    return _without(found, "max_run_time") if own and scene.contest["feedback"] != "full" else found


def _told(run: Object, facts: Facts, scene: Scene) -> bool:
    """Whether the contest's feedback tells a team of this run of its own."""
    match scene.contest["feedback"]:
        case "full":
            return True
        case "samples" | "groups":
            return run["ordinal"] in facts["samples"]
        case "number":
            return run["ordinal"] in facts["samples"] or run["ordinal"] == facts["failed"]
    return False


def _team(viewer: Viewer, found: Object, facts: Facts, scene: Scene) -> Object:
    """A team with its pictures; what is kept of its machine and what shows it at work only to whom that may concern."""
    if viewer.role == "analyst":
        return found
    watched = viewer.owns(facts) or (viewer.role != "team" and not withheld(scene.contest, scene.now))
    return _without(found, *_OF_A_MACHINE) if watched else _without(found, *_OF_A_MACHINE, *_LIVE)


def _person(viewer: Viewer, found: Object, facts: Facts) -> Object | None:
    """Names and teams; what else is personal is the jury's alone."""
    shown = _without(found, "icpc_id", "email", "sex", "team_ids")
    if "team_ids" not in found:
        return shown
    teams = _without_hidden(viewer, found["team_ids"], facts)
    return shown | {"team_ids": teams} if teams else None


def _reaches(viewer: Viewer, facts: Facts) -> bool:
    """Whether a message is from the viewer's team, to it, or to everybody."""
    to_teams, to_groups = facts["to_teams"] or (), facts["to_groups"] or ()
    if viewer.owns(facts) or (facts["team"] is None and not to_teams and not to_groups):
        return True
    return viewer.team is not None and (viewer.team in to_teams or not viewer.groups.isdisjoint(to_groups))


def _reads(viewer: Viewer, facts: Facts, scene: Scene) -> bool:
    """Whether the viewer sees the message with these facts."""
    if not started(scene) and _names_problem("clarifications", facts):
        return False
    return viewer.owns(facts) or (not facts["hidden"] and _reaches(viewer, facts))


def _clarification(viewer: Viewer, found: Object, facts: Facts, scene: Scene) -> Object | None:
    """A message without its other recipients, and without the one that it answers where that is not theirs to see."""
    if not _reaches(viewer, facts):
        return None
    shown = _without(found, "to_team_ids", "to_group_ids")
    if viewer.team in (facts["to_teams"] or ()):
        shown["to_team_ids"] = [viewer.team]
    elif groups := [group for group in facts["to_groups"] or () if group in viewer.groups]:
        shown["to_group_ids"] = groups
    seen = facts["reply"] is not None and _reads(viewer, facts["reply"], scene)
    return shown if seen else _without(shown, "reply_to_id")


def _award(viewer: Viewer, found: Object, facts: Facts) -> Object:
    """An award without hidden teams; which there are in the freeze is the business of whose board it is."""
    return (
        found if found["team_ids"] is None else found | {"team_ids": _without_hidden(viewer, found["team_ids"], facts)}
    )


def _without_hidden(viewer: Viewer, teams: list[str], facts: Facts) -> list[str]:
    return [team for team in teams if team == viewer.team or team not in facts["hidden_teams"]]


def _commentary(viewer: Viewer, found: Object, facts: Facts, scene: Scene) -> Object | None:
    """None for what was said in the freeze of teams, problems or submissions: it may tell what the board does not.

    Its author reads it: the words are their own. None, too, where the message names what the viewer does not see: a list
    is cut, words are not.
    """
    secret = (facts["about"] and withheld(scene.contest, facts["at"])) or any(
        withheld(scene.contest, at) for _, at in facts["of"].values()
    )
    if secret and not (viewer.role == "analyst" and viewer.account == facts.get("by")):
        return None
    if not _sees_what_is_tagged(viewer, found, facts, scene):
        return None
    if "submission_ids" not in found:
        return found
    seen = [
        one
        for one in found["submission_ids"]
        if one in facts["of"] and _sees_submission_of(viewer, facts["of"][one][0])
    ]
    return found | {"submission_ids": seen} if seen else _without(found, "submission_ids")


def _sees_what_is_tagged(viewer: Viewer, found: Object, facts: Facts, scene: Scene) -> bool:
    """Whether the viewer sees each submission and each message that the words of a commentary name."""
    if "tagged" not in facts:
        return "{" not in found["message"]  # an earlier live sink wrote it, and not what they name
    return all(_sees_submission_of(viewer, facts["of"][one][0]) for one in facts["tagged"]) and all(
        _reads(viewer, one, scene) for one in facts["messages"]
    )


def _sees_submission_of(viewer: Viewer, team: str) -> bool:
    return viewer.role != "team" or team == viewer.team
