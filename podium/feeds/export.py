"""A contest of our own as the event feed that the jury or the public gets."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from api.access import Scene, Viewer, visible
from clics.derive import Derived, configuration, derive
from clics.feeds.export import Happened, See, feed
from clics.state import State
from schemas.live import withheld
from schemas.settings import Settings
from streams.replay import recompute, refuse_unknown
from streams.scoring.awards import names_of, of_state
from streams.scoring.contest import Generation
from streams.scoring.project import active, find
from streams.scoring.state import ContestState

__all__ = ["awards_of", "exported", "feed_for"]

_NAMED = ("problems", "groups", "organizations", "teams")


def exported(settings: Settings, contest: str, *, version: str, audience: str) -> Iterator[bytes]:
    """The contest's event feed out of the log, with the awards of the board that replay comes to. Reads only.

    Raises:
        UsageError: when the log holds nothing of the contest; OtherFoldError when its active generation is of another fold
            version.
        DataError: when there is no such version, the log does not define the contest, its beginning is gone, or it holds what
            this podium cannot read.
        DependencyError: when the brokers do not answer.
    """
    happened = Happened(State(contest))
    replayed = recompute(settings, contest, beside=lambda position, event, _: happened.take(position, event))
    refuse_unknown(replayed.folded)
    return feed_for(happened, replayed.state, version=version, audience=audience)


def feed_for(happened: Happened, scores: ContestState, *, version: str, audience: str) -> Iterator[bytes]:
    """The contest's event feed, a line a notification: what the api shows that audience after the last event. Pure.

    Args:
        happened: the contest.
        scores: its state as the fold has it there, from which awards come.
        version: one of EXPORTED.
        audience: public or jury.

    Raises:
        DataError: when there is no such version, or the events do not define the contest.
    """
    now, generation = happened.last, find(scores, active(scores))
    awards: list[dict[str, Any]] = []
    if generation is not None and happened.state.definition is not None:
        keys = [*configuration(happened.state), *(key for key in happened.state.records if key[0] in _NAMED)]
        awards = awards_of(scores, generation, audience, now, derive(happened.state, keys))
    reader = None if audience == "jury" else _public
    told = [one for one in awards if one["team_ids"]]
    return feed(happened, version=version, reader=reader, now=now, awards=told)


def _public(contest: Mapping[str, Any], now: int) -> See:
    """What a member of the public sees: the rule of the api."""
    viewer, scene = Viewer(), Scene.at(contest, now)

    def see(type_: str, found: Any, facts: Mapping[str, Any]) -> Any | None:
        if type_ == "awards" and withheld(contest, scene.now):
            return None  # those of a board that is frozen are nobody's in a file that is kept
        return visible(viewer, type_, found, facts, scene)

    return see


def awards_of(
    scores: ContestState, generation: Generation, audience: str, now: int, derived: Derived
) -> list[dict[str, Any]]:
    """The awards of an audience's board as the Contest API has them; *derived* holds what they are called after. Pure."""
    named: dict[str, list[Any]] = {type_: [] for type_ in _NAMED}
    for (type_, _), (made, _) in derived.items():
        if type_ in named:
            named[type_].append(made)
    given = of_state(scores, generation, audience, now, names_of(**named))
    return [{"id": one.id, "citation": one.citation, "team_ids": list(one.team_ids)} for one in given]
