"""The objects of a whole contest are valid Contest API 2026-01, and say what happened."""

import json
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest

from clics import objects
from clics.commentary import tagged_by
from clics.derive import override_id
from clics.state import FIRST_HIDDEN, State
from clics.view import apply
from schemas import events
from schemas.codec import codec
from schemas.definition import ChangedPackage
from schemas.ids import judgement_id, run_id
from tests.streams import live_events as make
from tests.streams.live_events import HOUR, MINUTE, START, act

SCHEMAS = Path(__file__).parents[2].parent / "shared/data/clics/2026-01/json-schema"
ONE = {
    "contest": "contest",
    "judgement-types": "judgement-type",
    "languages": "language",
    "problems": "problem",
    "groups": "group",
    "organizations": "organization",
    "teams": "team",
    "persons": "person",
    "state": "state",
    "submissions": "submission",
    "judgements": "judgement",
    "clarifications": "clarification",
    "awards": "award",
    "commentary": "commentary",
}


class View:
    """The objects as a reader would have them after these events, and every notification on the way."""

    def __init__(self, log=(), contest="c1"):
        self.state = State(contest)
        self.objects, self.facts, self.feed, self.numbers = {}, {}, [], {}
        self.position = -1
        for event in log:
            self.add(event)

    def add(self, event):
        self.position += 1
        outcome = apply(self.state, self.position, event)
        for change in outcome.changes:
            key = change.type, change.id
            if change.facts is None:
                self.objects.pop(key, None)
                self.facts.pop(key, None)
            elif change.stored:
                self.objects[key], self.facts[key] = change.object, change.facts
            if change.notified:
                self.feed.append((change.type, change.id, change.object))
        if outcome.numbered:
            self.numbers[outcome.numbered[0]] = outcome.numbered[1]
        return self.position

    def current(self, submission):
        found = [
            o["id"] for (t, _), o in self.objects.items()
            if t == "judgements" and o["submission_id"] == submission and o["current"]
        ]  # fmt: skip
        assert len(found) <= 1, "at most one judgement of a submission is current"
        return found[0] if found else None


@pytest.fixture
def view():
    return View([make.definition(), *make.entries()])


def validators():
    if not SCHEMAS.is_dir():
        pytest.skip(f"the Contest API's JSON schemas are not at {SCHEMAS}")
    from jsonschema import Draft202012Validator
    from referencing import Registry, Resource

    # decimals: a multiple of 0.001 is none in binary floating point
    loaded = {path.name: json.loads(path.read_text(), parse_float=Decimal) for path in SCHEMAS.glob("*.json")}
    registry = Registry().with_resources(
        pair for name, one in loaded.items() for pair in [(name, Resource.from_contents(one)), (one["$id"], Resource.from_contents(one))]
    )  # fmt: skip
    return lambda name: Draft202012Validator(loaded[f"{name}.json"], registry=registry)


@pytest.mark.parametrize("seed", range(12))
def test_every_object_of_a_contest_fits_its_json_schema(seed):
    validator = validators()
    view = View(make.story("c1", seed, 120))
    checked = set()
    for (type_, id_), made in view.objects.items():
        expanded = (
            objects.runs(view.facts[type_, id_], view.facts["contest", "c1"], made) if type_ == "runs" else [made]
        )
        for one in expanded:
            again = json.loads(json.dumps(one), parse_float=Decimal)
            validator(ONE.get(type_, "run")).validate(again)
        checked.add(type_)
    assert checked >= {"contest", "state", "problems", "teams", "submissions", "judgements"}


def test_a_submission_has_its_number_its_times_and_its_place_in_the_log(view):
    position = view.add(make.submission("s1", at=61_500))
    view.add(make.submission("s2", team="t2"))
    made, facts = view.objects["submissions", "s1"], view.facts["submissions", "s1"]
    assert made["contest_time"] == "0:01:01.500"
    assert made["files"] == [
        {"href": "contests/c1/submissions/s1/files", "filename": "s1.zip", "mime": "application/zip"}
    ]
    assert (facts["number"], facts["position"], facts["team"], facts["late"]) == (1, position, "t1", False)
    assert facts["shown"] is None
    assert view.numbers == {"s1": 1, "s2": 2}


def test_what_hidden_teams_submit_leaves_no_gap_among_the_numbers_of_the_others(view):
    view.add(make.make(events.Team, "c1", id="staff", name="Staff", hidden=True))
    for id_, team in (("s1", "t1"), ("x1", "staff"), ("s2", "t2"), ("x2", "staff"), ("s3", "t1")):
        view.add(make.submission(id_, team=team))
        keys = list(view.state.keys())
        view.state = State.load("c1", view.position, [(key, view.state.dump(key, codec())) for key in keys], codec())
    view.add(make.make(events.Team, "c1", id="staff", name="Staff"))
    view.add(make.submission("s4", team="staff"))
    assert view.numbers == {"s1": 1, "s2": 2, "s3": 3, "x1": FIRST_HIDDEN, "x2": FIRST_HIDDEN + 1, "s4": 4}
    assert view.facts["submissions", "x1"]["number"] == FIRST_HIDDEN, "a number stays"


def ordinals(view):
    """Of the runs that a reader finds of the initial judging of s1."""
    facts = view.facts["judgements", judgement_id("s1")]
    return [run[0] for batch in facts["runs"] for run in view.objects["runs", batch]]


def test_the_runs_of_a_killed_judge_do_not_count_when_its_task_comes_to_another_as_the_same_attempt(view):
    for event in (make.submission("s1"), make.started("s1"), make.runs("s1", 1, 2), make.runs("s1", 3, 4)):
        view.add(event)
    assert ordinals(view) == [1, 2, 3, 4]
    view.add(make.started("s1", at=5 * MINUTE))
    assert ordinals(view) == []
    assert view.objects["judgements", judgement_id("s1")]["start_contest_time"] == "0:05:00"
    for event in (make.runs("s1", 1, 2, 3), make.judgement("s1", "WA"), make.started("s1", at=6 * MINUTE)):
        view.add(event)
    assert ordinals(view) == [1, 2, 3]


@pytest.mark.parametrize("again", [((1, 2), (3, 4)), ((3, 4),), ((1,), (2, 3, 4)), ((1, 2, 3, 4),)])
def test_runs_that_are_told_again_count_once(view, again):
    """Told by a queue that was killed between the log and its table, or by a judge that had to begin again."""
    for event in (make.submission("s1"), make.started("s1"), make.runs("s1", 1, 2), make.runs("s1", 3, 4)):
        view.add(event)
    for batch in again:
        view.add(make.runs("s1", *batch))
    assert ordinals(view) == [1, 2, 3, 4]
    view.add(make.runs("s1", 5))
    assert ordinals(view) == [1, 2, 3, 4, 5]


def test_of_two_submissions_with_one_id_the_first_counts(view):
    view.add(make.submission("s1", team="t1"))
    before = dict(view.objects)
    view.add(make.submission("s1", team="t2", problem="beta"))
    assert view.objects == before
    view.add(make.submission("s2"))
    assert view.numbers == {"s1": 1, "s2": 2}


def test_of_two_judgements_of_one_judging_the_first_counts(view):
    view.add(make.submission("s1"))
    view.add(make.judgement("s1", "WA"))
    view.add(make.judgement("s1", "AC"))
    assert view.objects["judgements", judgement_id("s1")]["judgement_type_id"] == "WA"


def test_the_precise_verdict_is_published_by_the_contests_table(view):
    view.add(make.submission("s1"))
    view.add(make.judgement("s1", "MLE"))
    id_ = judgement_id("s1")
    assert view.objects["judgements", id_]["judgement_type_id"] == "RTE"
    assert view.objects["judgements", id_]["max_run_time"] == 0.123
    assert view.facts["judgements", id_]["verdict"] == "MLE"
    assert view.facts["submissions", "s1"]["shown"] == {"judgement_type_id": "RTE", "judgement_id": id_}
    view.add(make.definition(changes=0, publish={"MLE": "WA"}))
    assert view.objects["judgements", id_]["judgement_type_id"] == "WA"


def test_a_judging_error_shows_as_pending(view):
    view.add(make.submission("s1"))
    view.add(make.judgement("s1", "JE"))
    assert view.facts["submissions", "s1"]["shown"] is None


def test_a_judgement_is_there_from_its_start_and_a_new_attempt_replaces_its_runs(view):
    view.add(make.submission("s1"))
    view.add(make.started("s1"))
    id_ = judgement_id("s1")
    assert view.current("s1") == id_
    assert "judgement_type_id" not in view.objects["judgements", id_]
    first = view.add(make.runs("s1", 1, 2))
    view.add(make.started("s1", attempt=2))
    assert f"{id_}.{first}" not in view.facts["judgements", id_]["runs"]
    void = view.add(make.runs("s1", 3))
    assert f"{id_}.{void}" not in view.facts["judgements", id_]["runs"], "runs of the attempt that was given up"
    second = view.add(make.runs("s1", 1, attempt=2))
    facts = view.facts["judgements", id_]
    assert facts["runs"] == [f"{id_}.{second}"]
    (one,) = objects.runs(
        view.facts["runs", f"{id_}.{second}"],
        view.facts["contest", "c1"],
        view.objects["runs", f"{id_}.{second}"],
    )
    assert one["id"] == run_id(id_, 1)
    assert one["judgement_id"] == id_
    assert one["run_time"] == 0.057


def test_a_run_for_whose_verdict_the_contest_has_no_type_is_not_told(view):
    for event in (make.submission("s1"), make.started("s1")):
        view.add(event)
    batch = view.add(make.runs("s1", 1))
    key = "runs", f"{judgement_id('s1')}.{batch}"
    (ordinal, _, *rest), facts = view.objects[key][0], view.facts["contest", "c1"]
    batch = [(ordinal, "unheard-of", *rest), (ordinal + 1, "WA", *rest)]
    assert [(one["ordinal"], one["judgement_type_id"]) for one in objects.runs(view.facts[key], facts, batch)] == [
        (ordinal + 1, "WA")
    ]


def test_the_freeze_duration_is_that_of_the_freeze_in_force(view):
    def told():
        return view.objects["contest", "c1"].get("scoreboard_freeze_duration")

    assert told() == "1:00:00"
    view.add(act(events.IntervalRemoved, "i", start=START + HOUR, end=START + HOUR + MINUTE))
    assert told() == "1:00:00", "it is contest time"
    view.add(act(events.ContestExtended, "e", when=4 * HOUR + MINUTE, by=10 * MINUTE))
    assert told() == "1:10:00"
    view.add(act(events.ScoreboardUnfrozen, "u", when=4 * HOUR + 2 * MINUTE))
    assert told() is None
    assert "frozen" not in view.objects["state", "state"]
    view.add(act(events.ScoreboardFrozen, "f", when=4 * HOUR + 3 * MINUTE, at=START + 2 * HOUR + MINUTE))
    assert told() == "3:10:00"


@pytest.mark.parametrize(("planned", "told"), [(HOUR, "1:00:00"), (0, None), (None, None)])
def test_the_state_tells_of_a_freeze_if_and_only_if_the_contest_does_though_its_start_is_unknown(planned, told):
    view = View([make.definition(scoreboard_freeze_duration=planned, start_time=None)])
    for start in (None, START, None):
        view.add(act(events.StartMoved, f"m{view.position}", start_time=start))
        assert view.objects["contest", "c1"].get("scoreboard_freeze_duration") == told
        shown = view.objects["state", "state"].keys() & {"frozen", "thawed"}
        assert shown == (set() if told is None else {"frozen", "thawed"})


def test_an_act_that_the_scores_refuse_may_come_again_and_one_that_changed_nothing_may_not():
    opened = act(events.GenerationOpened, "g", rule="icpc", fold_version=1)
    view = View([opened, make.definition(), opened])
    assert view.state.conduct.generations == ["0", "2"]
    promoted = act(events.GenerationPromoted, "p", expect="2", generation="2")
    assert "contest" in apply(view.state, 3, promoted).parts, "its id is kept"


def test_a_definition_that_the_scorer_skipped_gives_way_to_the_one_before(view):
    before, there = dict(view.objects), view.state.conduct.definition_position
    at = view.add(make.definition(changes=there, name="Broken", duration=6 * HOUR, problems=()))
    assert ("problems", "alpha") not in view.objects
    keys = view.state.keys()
    parts = [(key, view.state.dump(key, codec())) for key in keys]
    view.state = State.load("c1", at, parts, codec())
    view.add(act(events.PositionSkipped, "p", position=at, fold_version=1))
    assert view.objects == before
    view.add(make.definition(changes=there, name="Mended"))
    assert view.objects["contest", "c1"]["name"] == "Mended"


def test_what_a_validator_says_to_the_jury_is_in_no_view(view):
    view.add(make.submission("s1"))
    view.add(make.started("s1"))
    batch = make.runs("s1", 1)
    view.add(replace(batch, runs=tuple(replace(run, message="the answer is 7") for run in batch.runs)))
    assert "the answer is 7" not in repr((view.objects, view.facts, view.feed))


def test_a_rejudging_is_invisible_until_it_is_applied_and_reverting_shows_the_old_verdict(view):
    view.add(make.submission("s1"))
    view.add(make.judgement("s1", "WA"))
    number = view.add(act(events.RejudgingCreated, "r", submission_ids=("s1",)))
    told = len(view.feed)
    view.add(make.started("s1", judging=number))
    batch = view.add(make.runs("s1", 1, judging=number))
    view.add(make.judgement("s1", "AC", judging=number))
    old, new = judgement_id("s1"), judgement_id("s1", "r")
    assert view.feed[told:] == [], "nobody hears of it"
    assert view.facts["judgements", new]["visible"] is False
    assert view.current("s1") == old
    view.add(act(events.RejudgingApplied, "a", rejudging=number))
    assert view.current("s1") == new
    assert view.facts["submissions", "s1"]["shown"]["judgement_type_id"] == "AC"
    heard = {(type_, id_) for type_, id_, _ in view.feed[told:]}
    assert heard == {("judgements", old), ("judgements", new)}
    assert view.facts["judgements", new]["runs"] == [f"{new}.{batch}"], "by which a feed tells them"
    view.add(act(events.RejudgingReverted, "b", rejudging=number))
    assert view.current("s1") == old
    assert view.facts["judgements", new]["visible"] is True, "what was shown once stays in the record"
    view.add(act(events.RejudgingApplied, "a", rejudging=number))
    assert view.current("s1") == old, "of two acts with one id the first counts"


def test_a_judging_error_of_a_rejudging_is_nobody_elses_business(view):
    view.add(make.submission("s1"))
    view.add(make.judgement("s1", "WA"))
    number = view.add(act(events.RejudgingCreated, "r", submission_ids=("s1",)))
    told = len(view.feed)
    head = {
        "contest": "c1",
        "recorded_at": START,
        "recorded_by": "queue",
        "submission_id": "s1",
        "host": "h",
        "why": "x",
    }
    view.add(events.JudgingFaulted(**head, judging=number, attempt=3, final=True))
    assert (view.feed[told:], view.facts["submissions", "s1"]["fault"]) == ([], None)


def test_a_rejudging_on_another_package_puts_the_problem_on_it_for_as_long_as_it_is_applied(view):
    position = view.add(make.definition(changes=view.state.conduct.definition_position))
    before = view.objects["problems", "alpha"], view.facts["problems", "alpha"]
    changed = ChangedPackage("alpha", "1" * 64, 4500, 300, 9, 77, "new.pdf")
    number = view.add(act(events.RejudgingCreated, "r", submission_ids=(), changed=changed))
    assert (view.objects["problems", "alpha"], view.facts["problems", "alpha"]) == before
    view.add(act(events.RejudgingApplied, "a", rejudging=number, changed=changed))
    told = view.objects["problems", "alpha"]
    assert (told["time_limit"], told["memory_limit"], told["output_limit"], told["test_data_count"]) == (
        4.5,
        300,
        9,
        77,
    )
    facts = view.facts["problems", "alpha"]
    assert (facts["package"], facts["statement"], facts["weight"]) == ("1" * 64, "new.pdf", before[1]["weight"])
    view.add(make.definition(changes=position, name="Renamed"))
    assert view.facts["problems", "alpha"]["package"] == "1" * 64, "no definition undoes an act"
    view.add(act(events.RejudgingReverted, "b", rejudging=number))
    assert (view.objects["problems", "alpha"], view.facts["problems", "alpha"]) == before


def test_a_verdict_that_is_verified_is_told():
    view = View([make.definition(verification=True), *make.entries(), make.submission("s1"), make.started("s1")])
    view.add(make.judgement("s1", "WA"))
    told, id_ = len(view.feed), judgement_id("s1")
    about = {"submission_id": "s1", "team_id": "t1", "problem_id": "alpha", "judging": 0}
    view.add(act(events.SubmissionVerified, "v", **about))
    assert {one[:2] for one in view.feed[told:]} == {("judgements", id_)}
    told = len(view.feed)
    view.add(act(events.SubmissionVerified, "again", **about))
    assert view.feed[told:] == []


def test_an_applied_rejudging_that_has_no_verdict_yet_shows_pending(view):
    view.add(make.submission("s1"))
    view.add(make.judgement("s1", "WA"))
    number = view.add(act(events.RejudgingCreated, "r", submission_ids=("s1",)))
    view.add(act(events.RejudgingApplied, "a", rejudging=number))
    assert view.facts["submissions", "s1"]["shown"] is None
    assert view.current("s1") is None
    view.add(act(events.RejudgingApplied, "x", rejudging=17))
    assert view.current("s1") is None, "a rejudging that does not exist changes nothing"


def test_a_chunk_behind_the_act_that_applied_its_rejudging_changes_nothing(view):
    view.add(make.submission("s1"))
    view.add(make.judgement("s1", "WA"))
    number = view.add(act(events.RejudgingCreated, "r", submission_ids=(), chunks=2))
    view.add(act(events.RejudgingApplied, "a", rejudging=number))
    view.add(act(events.RejudgingCreated, "late", submission_ids=("s1",), rejudging=number, chunk=1, chunks=2))
    view.add(make.judgement("s1", "AC", judging=number))
    assert view.current("s1") == judgement_id("s1")
    view.add(act(events.RejudgingReverted, "b", rejudging=number))
    view.add(act(events.RejudgingApplied, "c", rejudging=number))
    assert view.current("s1") == judgement_id("s1", "r")


def test_a_cancelled_rejudging_cannot_be_applied(view):
    view.add(make.submission("s1"))
    view.add(make.judgement("s1", "WA"))
    number = view.add(act(events.RejudgingCreated, "r", submission_ids=("s1",)))
    view.add(make.judgement("s1", "AC", judging=number))
    view.add(act(events.RejudgingCancelled, "c", rejudging=number))
    view.add(act(events.RejudgingApplied, "a", rejudging=number))
    assert view.current("s1") == judgement_id("s1")


def test_a_verdict_by_hand_is_a_judgement_of_its_own_and_the_latest_act_decides(view):
    view.add(make.submission("s1"))
    view.add(make.judgement("s1", "WA"))
    about = {"submission_id": "s1", "team_id": "t1", "problem_id": "alpha"}
    number = view.add(act(events.RejudgingCreated, "r", submission_ids=("s1",)))
    view.add(make.judgement("s1", "CE", judging=number))
    view.add(act(events.VerdictOverridden, "o", **about, verdict="AC"))
    assert view.current("s1") == override_id("s1", "o")
    assert view.objects["judgements", override_id("s1", "o")]["judgement_type_id"] == "AC"
    view.add(act(events.RejudgingApplied, "a", rejudging=number))
    assert view.current("s1") == judgement_id("s1", "r")
    view.add(act(events.RejudgingReverted, "b", rejudging=number))
    assert view.current("s1") == override_id("s1", "o")
    view.add(act(events.VerdictOverridden, "o2", **about, verdict=None))
    assert view.current("s1") == judgement_id("s1")


def test_a_verdict_by_hand_tells_the_score_that_it_says():
    view = View([make.definition(scoreboard_type="score", score_scale=100), *make.entries()])
    view.add(make.submission("s1"))
    view.add(make.judgement("s1", "WA"))
    about = {"submission_id": "s1", "team_id": "t1", "problem_id": "alpha"}
    view.add(act(events.VerdictOverridden, "o", **about, verdict="WA", score=4050, group_scores=(50, 4000)))
    made, facts = view.objects["judgements", override_id("s1", "o")], view.facts["judgements", override_id("s1", "o")]
    assert (view.current("s1"), float(made["score"])) == (made["id"], 40.5)
    assert facts["group_scores"] == [50, 4000]


def test_times_follow_the_start_the_extension_and_removed_intervals(view):
    view.add(make.submission("s1", at=5 * HOUR))
    assert view.facts["submissions", "s1"]["late"] is True, "the end itself is too late"
    view.add(act(events.ContestExtended, "e", by=MINUTE))
    assert view.facts["submissions", "s1"]["late"] is False
    assert view.objects["contest", "c1"]["duration"] == "5:01:00"
    assert view.facts["contest", "c1"]["freeze"] == START + 4 * HOUR + MINUTE, "the freeze moves with the end"
    view.add(act(events.ContestExtended, "late", when=4 * HOUR + MINUTE, by=MINUTE))
    view.add(act(events.ContestExtended, "back", when=4 * HOUR + MINUTE, by=-MINUTE))
    assert view.facts["contest", "c1"]["freeze"] == START + 4 * HOUR + MINUTE, "what is hidden stays hidden"
    view.add(act(events.IntervalRemoved, "i", start=START + HOUR, end=START + HOUR + 90_000))
    assert view.objects["submissions", "s1"]["contest_time"] == "4:58:30"
    assert view.facts["contest", "c1"]["end"] == START + 5 * HOUR + MINUTE + 90_000
    view.add(act(events.IntervalRemoved, "j", start=START + HOUR, end=START + HOUR + 90_000, restored=True))
    assert view.objects["submissions", "s1"]["contest_time"] == "5:00:00"
    view.add(act(events.StartMoved, "m", start_time=START + MINUTE))
    assert view.objects["submissions", "s1"]["contest_time"] == "4:59:00"
    view.add(make.definition(changes=0, name="Renamed", start_time=START + HOUR))
    assert view.objects["contest", "c1"]["start_time"] == "2027-01-15T08:01:00.000Z", "a file never undoes an act"
    view.add(make.definition(changes=0, name="Stale"))
    assert view.objects["contest", "c1"]["name"] == "Renamed"


def test_the_state_shows_what_has_come_of_what_is_planned_now(view):
    def state():
        return view.objects["state", "state"]

    def passed(kind, at):
        view.add(act(events.Transitioned, f"{kind}-{at}", kind=kind, planned_at=START + at))

    assert state() == dict.fromkeys(("started", "frozen", "thawed", "ended", "finalized", "end_of_updates"))
    passed("started", 0)
    passed("frozen", 4 * HOUR)
    passed("ended", 5 * HOUR)
    assert state()["ended"] == "2027-01-15T13:00:00.000Z"
    view.add(act(events.ContestExtended, "e", by=HOUR))
    assert (state()["frozen"], state()["ended"]) == ("2027-01-15T12:00:00.000Z", None), "what is hidden stays hidden"
    passed("ended", 6 * HOUR)
    passed("thawed", 7 * HOUR)
    assert view.facts["contest", "c1"]["thaw"] is None, "no thaw is planned"
    view.add(act(events.ThawScheduled, "t", thaw_time=START + 7 * HOUR))
    passed("thawed", 7 * HOUR)
    assert state()["end_of_updates"] is None
    view.add(act(events.Finalized, "f", when=8 * HOUR))
    assert state()["end_of_updates"] == state()["finalized"] == "2027-01-15T16:00:00.000Z"
    assert view.facts["contest", "c1"]["thaw"] == START + 7 * HOUR


def test_a_thaw_that_the_end_was_moved_behind_is_none_of_the_state(view):
    def state():
        return {name: at[11:16] for name, at in view.objects["state", "state"].items() if at is not None}

    def passed(kind, at):
        view.add(act(events.Transitioned, f"{kind}-{at}", kind=kind, planned_at=START + at))

    view.add(act(events.ThawScheduled, "t", thaw_time=START + 6 * HOUR))
    for kind, hour in (("started", 0), ("frozen", 4), ("ended", 5), ("thawed", 6)):
        passed(kind, hour * HOUR)
    before = {"started": "08:00", "frozen": "12:00", "ended": "13:00", "thawed": "14:00"}
    assert state() == before
    view.add(act(events.ContestExtended, "e", when=6 * HOUR + MINUTE, by=2 * HOUR))
    assert state() == {"started": "08:00", "frozen": "12:00"}
    assert view.facts["contest", "c1"]["thaw"] == START + 6 * HOUR, "what was shown stays shown"
    passed("ended", 7 * HOUR)
    assert state() == {"started": "08:00", "frozen": "12:00", "ended": "15:00"}
    view.add(act(events.ContestExtended, "f", when=7 * HOUR, by=-2 * HOUR))
    assert state() == before


def test_a_freeze_by_hand_can_be_lifted_and_the_planned_one_still_comes(view):
    view.add(act(events.Transitioned, "s", kind="started", planned_at=START))
    view.add(act(events.ScoreboardFrozen, "f", at=START + HOUR))
    assert view.facts["contest", "c1"]["freeze"] == START + HOUR
    assert view.objects["state", "state"]["frozen"] == "2027-01-15T09:00:00.000Z"
    view.add(act(events.ScoreboardUnfrozen, "u", when=2 * HOUR))
    assert view.facts["contest", "c1"]["freeze"] == START + 4 * HOUR
    assert view.objects["state", "state"]["frozen"] is None
    view.add(act(events.ScoreboardUnfrozen, "v", when=4 * HOUR + MINUTE))
    assert view.facts["contest", "c1"]["freeze"] is None


def test_hiding_a_team_or_its_group_hides_what_it_did(view):
    view.add(make.submission("s1"))
    view.add(make.judgement("s1", "AC"))
    view.add(make.make(events.Clarification, id="q", from_team_id="t1", text="?", asked_at=START))
    keys = [("submissions", "s1"), ("judgements", judgement_id("s1")), ("clarifications", "q"), ("teams", "t1")]
    told = len(view.feed)
    view.add(make.make(events.Group, id="site", name="Site", hidden=True))
    assert all(view.facts[key]["hidden"] for key in keys)
    assert len(view.feed) == told, "facts are no objects"
    view.add(make.make(events.Group, id="site", name="Site"))
    assert not any(view.facts[key]["hidden"] for key in keys)
    view.add(make.make(events.Team, id="t1", name="Team 1", removed=True))
    assert all(view.facts[key]["hidden"] for key in keys)


@pytest.mark.parametrize("first", [True, False], ids=["said before it is there", "said of what is there"])
@pytest.mark.parametrize(
    ("named", "hides"),
    [
        ("teams:t1", {"t1", "site"}),
        ("t:t1", {"t1", "site"}),
        ("submissions:s1", {"t1", "site"}),
        ("clarifications:q", {"t1", "site"}),
        ("clarifications:answer", {"t1", "site"}),
        ("clarifications:answers", {"site"}),
        ("clarifications:of-site", {"site"}),
        ("clarifications:to-all", set()),
        ("persons:coach", {"t1", "site"}),
        ("persons:chief", set()),
        ("persons:both", {"site"}),
        ("groups:site", {"site"}),
        ("problems:alpha", set()),
        ("organizations:u1", set()),
    ],
)
def test_what_a_message_names_hides_it_with_its_team_or_group(first, named, hides):
    said = make.make(events.Commentary, id="k", message=f"Look at {{{named}}}!", said_at=START)
    there = [
        *make.entries(),
        make.make(events.Person, id="coach", name="C", role="coach", team_ids=("t1",)),
        make.make(events.Person, id="chief", name="C", role="staff"),
        make.make(events.Person, id="both", name="B", role="coach", team_ids=("t1", "t2")),
        make.submission("s1"),
        make.make(events.Clarification, id="q", from_team_id="t1", text="?", asked_at=START),
        make.make(events.Clarification, id="answer", to_team_ids=("t1",), reply_to_id="q", text="!", asked_at=START),
        make.make(events.Clarification, id="answers", to_team_ids=("t1", "t2"), text="!", asked_at=START),
        make.make(events.Clarification, id="of-site", to_group_ids=("site",), text="!", asked_at=START),
        make.make(events.Clarification, id="to-all", reply_to_id="q", text="!", asked_at=START),
    ]
    view = View([make.definition(), *([said, *there] if first else [*there, said])])
    teams = {id_: found for (type_, id_), found in view.state.records.items() if type_ == "teams"}
    shown = [teams["t1"], view.state.records["groups", "site"]]
    assert not view.facts["commentary", "k"]["hidden"]
    for one in shown:
        view.add(replace(one, hidden=True))
        assert view.facts["commentary", "k"]["hidden"] == (one.id in hides), one.id
        view.add(one)
        assert not view.facts["commentary", "k"]["hidden"]


@pytest.mark.parametrize("named", ["judgements:j", "runs:j.1", "accounts:somebody"])
def test_a_message_that_names_what_may_be_anybodys_is_the_jurys(view, named):
    view.add(make.make(events.Commentary, id="k", message=f"{{{named}}}", said_at=START))
    assert view.facts["commentary", "k"]["hidden"]


@pytest.mark.parametrize("first", [True, False], ids=["said before it is there", "said of what is there"])
def test_what_a_message_names_decides_by_its_facts_who_reads_it(first):
    said = make.make(
        events.Commentary,
        id="k",
        message="{clarifications:q} on {submissions:s1}, {clarifications:none}",
        submission_ids=("s1", "s2"),
        said_at=START,
    )
    there = [
        *make.entries(),
        make.submission("s1"),
        make.submission("s2"),
        make.make(events.Clarification, id="q", to_group_ids=("site",), text="!", asked_at=START),
    ]
    view = View([make.definition(), *([said, *there] if first else [*there, said])])
    facts = view.facts["commentary", "k"]
    assert (list(facts["of"]), facts["tagged"]) == (["s1", "s2"], ["s1"])
    assert [one["to_groups"] for one in facts["messages"]] == [("site",)]
    team = view.state.records["teams", "t1"]
    outcome = apply(view.state, 99, replace(team, group_ids=()))
    assert ("commentary", "k") in {(one.type, one.id) for one in outcome.changes}, "t1 sees it no more"


@pytest.mark.parametrize(
    ("message", "named"),
    [
        (r"literal \{teams:t1}", []),
        (r"\\{teams:t1} behind a backslash", ["t1"]),
        (r"\\\{teams:t1}", []),
        ("\\\n{teams:t1}", ["t1"]),
        (r"{teams:t1} and \{teams:t2}", ["t1"]),
        ("{open {teams:t1}", ["t1"]),
        ("{teams:t1}\\", ["t1"]),
        (r"f = \{x: y}", []),
    ],
)
def test_a_brace_behind_a_backslash_begins_no_tag(view, message, named):
    said = make.make(events.Commentary, id="k", message=message, said_at=START)
    assert tagged_by(said) == {("teams", id_) for id_ in named}
    view.add(said)
    view.add(replace(view.state.records["teams", "t1"], hidden=True))
    assert view.facts["commentary", "k"]["hidden"] == bool(named)
    assert view.facts["commentary", "k"]["about"] == bool(named), "in the freeze it is read where it names nobody"


def test_a_message_that_names_the_award_of_a_hidden_group_hides_with_it(view):
    view.add(make.make(events.Commentary, id="k", message="see {awards:group-winner-site}", said_at=START))
    view.add(make.make(events.Commentary, id="l", message="see {awards:group-winner-none}", said_at=START))
    assert not view.facts["commentary", "k"]["hidden"]
    group = view.state.records["groups", "site"]
    for hidden in (True, False):
        view.add(replace(group, hidden=hidden))
        assert view.facts["commentary", "k"]["hidden"] == hidden
        assert not view.facts["commentary", "l"]["hidden"]


def test_a_source_that_is_hidden_hides_what_it_says(view):
    view.add(make.make(events.Person, id="coach", name="C", role="coach", team_ids=("t1",)))
    view.add(make.make(events.Commentary, id="k", message="Hm", source_id="coach", said_at=START))
    view.add(replace(view.state.records["teams", "t1"], hidden=True))
    assert view.facts["commentary", "k"]["hidden"]


def test_what_is_removed_is_gone_and_told_as_deleted(view):
    view.add(make.make(events.Person, id="ada", name="Ada", role="contestant", removed=True))
    view.add(make.definition(changes=0, problems=make.PROBLEMS[:1]))
    assert not view.objects.keys() & {("persons", "ada"), ("problems", "beta")}
    assert ("problems", "beta", None) in view.feed


def test_messages_keep_their_first_text(view):
    for text in ("first", "second"):
        view.add(make.make(events.Clarification, id="q", text=text, asked_at=START + MINUTE))
    assert view.objects["clarifications", "q"]["text"] == "first"
    assert view.objects["clarifications", "q"]["contest_time"] == "0:01:00"


@pytest.mark.parametrize("seed", range(8))
def test_the_state_survives_its_own_json_at_any_point(seed):
    """Stopping and starting again from the stored parts gives the same changes as going on."""
    log = make.story("c1", seed, 80)
    kept = State("c1")
    for position, event in enumerate(log):
        parts = [(key, kept.dump(key, codec())) for key in kept.keys()]  # noqa: SIM118
        again = State.load("c1", kept.position, parts, codec())
        assert apply(again, position, event) == apply(kept, position, event)


@pytest.mark.parametrize("seed", range(8))
def test_the_changes_of_each_event_add_up_to_what_the_state_derives(seed):
    from clics.derive import configuration, derive

    view = View(make.story("c1", seed, 80))
    keys = {("contest", "c1"), ("state", "state"), *configuration(view.state), *view.state.records}
    keys |= {("submissions", id_) for id_ in view.state.submissions}
    whole = derive(view.state, keys)
    runs = {key for key in view.objects if key[0] == "runs"}
    assert {key: (view.objects[key], view.facts[key]) for key in view.objects if key not in runs} == whole
    listed = {("runs", batch) for (t, _), (_, facts) in whole.items() if t == "judgements" for batch in facts["runs"]}
    assert runs >= listed, "the batches that judgements name are there, beside those of attempts that were given up"


class Entries(dict):
    """Records that may be asked for, one by one: a contest of thousands of teams has tens of thousands."""

    def items(self):
        raise AssertionError("all records are looked at")

    __iter__ = values = keys = items


def test_a_team_that_is_hidden_has_nobody_look_at_all_other_teams(view):
    whose = {"name": "P", "role": "coach"}
    view.add(make.make(events.Team, "c1", id="staff", name="Staff"))
    view.add(make.make(events.Person, id="p", team_ids=("staff",), **whose))
    view.add(make.make(events.Person, id="q", team_ids=("staff",), **whose))
    view.add(make.make(events.Person, id="q", team_ids=(), **whose))
    view.add(make.make(events.Clarification, id="why", from_team_id="staff", text="Why?", asked_at=START))
    view.state.records = Entries(view.state.records)
    view.add(make.make(events.Team, "c1", id="staff", name="Staff", hidden=True))
    assert view.facts["clarifications", "why"]["hidden"]
    assert [view.facts["persons", id_]["hidden_teams"] for id_ in "pq"] == [["staff"], []]
