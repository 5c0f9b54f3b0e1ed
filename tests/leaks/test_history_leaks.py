"""The history tells an analyst the same of two contests that differ only in frozen verdicts, whatever they ask.

Both contests lie in one history, under names of one length; an answer is compared byte for byte but for that name, and
for what the protocol draws at random.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Self

import httpx
import pytest

from history.tables import _statements
from streams.history_sink.rows import Rows, log_rows, scoreboard_rows
from streams.scorer.rows import Stamp, rows_of
from streams.scoring.fold import apply
from streams.scoring.state import ContestState
from tests.history.test_board import insert
from tests.leaks.story import MINUTE, OTHERS, START, Pause, story

MOMENTS = (
    # long after the end; in the freeze, as it was known at once
    {"at_ms": 400 * MINUTE, "as_of": START + 400 * MINUTE, "mode": "''", "group_id": "''"},
    {"at_ms": 251 * MINUTE, "as_of": START + 262 * MINUTE, "mode": "'best'", "group_id": "'g3'"},
)
"""What the views' parameters may be, the contest aside."""
FAILS = "SELECT count() FROM submissions_of(contest = 'THIS') WHERE 7 = intDiv(7, verdict != 'AC')"
"""A question that fails on what somebody has solved; the engine's words for that name what it did."""
REFUSED = (FAILS, "SELECT * FROM podium.verdicts WHERE contest = 'THIS'")
"""What is no answer: it must tell nothing either."""
RANDOM = ("x-clickhouse-query-id", "x-clickhouse-exception-tag", "date")


def told(contest: str, *, second: bool) -> Iterator[tuple[str, Rows]]:
    """The rows of the history up to each pause of the story, from the one before it."""
    scores, position, rows = ContestState(contest), 98, Rows()
    tale, given = story(contest, OTHERS, second=second), None
    while True:
        try:
            said: Any = tale.send(given)  # type: ignore[arg-type]
        except StopIteration:
            return
        if isinstance(said, Pause):
            yield said.name, rows
            rows, given = Rows(), None
            continue
        given, position = position, position + 1
        rows += log_rows(given, said.event)
        effect = apply(scores, given, said.event)
        for record in rows_of(scores, given, effect, Stamp(said.event.recorded_at, "scorer")):
            rows += scoreboard_rows(record)


class Analyst:
    """Asks of one contest after the other, under names that differ in a letter."""

    def __init__(self, url: str, client: Any, name: str) -> None:
        self._client, self.names = client, (f"{name}-a", f"{name}-b")
        self._http = httpx.Client(base_url=url, params={"user": "analyst"}, timeout=60)
        self._rows: Rows = []
        self._stories = [told(contest, second=contest.endswith("b")) for contest in self.names]
        self._views = dict(
            client.query(
                "SELECT name, arrayMap(one -> tupleElement(one, 1), parameterized_view_parameters) "
                "FROM system.tables WHERE database = 'podium_public'"
            ).result_rows
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._http.close()

    def advance(self) -> str:
        """Go on to the next pause, and give its name."""
        (one, rows), (other, more) = map(next, self._stories)
        assert one == other
        self._rows += rows + more
        return one

    def apart(self, view: str = "", moments: int = 1) -> list[str]:
        """The questions, all or those about a view, to which the two contests give different answers."""
        self.arrive()
        found = []
        for asked in self.questions(view, moments):
            one, other = (self.answer(asked, which) for which in "ab")
            assert asked in REFUSED or one[0] == 200, f"{asked}: {one[2]!r}"
            found += [asked] if one != other else []
        return found

    def arrive(self) -> None:
        """Have the history hold all up to the last pause."""
        insert(self._client, self._rows)
        self._rows = []

    def questions(self, only: str, moments: int) -> Iterator[str]:
        """Everything that every view says of THIS. In an order: without one it is that of names' hashes."""
        for view, parameters in sorted(self._views.items()):
            # `submissions` is `submissions_of` of all contests, and computes them all
            if only in ("", view) and (view != "submissions" or moments > 1):
                for source in _sources(view, list(parameters), moments):
                    yield f"SELECT * FROM {source} ORDER BY ALL"
        if not only:
            yield "SELECT * FROM submissions_of(contest = 'THIS') ORDER BY ALL FORMAT JSON"
            yield from REFUSED

    def answer(self, asked: str, which: str) -> tuple[int, dict[str, str], bytes]:
        """Status, headers and body of what one of the contests gives."""
        name = next(one for one in self.names if one.endswith(which))
        answer = self._http.post("/", content=asked.replace("THIS", name))
        headers = {key: value for key, value in answer.headers.items() if key not in RANDOM}
        return answer.status_code, headers, answer.content.replace(name.encode(), b"THIS")


def _sources(view: str, parameters: list[str], moments: int) -> Iterator[str]:
    """The view, with values of its parameters."""
    if not parameters:
        yield f"{view} WHERE contest = 'THIS'"
        return
    for moment in MOMENTS[: moments if len(parameters) > 1 else 1]:
        values: dict[str, Any] = {"contest": "'THIS'", **moment}
        assert set(parameters) <= values.keys(), f"{view}: nobody says what {parameters} may be"
        yield f"{view}({', '.join(f'{name} = {values[name]}' for name in parameters)})"


@pytest.fixture
def client(history_server):
    with history_server.client() as client:
        yield client


def test_an_analyst_learns_nothing_of_frozen_verdicts(history_server, client):
    with Analyst(history_server.url, client, "frozen") as analyst:
        while analyst.advance() != "over":
            pass
        analyst.arrive()
        first, *again = (analyst.answer(FAILS, "a") for _ in range(5))
        assert again == [first] * len(again), "nothing tells what was asked before, by whomever"
        assert analyst.apart() == []
        analyst.advance()
        assert analyst.apart("submissions_of"), "there was something to hide"


@pytest.mark.long
@pytest.mark.timeout(900)
def test_long_an_analyst_learns_nothing_at_any_moment(history_server, client):
    with Analyst(history_server.url, client, "ever-frozen") as analyst:
        while (pause := analyst.advance()) != "thawed":
            assert analyst.apart(moments=len(MOMENTS)) == [], pause


@pytest.mark.parametrize(
    ("view", "hides", "shows"),
    [
        ("submissions_of", "(j.thawed OR NOT j.behind_freeze) AND ", ""),
        ("scoreboard_rows", "rows_for(audience = 'public')", "rows_for(audience = 'jury')"),
    ],
)
def test_a_view_that_leaks_is_found(history_server, client, view, hides, shows):
    (sql,) = (one for one in _statements("public.sql") if f" podium_public.{view} " in one)
    assert hides in sql
    client.command(sql.replace(hides, shows))
    try:
        with Analyst(history_server.url, client, f"seeded-{view}") as analyst:
            while analyst.advance() != "over":
                pass
            assert analyst.apart(view)
    finally:
        client.command(sql)
