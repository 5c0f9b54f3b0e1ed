"""Whatever an analyst's question meets on its way, a promotion that comes meanwhile gives the old board or the new one."""

import threading
from concurrent.futures import ThreadPoolExecutor
from itertools import groupby

import pytest

from schemas import events as e
from schemas.ids import new_id
from schemas.rows import BatchClosed, ScoreboardRow
from streams.history_sink.rows import log_rows, scoreboard_rows
from streams.scoring.fold import FOLD_VERSION
from tests.history.test_board import START, Contest, insert

ASKED = "SELECT team_id, num_solved FROM scoreboard_rows WHERE contest = {contest:String} ORDER BY team_id"
TEAMS = ("t1", "t2")
QUESTIONS = 8
"""Of each analyst: with rows read before the acts, every third one saw no board."""
MOST = 500
"""Promotions at most; there are some ten in the time of a question."""


def ask_on(history_server, contest: str, seen: list[object], done: threading.Event) -> None:
    """Keep the boards that an analyst sees, one after the other, until it is done."""
    with history_server.client("analyst") as analyst:
        while not done.is_set():
            seen.append(analyst.query(ASKED, parameters={"contest": contest}).result_rows)


def board(contest: str, generation: str, batch: int, num_solved: int):
    """A board as the scorer writes it, its end last."""
    of = {"contest": contest, "recorded_at": START, "recorded_by": "test", "generation": generation}
    of |= {"audience": "public", "position": max(batch, 1), "batch": batch}
    shown = {"listed": True, "ranked": True, "sort_key": (0,), "total_time": 0, "cells": ()}
    records = [ScoreboardRow(**of, **shown, team_id=team, tie_key=team, num_solved=num_solved) for team in TEAMS]
    if batch:
        records.append(BatchClosed(**of, count=len(records)))
    return [row for record in records for row in scoreboard_rows(record)]


@pytest.mark.timeout(180)
def test_a_question_that_a_promotion_comes_into_sees_the_old_board_or_the_new_one(history_server, client):
    contest, done, last = Contest(new_id()), threading.Event(), "0"
    contest.insert(client)
    insert(client, board(contest.contest, "0", 0, 0))
    seen: tuple[list[object], list[object]] = ([], [])
    with ThreadPoolExecutor(len(seen)) as pool:
        asking = [pool.submit(ask_on, history_server, contest.contest, found, done) for found in seen]
        for num_solved in range(1, MOST):
            opened = contest.add(
                e.GenerationOpened, at=START, id=f"o{num_solved}", rule="icpc", fold_version=FOLD_VERSION
            )
            generation = str(opened)
            insert(client, log_rows(*contest.log[-1]))
            insert(client, board(contest.contest, generation, opened, num_solved))
            contest.add(e.GenerationPromoted, at=START, id=f"p{num_solved}", expect=last, generation=generation)
            insert(client, log_rows(*contest.log[-1]))
            last = generation
            if min(map(len, seen)) >= QUESTIONS:
                break
        done.set()
    for one in asking:
        one.result()
    whole = [[(team, n) for team in TEAMS] for n in range(MOST)]
    for found in seen:
        boards = [board for board, _ in groupby(found)]
        assert len(boards) > QUESTIONS / 2, "promotions came while it was asked"
        assert boards == [board for board in whole if board in boards]
