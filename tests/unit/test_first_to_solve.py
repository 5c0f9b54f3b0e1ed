"""Who solved a problem first is not worked out from the beginning for each event."""

from __future__ import annotations

from streams.scorer.rows import Stamp, rows_of
from streams.scoring.fold import apply
from streams.scoring.project import first, generations
from streams.scoring.state import ContestState
from streams.scoring.view import View
from tests.contest_log import ContestLog

ATTEMPTS = 100


def test_what_has_not_solved_a_problem_is_not_looked_at_again_until_it_changes(monkeypatch):
    log, looked = ContestLog(), []
    races = View.races
    monkeypatch.setattr(View, "races", lambda *args: looked.append(args) or races(*args))
    early, *_ = [log.submit(("t1", "t2")[n % 2], "A", n + 1, "WA") for n in range(ATTEMPTS)]
    state, stamp = ContestState("c1"), Stamp(0, "test")

    def play():
        for position, event in log.events:
            if position > state.position:
                list(rows_of(state, position, apply(state, position, event), stamp))

    play()
    assert len(looked) < 10 * ATTEMPTS, (
        "two audiences, two events an attempt; all earlier ones would be a hundred times more"
    )
    (generation,) = generations(state)
    log.override(early, "AC")
    play()
    assert first(state, generation, "jury", "A").submission_id == early
    log.override(early, "WA")
    late = log.submit("t2", "A", 110, "AC")
    play()
    assert first(state, generation, "public", "A").submission_id == late
