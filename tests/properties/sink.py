"""What the scorer's rows make of a board, and the scorer's state as it is kept."""

from __future__ import annotations

import json

from schemas.rows import AUDIENCES, FirstToSolve, ScoreboardRow
from streams.scoring.canonical import canonical
from streams.scoring.project import generations, scoreboard
from streams.scoring.state import ContestState


def parts(state: ContestState) -> dict[str, object]:
    """The state as it is kept: JSON there and back."""
    return {key: json.loads(json.dumps(value)) for key, value in state.parts()}


class Sink:
    """The boards as a sink has them that knows nothing but the rows it was sent."""

    def __init__(self) -> None:
        self.held: dict[tuple, tuple[int, object]] = {}

    def take(self, record) -> None:
        match record:
            case ScoreboardRow():
                key = (record.generation, record.audience, "row", record.team_id)
            case FirstToSolve():
                key = (record.generation, record.audience, "first", record.problem_id)
            case _:
                return
        if key not in self.held or self.held[key][0] <= record.position:
            self.held[key] = (record.position, record)

    def board(self, generation: str, audience: str) -> bytes:
        found = {"row": [], "first": []}
        for (of, whom, kind, _), (_, record) in self.held.items():
            if (of, whom) == (generation, audience):
                found[kind].append(record)
        return canonical(found["row"], found["first"], score_scale=10)

    def equals(self, state: ContestState) -> None:
        fresh = ContestState.restore("c1", parts(state).items())  # nothing that a projection remembers is in it
        for generation in generations(state):
            for audience in AUDIENCES:
                assert self.board(generation.id, audience) == scoreboard(fresh, generation, audience)
                assert scoreboard(state, generation, audience) == scoreboard(fresh, generation, audience)
