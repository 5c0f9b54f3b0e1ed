"""Requests as the jury works on them: by hand, event by event."""

from __future__ import annotations

import pytest

from api.access import Scene, Viewer
from api.telling import told
from clics.blockers import blockers
from clics.clarifications import ANSWERS, answers, categories, category_of, messages, quoted
from clics.view import apply
from podium.jury import clarifications
from podium.jury.record import Record
from schemas.codec import codec
from schemas.errors import UsageError
from schemas.events import Clarification, ClarificationCategorised, ClarificationClaimed, Group
from schemas.live import Stored
from tests.contest_log import START, ContestLog


@pytest.fixture
def log() -> ContestLog:
    log = ContestLog()
    log.act(Clarification, id="q1", from_team_id="t1", text="How?", asked_at=START + 2000, problem_id="B")
    log.act(Clarification, id="q2", from_team_id="t2", text="Why?", asked_at=START + 1000, category="SysOps")
    log.act(Clarification, id="news", text="Lunch.", asked_at=START + 3000)
    return log


def record(log: ContestLog) -> Record:
    made = Record.of(log.contest)
    for position, event in log.events:
        made.take(position, event)
    return made


def claims(log: ContestLog) -> dict[str, str]:
    return {one.record.id: one.claim.recorded_by for one in messages(record(log).state) if one.claim}


def claim(log: ContestLog, by: str, request: str = "q1", **fields: object) -> None:
    about = {"clarification_id": request, "id": f"{by}{len(log.events)}"}
    event = ClarificationClaimed(contest=log.contest, recorded_at=START, recorded_by=by, **about, **fields)
    log.add(event)


def test_of_two_who_claim_a_request_the_first_in_the_log_has_it(log):
    claim(log, "ann")
    claim(log, "bob")
    assert claims(log) == {"q1": "ann"}
    claim(log, "bob", instead_of="ann")
    claim(log, "cleo", instead_of="ann")
    assert claims(log) == {"q1": "bob"}, "cleo did not know that bob had it by then"
    claim(log, "ann", instead_of="ann", released=True)
    assert claims(log) == {"q1": "bob"}
    claim(log, "bob", instead_of="bob", released=True)
    assert claims(log) == {}
    claim(log, "ann", "news")
    claim(log, "ann", "nothing")
    assert claims(log) == {}, "what no team has asked is nobody's to answer"


def test_a_claim_and_a_category_survive_the_views_own_state(log):
    claim(log, "ann")
    log.act(ClarificationCategorised, clarification_id="q1", category="Operations")
    state = record(log).state
    parts = [(key, state.dump(key, codec())) for key in state.keys()]  # noqa: SIM118  # a method of the state
    again = type(state).load(log.contest, state.position, parts, codec())
    (one, *_) = messages(again)
    assert (one.claim.recorded_by, one.category) == ("ann", "Operations")


def test_neither_changes_an_object_of_the_contest(log):
    state = record(log).state
    for cls, about in ((ClarificationClaimed, {}), (ClarificationCategorised, {"category": "SysOps"})):
        outcome = apply(
            state, 900 + len(state.conduct.acts), log.make(cls, clarification_id="q1", id=str(cls), **about)
        )
        assert (outcome.changes, bool(outcome.parts)) == ([], True)


def test_a_request_is_of_its_problems_category_its_teams_or_the_jurys(log):
    def found() -> dict[str, str]:
        made = record(log)
        return {one.record.id: one.category for one in messages(made.state)}

    assert found() == {"q1": "Problem B", "q2": "SysOps", "news": "General"}
    log.act(ClarificationCategorised, clarification_id="q2", category="Problem A")
    log.act(ClarificationCategorised, clarification_id="q1", category="General")
    assert found() == {"q1": "General", "q2": "Problem A", "news": "General"}


def test_a_contest_has_the_usual_categories_and_answers_or_its_own(log):
    definition = record(log).state.definition
    assert categories(definition) == ("General", "SysOps", "Operations", "Problem A", "Problem B", "Problem C")
    assert answers(definition) == ANSWERS
    log.define(clarification_categories=("Hall", "Problem A"), clarification_answers=("No.",))
    made = record(log)
    assert categories(made.state.definition) == ("Hall", "Problem A", "Problem B", "Problem C")
    assert category_of(made.state, made.state.records["clarifications", "news"]) == "Hall"
    assert clarifications.predefined(made, 1) == "No."
    with pytest.raises(UsageError, match="has no predefined answer 2; it has\n  1  No\\."):
        clarifications.predefined(made, 2)
    with pytest.raises(UsageError, match="no category 'hal'; did you mean 'Hall'"):
        clarifications.category_named(made, "hal")
    assert clarifications.category_named(made, "problem b") == "Problem B"


def test_messages_go_by_id_before_number_and_answers_by_the_jury_alone_answer(log):
    log.act(Clarification, id="2", from_team_id="t1", text="2?", asked_at=START, reply_to_id="q2")
    log.act(Clarification, id="a", text="So.", asked_at=START, reply_to_id="q1", to_team_ids=("t1",))
    made = record(log)
    assert clarifications.message(made, "2").record.text == "2?"
    assert clarifications.message(made, "3").record.id == "news"
    assert [one.record.id for one in messages(made.state) if one.waits] == ["q2", "2"]
    with pytest.raises(UsageError, match="no message '9'"):
        clarifications.message(made, "9")


def test_only_a_reply_that_the_asker_gets_answers(log):
    def waiting() -> list[str]:
        return [one.record.id for one in messages(record(log).state) if one.waits]

    def reply(to: str, **recipients: tuple[str, ...]) -> None:
        id_ = f"reply-{len(log.events)}"
        log.act(Clarification, id=id_, text="So.", asked_at=START, reply_to_id=to, **recipients)

    log.act(Group, id="east", name="East")
    log.act(Group, id="west", name="West")
    log.team("t2", group_ids=("east",))
    reply("q2", to_team_ids=("t1",))
    reply("q2", to_team_ids=("t1",), to_group_ids=("west",))
    assert waiting() == ["q1", "q2"]
    assert [one.what for one in blockers(record(log).state, START) if one.kind == "clarification"] == [
        "clarification q1 of team t1",
        "clarification q2 of team t2",
    ]
    reply("q2", to_team_ids=("t1",), to_group_ids=("east",))
    assert waiting() == ["q1"], "its group has it"
    reply("q1", to_team_ids=("t2", "t1"))
    assert waiting() == []
    log.act(Clarification, id="q3", from_team_id="t1", text="Who?", asked_at=START)
    assert waiting() == ["q3"]
    reply("q3")
    assert waiting() == [], "everybody has it"
    assert [one.kind for one in blockers(record(log).state, START)] == ["not over"]


def test_an_answer_quotes_what_was_asked():
    assert quoted("One\n\ntwo?", "Yes.") == "> One\n>\n> two?\n\nYes."
    assert quoted("", "Yes.") == ">\n\nYes."


def test_a_message_to_a_group_is_one_to_the_team_where_there_are_no_groups():
    facts = {"team": None, "to_teams": (), "to_groups": ("g1", "g4"), "problem": None, "reply": None, "hidden": False}
    message = Stored({"id": "m", "to_group_ids": ["g1", "g2"], "text": "Move."}, facts, 1)
    scene = Scene({"start": 0}, 1)

    def found(version: str, *groups: str, role: str = "team") -> list[dict[str, object]]:
        viewer = Viewer(role, "t1" if role == "team" else None, frozenset(groups))
        return told(version, viewer, "clarifications", message, scene, None)

    assert found("2023-06", "g1") == [{"id": "m", "to_team_id": "t1", "text": "Move."}]
    assert found("2026-01", "g1") == [{"id": "m", "to_group_ids": ["g1"], "text": "Move."}]
    assert found("2023-06", "g2") == found("2026-01", "g3") == found("2023-06", role="public") == []
