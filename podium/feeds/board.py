"""The board of a feed, as of a moment and under any rules."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from clics.derive import derive
from clics.feeds import Feed, events
from clics.feeds.translate import ENTRIES
from clics.fold import fold
from clics.scoreboard import contest_clock, scoreboard
from clics.state import State
from clics.times import parse_reltime, parse_time
from podium.feeds.terms import checked
from schemas.errors import DataError, UsageError
from schemas.events import Definition, Event, Group, Organization, Person, Team
from streams.replay.whatif import WhatIf, alter, check_names, generation_of, read_rules
from streams.scoring.canonical import board_rows
from streams.scoring.clock import ContestClock
from streams.scoring.fold import FOLDED, apply
from streams.scoring.project import board
from streams.scoring.rules import RULES
from streams.scoring.state import ContestState

__all__ = ["FeedBoard", "board_of", "events_of", "rules_of"]

_AS_THE_FEED_SAYS = WhatIf()

_CONFIGURATION = (Definition, Group, Organization, Team, Person)
"""What a feed tells without a time: it stands at every moment."""

_JUDGED = frozenset({"Submission", "JudgingStarted", "Runs", "JudgingFaulted", "Judgement", "VerdictOverridden"})
"""Events that no times, names or transitions come from."""


@dataclass(frozen=True, slots=True)
class FeedBoard:
    """A board with what gives it names: `scoreboard` is the Contest API's, of 2026-01; `now` in UTC ms."""

    scoreboard: dict[str, Any]
    contest: dict[str, Any]
    problems: list[dict[str, Any]]
    teams: dict[str, str]
    clock: ContestClock
    firsts: dict[str, str | None]
    now: int


def rules_of(text: str | None) -> WhatIf:
    """What `--rules` says: a file of rules, or the name of a rule.

    Raises:
        UsageError: when it is neither, or the file is wrong; RuleError when a parameter is.
    """
    if text is None:
        return _AS_THE_FEED_SAYS
    if text in RULES and not Path(text).exists():
        return WhatIf(rule=text)
    if not Path(text).is_file():
        raise UsageError(
            f"--rules {text}: there is no such file, nor a rule of that name; there are {', '.join(RULES)}"
        )
    return read_rules(Path(text))


def events_of(feed: Feed) -> list[Event]:
    """The feed's events, under the contest's own id, in the order of their times; all oddities are in the feed's report.

    Raises:
        DataError: when the feed cannot be read, tells of no contest, or of a rule that there is not.
    """
    return checked(events(feed.changes(), None, by="feed", oddities=feed.oddities, own=feed.own))


def board_of(found: list[Event], *, at: str | None, audience: str, what_if: WhatIf) -> FeedBoard:
    """The board of a feed's events for an audience. Pure.

    Args:
        found: of `events_of`.
        at: a contest time (h:mm:ss) or a TIME: what was known then; None for the end of the feed.
        audience: public or jury.
        what_if: what is other than the feed says.

    Raises:
        UsageError: when *at* is no such time, or a problem or team that is to be left out does not exist.
    """
    contest, state = found[0].contest, ContestState(found[0].contest)
    moment = None if at is None else _moment(at, found)
    shown, known = State(contest), list(_until(found, moment))
    for position, event in enumerate(known):
        name = type(event).__name__
        if name in FOLDED:
            apply(state, position, event)
        if name not in _JUDGED:
            fold(shown, position, event)
    keys = [key for key in shown.records if key[0] in ENTRIES]
    problems = [("problems", one.id) for one in shown.definition.problems] if shown.definition else []
    made = derive(shown, [("contest", contest), ("state", "state"), *problems, *keys])
    teams = {id_: one for (type_, id_), (one, _) in made.items() if type_ == "teams"}
    check_names(what_if, contest, [id_ for _, id_ in problems], teams)
    state = alter(state, what_if)
    generation = generation_of(state, what_if)
    if generation is None:
        raise DataError(f"contest {contest}: the feed has no definition of it")
    projected = board(state, generation, audience)
    scale = state.contest.terms.score_scale if state.contest.terms else 1
    rows = board_rows(projected.rows, score_scale=scale)
    now = max((event.recorded_at for event in known), default=0) if moment is None else moment
    facts = made["contest", contest][1]
    return FeedBoard(
        scoreboard=scoreboard(rows, made["state", "state"][0], facts, now),
        contest=made["contest", contest][0],
        problems=[made[key][0] for key in problems],
        teams={id_: one.get("display_name") or one["name"] for id_, one in teams.items()},
        clock=contest_clock(facts),
        firsts={first.problem_id: first.team_id for first in projected.firsts},
        now=now,
    )


def _until(found: Iterable[Event], moment: int | None) -> Iterator[Event]:
    """What was known at the moment: configuration, and what had come by then."""
    for event in found:
        if moment is None or event.recorded_at <= moment or isinstance(event, _CONFIGURATION):
            yield event


def _moment(text: str, found: Iterable[Event]) -> int:
    """UTC ms of a TIME, or of a contest time after the contest's start."""
    try:
        within = parse_reltime(text)
    except DataError:
        try:
            return parse_time(text)
        except DataError:
            raise UsageError(
                f"--at {text}: expected a contest time such as 4:00:00, or a time with a zone such as "
                "2026-11-24T10:00:00+01:00"
            ) from None
    start = next((event.start_time for event in found if isinstance(event, Definition)), None)
    if start is None:
        raise UsageError(f"--at {text}: the feed does not say when the contest begins; give a time with a zone")
    return start + within
