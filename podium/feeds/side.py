"""What another system said and what we say of the same contest, side by side."""

from __future__ import annotations

import json
from dataclasses import dataclass

from clics.derive import derive
from clics.fold import fold
from clics.state import State
from podium.feeds.mirror import shadow_id
from podium.feeds.official import Beside, Official
from schemas.clock import Clock
from schemas.errors import UsageError
from schemas.reader import read_contest
from schemas.settings import Settings
from streams.names import names_in
from streams.replay import recompute, refuse_unknown
from streams.replay.diff import BoardDiff, diff_boards
from streams.scoring.awards import of_state

__all__ = ["Sides", "Verdicts", "sides", "verdicts"]


@dataclass(frozen=True, slots=True)
class Verdicts:
    """A submission's verdicts; None: pending. `here`: it is in the contest that is judged here."""

    submission_id: str
    team_id: str
    problem_id: str
    language_id: str
    theirs: str | None
    ours: str | None
    here: bool

    @property
    def differ(self) -> bool:
        """Whether the two say something else, or only one says something."""
        return self.theirs != self.ours


@dataclass(frozen=True, slots=True)
class Sides:
    """Both sides: all submissions in the order of the log, and the difference of the jury's boards, theirs to ours.

    In `board` theirs is what our rules make of their verdicts, so that only verdicts make a difference. `official` is
    what they show themselves, where it was looked at.
    """

    contest: str
    verdicts: tuple[Verdicts, ...]
    board: BoardDiff
    official: Beside | None = None

    @property
    def equal(self) -> bool:
        """Whether nothing differs."""
        shown = self.official is None or self.official.equal
        return shown and self.board.equal and not any(one.differ for one in self.verdicts)


def sides(settings: Settings, contest: str, official: Official | None = None, audience: str = "jury") -> Sides:
    """Compare a shadowed contest with what was judged here. Reads only.

    Args:
        settings: where Kafka is.
        contest: the contest's id, that of what the other system said.
        official: what the other system shows itself.
        audience: whose board of ours that is put beside: public or jury.

    Raises:
        UsageError: when the log lacks one of the two.
        DataError: when *official* is no scoreboard, or the log holds what this podium cannot read.
        DependencyError: when the log does not answer.
    """
    ours = shadow_id(contest)
    states, replays = [], []
    for one in (contest, ours):
        state = State(one)
        for position, event in read_contest(settings, one):
            fold(state, position, event)
        if state.definition is None:
            raise UsageError(f"the log has no contest {one!r}; `podium shadow run URL --contest {contest}` makes both")
        states.append(state)
        replays.append(recompute(settings, one))
        refuse_unknown(replays[-1].folded)
    boards = [json.loads(one.boards["jury"]) for one in replays]
    board = diff_boards("jury", boards[0], boards[1], {}, {})
    if official is None:
        return Sides(contest, verdicts(*states), board)
    mine = replays[1]
    assert mine.generation is not None  # it has a definition
    now = Clock.parse(settings.clock).now_ms()
    given = of_state(mine.state, mine.generation, audience, now, names_in(states[1]))
    beside = Beside.of(official, json.loads(mine.boards[audience]), given)
    return Sides(contest, verdicts(*states), board, beside)


def verdicts(theirs: State, ours: State) -> tuple[Verdicts, ...]:
    """Each submission of theirs with both verdicts, as published by the judgement types of the contest. Pure."""
    said, judged = _shown(theirs), _shown(ours)
    return tuple(
        Verdicts(one.id, one.team, one.problem, one.language, said[one.id], judged.get(one.id), one.id in judged)
        for one in sorted(theirs.submissions.values(), key=lambda one: one.position)
    )


def _shown(state: State) -> dict[str, str | None]:
    derived = derive(state, [("submissions", id_) for id_ in state.submissions])
    shown = {id_: facts["shown"] for (type_, id_), (_, facts) in derived.items() if type_ == "submissions"}
    return {id_: one and one["judgement_type_id"] for id_, one in shown.items()}
