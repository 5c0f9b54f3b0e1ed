"""Whether podium has the rule and the awards that a contest package names."""

from __future__ import annotations

from collections.abc import Iterable

from schemas.errors import RuleError
from schemas.events import Definition, Event
from streams.scoring.award_settings import AwardSettings
from streams.scoring.rules import Scope, make_rule

__all__ = ["checked"]


def checked(found: Iterable[Event]) -> list[Event]:
    """The events. Pure.

    Raises:
        RuleError: when a definition has a rule, a parameter or a setting of its awards that there is not: the fold would
            leave it out, and the contest have no board.
    """
    made = list(found)
    for event in made:
        if isinstance(event, Definition):
            scope = Scope(event.penalty_time, event.duration, event.score_scale)
            try:
                make_rule(event.rule, scope, event.parameters)
                AwardSettings.parse(event.awards)
            except ValueError as error:
                raise RuleError(f"contest {event.contest}: {error}") from None
    return made
