"""A contest as its log has it: its objects and its scores' state, and what of it operators' acts change."""

from __future__ import annotations

import difflib
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from typing import Any

from clics.fold import fold
from clics.state import State
from podium.conduct.times import said_moment, said_span
from schemas.codec import codec
from schemas.errors import DataError, DecodeError, UsageError
from schemas.events import Act, Event, MarkRequested, Runs, Team, Transitioned
from schemas.ids import partition_of
from schemas.reader import bounds
from schemas.settings import Settings
from streams.names import names_in
from streams.refold import Folded, Folding, batches
from streams.scoring import acts
from streams.scoring.awards import Names
from streams.scoring.fold import apply
from streams.scoring.state import ContestState

__all__ = ["Known", "read_known"]


@dataclass(slots=True)
class Known:
    """A contest after its log up to, not including, position `end`; `pictures` are those of positions before it.

    `acts` are those of people that the log has, by position, also the ones of which nothing came.
    """

    state: State
    scores: ContestState
    end: int
    pictures: dict[int, dict[str, str]] = field(default_factory=dict)
    acts: dict[int, Act] = field(default_factory=dict)

    @property
    def contest(self) -> str:
        """The contest's id."""
        return self.state.contest

    def take(self, position: int, act: Act) -> None:
        """Take the next act of the contest. Deterministic."""
        fold(self.state, position, act)
        apply(self.scores, position, act)
        self.end = position + 1

    def team(self, named: str) -> Team:
        """The team of this id that is in the contest.

        Raises:
            UsageError: when there is none; those whose id or name is like it are told.
        """
        found = self.state.records.get(("teams", named))
        if isinstance(found, Team) and not found.removed:
            return found
        teams = [team for team in self.state.of("teams") if isinstance(team, Team) and not team.removed]
        keys = {key.casefold(): team for team in teams for key in (team.name, team.display_name or "", team.id) if key}
        near = difflib.get_close_matches(named.casefold(), keys, 3, cutoff=0.5)
        within = [key for key in keys if named.casefold() in key] if named else []
        like = {keys[key].id: keys[key] for key in [*near, *within[:3]]}
        said = ", ".join(f"{team.id} ({team.display_name or team.name})" for team in like.values())
        hint = f"did you mean {said}?" if said else f"it has {len(teams)} teams"
        raise UsageError(f"contest {self.contest} has no team {named!r}; {hint}")

    def counted(self) -> int:
        """How many submissions are in time: made from the start on, and before their team's end."""
        found = 0
        clocks: dict[str, Any] = {}
        for one in self.state.submissions.values():
            clock = clocks.setdefault(one.team, self.state.clock_of(one.team))
            found += clock is not None and clock.start is not None and 0 <= clock.contest_time(one.at) < clock.duration
        return found

    def names(self) -> Names:
        """What awards are called after."""
        return names_in(self.state)

    def picture(self) -> dict[str, str]:
        """What acts change, in words, by what it is. Pure."""
        state, contest = self.state, self.scores.contest
        clock, conduct = state.clock, state.conduct
        found = {
            "start": said_moment(clock.start, "not known"),
            "duration": said_span(clock.duration),
            "end": said_moment(clock.end),
            "freeze": said_moment(state.freeze, "none"),
            "planned thaw": said_moment(state.planned_thaw, "none"),
            "thawed": said_moment(conduct.thawed),
            "finalized": said_moment(conduct.finalized),
            "B": str(conduct.b),
        }
        if conduct.extra:
            found["end of the last team"] = said_moment(state.last_end)
        if clock.start is None:
            found["countdown stopped at"] = "–" if state.pause is None else said_span(state.pause)
        found |= {
            f"removed from {said_moment(start)}": f"to {said_moment(end)}" for start, end in conduct.times.removed
        }
        found |= {f"extra time of team {team}": said_span(ms) for team, ms in conduct.extra.items()}
        for team in self.scores.teams.values():
            if team.penalties:
                found[f"penalty time of team {team.id}"] = said_span(sum(team.penalties.values()))
            if team.disqualified:
                found[f"team {team.id}"] = "disqualified"
        for id_, given in contest.awards.items():
            found[f"award {id_}"] = "taken away" if given is None else f"{given[0]}: {', '.join(given[1]) or 'nobody'}"
        return found


def read_known(settings: Settings, contest: str, *, pictured: Collection[int] = ()) -> Known:
    """Read a contest's log up to its present end; of each position that is to be *pictured*, how it was before.

    Raises:
        UsageError: when the log does not define the contest.
        DataError: when the beginning of the log is gone.
        DependencyError: when the brokers do not answer.
    """
    low, high = bounds(settings, "log", partition_of(contest))
    if low > 0:
        raise DataError(f"the log of contest {contest} begins at {low}: what it was before is not known")
    known, missed = _pass(settings, contest, high - 1, frozenset(), pictured)
    if missed:
        known, _ = _pass(settings, contest, high - 1, missed, pictured)
    if known.state.definition is None:
        raise UsageError(f"there is no contest {contest!r}")
    return known


def _pass(
    settings: Settings, contest: str, last: int, left_out: frozenset[int], pictured: Collection[int]
) -> tuple[Known, frozenset[int]]:
    """Fold the log without the positions that are left out; and those that a scorer has skipped and this has not."""
    folding = Folding(Folded(ContestState(contest), last), left_out=left_out)
    folded, wanted = folding.folded, sorted(pictured)
    known = Known(State(contest), folded.state, last + 1)
    for position, value in _records(settings, contest, last):
        while wanted and position >= wanted[0]:
            known.pictures[wanted.pop(0)] = known.picture()
        skipped = len(folded.skipped)
        folding.take(position, value)
        event = _event(value)
        if isinstance(event, Act) and not isinstance(event, MarkRequested | Transitioned):
            known.acts[position] = event
        mine = event is not None and event.contest == contest and len(folded.skipped) == skipped
        if event is not None and mine and not acts.refused(event, known.state.conduct.fold_version):
            fold(known.state, position, event)
    known.pictures |= {position: known.picture() for position in wanted}
    return known, frozenset(position for position in folded.named if position <= last).difference(folded.skipped)


def _records(settings: Settings, contest: str, last: int) -> Iterator[tuple[int, bytes]]:
    """Position and value of the records under the contest's key, up to and with position *last*.

    Raises:
        DependencyError: when the brokers do not answer.
    """
    key = contest.encode()
    for batch in batches(settings, partition_of(contest), last):
        for message in batch:
            if message.key() == key and (value := message.value()) is not None:
                yield message.offset(), value


def _event(value: bytes) -> Event | None:
    """The record's event; None for what is none, and for runs: most of a log, and nothing here depends on them."""
    try:
        return None if codec().peek(value) is Runs else codec().decode(value)
    except DecodeError:
        return None
