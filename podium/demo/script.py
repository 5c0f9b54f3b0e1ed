"""What happens in the demo: which team submits which jury submission, and when. Pure and the same every time."""

from __future__ import annotations

import random
from dataclasses import dataclass
from pathlib import Path

from podium.demo.cast import DURATION_MS, TEAMS, DemoTeam

__all__ = ["JurySubmission", "Scene", "script"]

_FIRST_MS, _LAST_MS = 6 * 60_000, DURATION_MS - 4 * 60_000


@dataclass(frozen=True, slots=True)
class JurySubmission:
    """A submission of a problem package and the verdicts it may get."""

    problem: str
    path: Path
    language: str
    expected: frozenset[str]


@dataclass(frozen=True, slots=True)
class Scene:
    """At *at* (milliseconds of contest time) the team submits this."""

    at: int
    team: DemoTeam
    submission: JurySubmission


def script(submissions: list[JurySubmission], problems: list[str], seed: int = 46) -> list[Scene]:
    """Scenes in order of time: every jury submission at least once, strong teams solve more and earlier.

    Args:
        submissions: of all problems, with their expected verdicts.
        problems: ids, easy to hard.
        seed: another seed is another contest.
    """
    draw = random.Random(seed)  # noqa: S311  # a story, not a secret
    unused = list(submissions)
    draw.shuffle(unused)
    scenes: list[Scene] = []
    for team in sorted(TEAMS, key=lambda t: t.strength):
        solves = max(1, round(len(problems) * (1 - team.strength / 30) - draw.random()))
        at = float(_FIRST_MS)
        span = (_LAST_MS - _FIRST_MS) / (solves + 1)
        for place, problem in enumerate(problems[: solves + 1]):
            at += span * draw.uniform(0.45, 1.0)
            wrong = draw.random() < 0.25 + place * 0.08
            for kind in [False] * wrong + ([True] if place < solves else [False]):
                if at >= _LAST_MS:
                    break  # before one is picked: what is picked counts as sent
                choice = _pick(draw, submissions, unused, problem, accepted=kind)
                if choice is not None:
                    scenes.append(Scene(int(at), team, choice))
                    at += draw.uniform(4, 14) * 60_000
    scenes += _leftovers(draw, unused, scenes)
    return sorted(scenes, key=lambda s: (s.at, s.team.id))


def _pick(
    draw: random.Random,
    submissions: list[JurySubmission],
    unused: list[JurySubmission],
    problem: str,
    *,
    accepted: bool,
) -> JurySubmission | None:
    """One that nobody has sent yet where there is one, which is then no longer unused, else any of the kind."""
    for pool in (unused, submissions):
        fitting = [s for s in pool if s.problem == problem and (s.expected == {"AC"}) == accepted]
        if fitting:
            choice = draw.choice(fitting)
            if choice in unused:
                unused.remove(choice)
            return choice
    return None


def _leftovers(draw: random.Random, unused: list[JurySubmission], scenes: list[Scene]) -> list[Scene]:
    """What nobody has sent yet: rejected ones before a team's accepted one, accepted ones from who has none."""
    extra: list[Scene] = []
    for submission in unused:
        solved = {
            s.team.id: s.at
            for s in [*scenes, *extra]
            if s.submission.problem == submission.problem and s.submission.expected == {"AC"}
        }
        if submission.expected == {"AC"}:
            teams = [t for t in TEAMS if t.id not in solved] or list(TEAMS)
            team = draw.choice(teams)
            at = draw.uniform(_FIRST_MS, _LAST_MS)
        else:
            team = draw.choice(TEAMS)
            at = draw.uniform(_FIRST_MS, solved.get(team.id, _LAST_MS))
        extra.append(Scene(int(at), team, submission))
    return extra
