"""What a contest's awards are called after, and who belongs to what: out of its objects, for boards that are offline."""

from __future__ import annotations

from collections.abc import Collection

from clics import objects
from clics.fold import fold
from clics.state import State
from schemas.codec import codec
from schemas.errors import DecodeError
from schemas.events import Definition, Group, Organization, Team
from schemas.ids import partition_of
from schemas.reader import read
from schemas.settings import Settings
from streams.scoring import acts
from streams.scoring.awards import Names, names_of

__all__ = ["names_in", "read_names"]

_NAMED = frozenset({Definition, Team, Group, Organization})


def names_in(state: State) -> Names:
    """The names in a contest's state; what was removed or withdrawn gives none. Pure."""
    definition = state.definition
    problems = [one for one in state.problems.values() if not one.withdrawn] if definition else []
    groups = [one for one in state.of("groups") if isinstance(one, Group) and not one.removed]
    organizations = [one for one in state.of("organizations") if isinstance(one, Organization) and not one.removed]
    return names_of(
        problems=[objects.problem(one, definition) for one in problems] if definition else (),
        groups=map(objects.group, groups),
        organizations=map(objects.organization, organizations),
        teams=[objects.team(one) for one in state.of("teams") if isinstance(one, Team)],
    )


def read_names(
    settings: Settings,
    contest: str,
    last: int,
    *,
    left_out: Collection[int] = (),
    known_at: int | None = None,
) -> Names:
    """The names that a contest's log has up to and with position *last*. One more pass over its partition.

    Args:
        settings: where Kafka is.
        contest: the contest's id.
        last: the last position that counts.
        left_out: positions that do not count.
        known_at: what was recorded after this moment, UTC ms, does not count.

    Raises:
        DependencyError: when the brokers do not answer.
    """
    state, key, records = State(contest), contest.encode(), codec()
    for raw in read(settings, "log", partition_of(contest), 0, last + 1):
        if raw.key != key or raw.value is None or raw.position in left_out:
            continue
        try:
            event = records.decode(raw.value) if records.peek(raw.value) in _NAMED else None
        except DecodeError:
            continue
        if event is None or event.contest != contest or (known_at is not None and event.recorded_at > known_at):
            continue
        if not acts.refused(event, state.conduct.fold_version):
            fold(state, raw.position, event)
    return names_in(state)
