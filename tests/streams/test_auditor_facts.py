"""The facts that a real history has, compared with the log: every kind of event is equal, every table's spoilt row found."""

from dataclasses import replace

import pytest

from schemas import events as e
from schemas.definition import Award, FileData, Language
from schemas.ids import new_id
from streams.auditor import facts as facts_module
from streams.auditor.beside import FACTS, OBJECTS, Turns
from streams.auditor.facts import Facts, unlike_facts
from streams.history_sink.rows import LOG_TABLES, log_rows
from streams.history_sink.store import Store
from streams.scoring.fold import FOLD_VERSION
from tests.contest_log import START, ContestLog, judgement_types
from tests.history.contests import random_log
from tests.streams import live_events as make

ODD = 'Ænders "q" \\ \t\n\x01\x1f \u2028 / 中 𝄞'
"""A text with all that some JSON or some SQL writes otherwise."""


@pytest.fixture
def store(settings, history_server):
    store = Store(settings.model_copy(update={"clickhouse": history_server.url}))
    yield store
    store.close()


@pytest.fixture
def client(history_server):
    with history_server.client() as client:
        yield client


def every_kind():
    """A contest with every kind of event that the history keeps, no field as it is by itself."""
    of = {"submission_id": "s1", "team_id": "t1", "problem_id": "A"}
    run = e.Run(1, "AC", 5, 6, 7, START, test=ODD, score=3)
    log = ContestLog(contest=f"facts-{new_id()}"[:36], formal_name=ODD, parameters={ODD: "1", "a": ODD}, rule="icpc")
    languages = (Language(id="c", name="C", extensions=("c", ODD)), Language(id="d", name="D", extensions=()))
    log.define(judgement_types=judgement_types(AC=False, WA=True), languages=languages, publish={"OLE": "WA"})
    log.define(window=None, scoreboard_freeze_duration=None, scoreboard_thaw_time=None, verification=True)
    log.act(e.Organization, id="o1", name=ODD, formal_name="University", country="SWE")
    log.group("g1", type="site", hidden=True)
    log.team("t3", organization_id="o1", group_ids=("g1", ODD), display_name=ODD, label="7", hidden=True)
    files = (FileData(name="a.c", data=b"\x00\xff not text"), FileData(name=ODD, data=b""))
    log.act(
        e.Submission,
        id="s1",
        team_id="t1",
        problem_id="A",
        language_id="c",
        submitted_at=START,
        files=files,
    )
    log.judge("s1", "AC", score=-7, group_scores=(1, 2))
    log.act(e.JudgingStarted, submission_id="s1", judging=0, attempt=1, host=ODD, started_at=START)
    log.act(e.Runs, submission_id="s1", judging=0, attempt=1, runs=(run, replace(run, ordinal=2, score=None)))
    log.fault("s1")
    log.override("s1", None, reason=ODD)
    log.ignore("s1", ignored=True)
    log.act(e.SubmissionVerified, judging=0, **of)
    log.act(e.RejudgingCreated, submission_ids=("s1", "s2", "s1"))
    log.act(e.IntervalRemoved, start=START, end=START + 1000)
    log.act(e.AwardGiven, award=Award(id="gold", citation=ODD, team_ids=("t1",)))
    log.act(e.Clarification, id="c1", text=ODD, asked_at=START, to_team_ids=("t1", "t2"), to_group_ids=("g1",))
    log.act(e.Commentary, id="m1", message=ODD, said_at=START, tags=("a",), team_ids=("t1",), problem_ids=("A",))
    log.act(e.GenerationOpened, rule="icpc", fold_version=1, parameters={"penalty_minutes": "7"})
    return log.contest, log.events


def taken(events, end=10**6, stretch=None):
    """The facts that the log stands for."""
    facts = Facts(end)
    for number, (position, event) in enumerate(events):
        facts.take(position, event, in_turn=stretch is None or number in stretch)
    for position, event in events:
        if position in facts.left_out:
            facts.leave_out(position, event)
    return facts


def contests():
    """Some of them, of two rules of which the history computes boards and of one of which it does not."""
    yield every_kind()
    for seed, rule in enumerate(["icpc", "ioi", "codeforces"]):
        contest = f"facts-{seed}-{new_id()}"[:36]
        yield contest, random_log(seed, contest, rule=rule)
    contest = f"facts-story-{new_id()}"[:36]
    yield contest, list(enumerate(make.story(contest, 1, 90)))


def test_what_is_written_of_every_kind_of_event_is_what_the_log_stands_for(store, client):
    for contest, events in contests():
        store.write([row for position, event in events for row in log_rows(position, event)])
        store.write([row for position, event in events[:9] for row in log_rows(position, event)])  # it read some again
        assert unlike_facts(client, contest, taken(events)) == "", contest
    half = events[len(events) // 2][0]
    assert unlike_facts(client, contest, taken(events, half)) == "", "the sink has come half way"


SPOIL = {
    "definitions": "UPDATE penalty_ms = penalty_ms + 1",
    "problems": "UPDATE package = 'another' WHERE problem_id = 'B'",
    "judgement_types": "UPDATE penalty = NOT penalty",
    "languages": "UPDATE extensions = ['x']",
    "teams": "UPDATE hidden = NOT hidden WHERE team_id = 't2'",
    "organizations": "UPDATE country = 'NOR'",
    "groups": "DELETE",
    "submissions": "UPDATE submitted_at = submitted_at + 1",
    "sources": "UPDATE data = concat(data, ' ')",
    "verdicts": "UPDATE verdict = 'WA' WHERE verdict = 'AC'",
    "runs": "UPDATE cpu_ms = cpu_ms + 1 WHERE ordinal = 2",
    "judge_events": "UPDATE host = 'another' WHERE kind = 'started'",
    "rejudgings": "UPDATE recorded_at = recorded_at + 1",
    "acts": "UPDATE reason = '' WHERE kind = 'VerdictOverridden'",
    "clarifications": "UPDATE to_team_ids = ['t1']",
    "commentaries": "UPDATE message = ''",
}


def test_a_row_that_is_spoilt_is_found_in_every_table(store, client, monkeypatch):
    monkeypatch.setattr(facts_module, "NAMED", len(LOG_TABLES))
    contest, events = every_kind()
    facts = taken(events)
    store.write([row for position, event in events for row in log_rows(position, event)])
    position, event = events[-1]
    store.write(log_rows(position + 1, event))
    assert unlike_facts(client, contest, facts) == "acts of positions 0 to 999", (
        "a row that nothing in the log stands for"
    )
    assert set(SPOIL) == set(LOG_TABLES)
    for table, change in SPOIL.items():
        what, _, where = change.partition(" WHERE ")
        ours = f"contest = '{contest}'" + (f" AND {where}" if where else "")
        client.command(f"ALTER TABLE podium.{table} {what} WHERE {ours} SETTINGS mutations_sync = 1")
    found = unlike_facts(client, contest, facts)
    assert found == ", ".join(f"{table} of positions 0 to 999" for table in sorted(LOG_TABLES))


def test_of_runs_and_sources_the_stretch_alone_is_compared(store, client):
    contest, events = every_kind()
    store.write(
        [row for position, event in events for row in log_rows(position, event) if row[0] not in ("runs", "sources")]
    )
    runs = next(number for number, (_, event) in enumerate(events) if isinstance(event, e.Runs))
    assert unlike_facts(client, contest, taken(events, stretch=range(runs + 1, 10**6))) == ""
    assert unlike_facts(client, contest, taken(events, stretch=range(runs, runs + 1))) == "runs of positions 0 to 999"


def test_a_position_that_the_fold_has_skipped_is_compared_with_nothing(store, client):
    """The sink drops it when it reads of it, which may be before or after it is looked at."""
    contest, events = every_kind()
    position = next(at for at, one in events if isinstance(one, e.Judgement))
    skipped = make.make(e.PositionSkipped, contest, id="skip", position=position, fold_version=FOLD_VERSION)
    events.append((events[-1][0] + 1, skipped))
    facts = taken(events)
    store.write([row for at, one in events for row in log_rows(at, one)])
    assert unlike_facts(client, contest, facts) == ""
    store.drop_positions(contest, [position])
    assert unlike_facts(client, contest, facts) == ""


def test_the_stretches_of_a_contest_follow_each_other_and_begin_anew():
    turns = Turns(stretch=10)
    seen = []
    for _ in range(4):
        turn = turns.of("c", FACTS)
        seen.append((turn.start, turn.stop))
        turns.took("c", FACTS, turn, 25)
    assert seen == [(0, 10), (10, 20), (20, 30), (0, 10)]
    assert (turns.ended("c", FACTS), turns.ended("c", OBJECTS)) == (True, False)
    turns.unended("c")
    assert not turns.ended("c", FACTS), "more has come behind it"
    turns.took("c", FACTS, range(20, 30), 25)
    turns.took("c", OBJECTS, range(10, 20), 25)
    turns.took("c", OBJECTS, range(20, 30), 25)
    turns.took("c", FACTS, range(10), 25)
    assert turns.ended("c", FACTS), "each ends in its own time"
    assert turns.ended("c", OBJECTS)
    turns.forget("c")
    assert turns.of("c", OBJECTS) == turns.of("another", FACTS) == range(10), "each has its own"
    turns.forget("c")
    assert turns.of("c", FACTS) == range(10)
