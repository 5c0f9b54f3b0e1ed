"""The objects and the board say the same of one contest: times, freeze, generations, and what became of each submission."""

import pytest

from clics.state import State
from clics.view import apply
from streams.scoring import project
from streams.scoring.fold import apply as score
from streams.scoring.state import ContestState
from tests.streams import live_events as make

SOLVED = {"AC"}


@pytest.mark.parametrize("seed", range(40))
def test_objects_and_board_agree_on_any_story(seed):
    state, board, facts = State("c1"), ContestState("c1"), {}
    for position, event in enumerate(make.story("c1", seed, 120)):
        for change in apply(state, position, event).changes:
            facts[change.type, change.id] = change.facts
        score(board, position, event)
        contest = board.contest
        assert (state.clock.start, state.clock.end, state.freeze) == (
            contest.clock.start,
            contest.clock.end,
            contest.freeze,
        )
        assert state.conduct.thawed == contest.thawed
        assert state.conduct.active == project.active(board)
        assert state.conduct.generations == [one.id for one in project.generations(board)]
    for team in ("t1", "t2", "t3"):
        cells = {cell.problem_id: cell for cell in project.row(board, project.find(board, "0"), "jury", team).cells}
        for problem in ("alpha", "beta"):
            cell = cells[problem]
            assert (cell.num_judged, cell.num_pending, cell.solved) == counted(state, facts, team, problem)


def counted(state, facts, team, problem):
    """What a board would count from the objects' facts alone."""
    mine = sorted(
        (fact for (type_, _), fact in facts.items() if type_ == "submissions" and fact["team"] == team and fact["problem"] == problem),
        key=lambda fact: (fact["at"], fact["position"]),
    )  # fmt: skip
    judged, pending, solved = 0, 0, False
    for fact in mine:
        if fact["late"] or fact["ignored"] or fact["at"] < state.clock.start:
            continue
        if solved:
            break
        if fact["shown"] is None:
            pending += 1
        elif fact["shown"]["judgement_type_id"] != "CE":  # free, and not counted
            judged += 1
            solved = fact["shown"]["judgement_type_id"] in SOLVED
    return judged, pending, solved
