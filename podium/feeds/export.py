"""A contest of our own as the event feed that the jury or the public gets."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from api.access import Scene, Viewer, started, visible
from clics.derive import Derived, derive
from clics.feeds.export import See, feed_of
from clics.fold import fold
from clics.state import State
from schemas.events import Event
from streams.scoring.awards import names_of, of_state
from streams.scoring.fold import FOLDED, apply
from streams.scoring.project import active, find
from streams.scoring.state import ContestState

__all__ = ["feed_for"]

_NAMED = ("problems", "groups", "organizations", "teams")


def feed_for(events: Sequence[tuple[int, Event]], contest: str, *, version: str, audience: str) -> Iterator[bytes]:
    """The contest's event feed, a line a notification: what the api shows that audience after the last event. Pure.

    Raises:
        DataError: when there is no such version, or the events do not define the contest.
    """
    now = max((event.recorded_at for _, event in events), default=0)
    awards = _awards(events, contest, audience, now)
    reader = None if audience == "jury" else _public
    return feed_of(events, contest, version=version, reader=reader, now=now, awards=awards)


def _public(derived: Derived, contest: Mapping[str, Any], now: int) -> See:
    """What a member of the public sees: the rule of the api."""
    hidden = frozenset(id_ for (type_, id_), (_, facts) in derived.items() if type_ == "teams" and facts["hidden"])
    begun = derived["state", "state"][0].get("started") is not None
    viewer, scene = Viewer(), Scene(contest, now, hidden, begun)

    def see(type_: str, found: Any, facts: Mapping[str, Any]) -> Any | None:
        # a submission and who has won tell the problems
        if type_ in ("submissions", "awards") and not started(scene):
            return None
        return visible(viewer, type_, found, facts, scene)

    return see


def _awards(events: Sequence[tuple[int, Event]], contest: str, audience: str, now: int) -> list[dict[str, Any]]:
    """The awards of the audience's board, those aside that nobody has."""
    scored, named = ContestState(contest), State(contest)
    for position, event in events:
        if type(event).__name__ in FOLDED:
            apply(scored, position, event)
        fold(named, position, event)
    generation = find(scored, active(scored))
    if generation is None or named.definition is None:
        return []
    keys = [key for key in named.records if key[0] in _NAMED]
    keys += [("problems", one.id) for one in named.definition.problems]
    made = derive(named, keys)
    names = names_of(**{type_: [one for (kind, _), (one, _) in made.items() if kind == type_] for type_ in _NAMED})
    given = of_state(scored, generation, audience, now, names)
    return [{"id": a.id, "citation": a.citation, "team_ids": list(a.team_ids)} for a in given if a.team_ids]
