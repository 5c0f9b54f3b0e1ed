"""A contest's files go onto the log whole or not at all, and never over somebody else's change."""

import dataclasses
import json

import pytest

from clics.contest_package import read_contest_package
from podium.contest import apply_plan, current, make_plan, read_accounts
from schemas.definition import Problem
from schemas.errors import ConflictError, PackageError, RuleError
from schemas.events import ContestExtended, Definition, Team
from schemas.passwords import verify_password
from schemas.producer import Producer
from schemas.reader import read_contest


def problem(file):
    return Problem(
        id=file.id, label=file.label, name=file.name or file.id, ordinal=file.ordinal, package="0" * 64,
        time_limit_ms=1000, memory_limit_mib=256, output_limit_mib=8, test_data_count=3,
    )  # fmt: skip


@pytest.fixture
def root(tmp_path, request):
    root = tmp_path / f"c{abs(hash(request.node.nodeid)) % 10**9}"
    root.mkdir()
    (root / "contest.yaml").write_text("name: One\nstart_time: 2026-01-01T10:00:00Z\nduration: 5:00:00\n")
    (root / "problems.yaml").write_text("- {id: a, label: A, name: Apples}\n")
    (root / "teams.json").write_text(json.dumps([{"id": "1", "name": "First"}, {"id": "2", "name": "Second"}]))
    (root / "accounts.yaml").write_text(f"- {{username: {root.name}-1, password: secret, type: team, team_id: '1'}}\n")
    return root


def plan_of(settings, root):
    return make_plan(settings, read_contest_package(root), problem, by="test")


@pytest.fixture
def producer(settings, kafka):
    with Producer(settings) as producer:
        yield producer


def test_a_contest_goes_onto_the_log_and_a_second_time_nothing_changes(settings, producer, root):
    plan = plan_of(settings, root)
    assert "contest: duration" in {c.what for c in plan.changes}
    apply_plan(settings, plan, producer)
    state = current(settings, root.name)
    assert state.definition.name == "One"
    assert {e.name for (cls, _), e in state.entries.items() if cls is Team} == {"First", "Second"}
    assert verify_password(read_accounts(settings)[f"{root.name}-1"].password, "secret")
    assert plan_of(settings, root).changes == ()


def test_only_what_changed_is_written(settings, producer, root):
    apply_plan(settings, plan_of(settings, root), producer)
    (root / "teams.json").write_text(json.dumps([{"id": "1", "name": "First"}, {"id": "2", "name": "Renamed"}]))
    plan = plan_of(settings, root)
    assert plan.definition is None
    assert [e.name for e in plan.entries] == ["Renamed"]
    assert plan.accounts == ()


def test_a_new_password_ends_the_sessions_of_the_old_one(settings, producer, root):
    apply_plan(settings, plan_of(settings, root), producer)
    before = read_accounts(settings)[f"{root.name}-1"].session
    (root / "accounts.yaml").write_text(f"- {{username: {root.name}-1, password: other, type: team, team_id: '1'}}\n")
    apply_plan(settings, plan_of(settings, root), producer)
    after = read_accounts(settings)[f"{root.name}-1"]
    assert after.session == before + 1
    assert verify_password(after.password, "other")


def test_of_two_concurrent_changes_the_first_counts_and_the_other_is_told(settings, producer, root):
    apply_plan(settings, plan_of(settings, root), producer)
    (root / "contest.yaml").write_text("name: Mine\nstart_time: 2026-01-01T10:00:00Z\nduration: 5:00:00\n")
    mine = plan_of(settings, root)
    theirs = dataclasses.replace(mine.definition, name="Theirs")
    producer.append(theirs).result()
    with pytest.raises(ConflictError, match="changed by somebody else"):
        apply_plan(settings, mine, producer)
    assert current(settings, root.name).definition.name == "Theirs"


def test_an_old_file_does_not_undo_an_act(settings, producer, root):
    apply_plan(settings, plan_of(settings, root), producer)
    head = {"contest": root.name, "recorded_at": 1, "recorded_by": "jury"}
    producer.append(ContestExtended(**head, id="x", by=600_000)).result()
    assert plan_of(settings, root).changes == ()


def test_a_contest_that_is_no_rehearsal_refuses_a_fast_clock(settings, kafka, root):
    fast = settings.model_copy(update={"clock": "2026-01-01T10:00:00Z@100"})
    with pytest.raises(PackageError, match="not marked as a rehearsal"):
        plan_of(fast, root)


def test_a_broken_package_leaves_the_log_as_it_was(settings, kafka, root):
    (root / "contest.yaml").write_text("name: One\nduration: soon\n")
    with pytest.raises(PackageError):
        plan_of(settings, root)
    assert not [e for _, e in read_contest(settings, root.name) if isinstance(e, Definition)]


@pytest.mark.parametrize("own", ["rule: golf\n", "rule: icpc\nparameters: {handicap: '3'}\n"])
def test_a_rule_or_parameter_that_does_not_exist_is_refused(settings, kafka, root, own):
    (root / "podium.yaml").write_text(own)
    with pytest.raises(RuleError, match=r"podium\.yaml: rule"):
        plan_of(settings, root)
