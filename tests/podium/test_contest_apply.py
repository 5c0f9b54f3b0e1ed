"""A contest's files go onto the log whole or not at all, and never over somebody else's change."""

import dataclasses
import io
import json
import shutil
import time
import zipfile
from pathlib import Path

import pytest
from rich.console import Console

from clics.contest_package import read_contest_package
from clics.times import parse_time
from podium.accounts import read_accounts
from podium.cli import main
from podium.commands.contest import apply_package
from podium.contest import apply_plan, faults, make_plan
from podium.current import current
from podium.jury.record import read_record
from podium.jury.rejudgings import strayed
from schemas.definition import Award, ChangedPackage, Problem
from schemas.errors import ConflictError, PackageError
from schemas.events import (
    Account,
    AwardGiven,
    Clarification,
    Commentary,
    ContestExtended,
    Definition,
    Finalized,
    GenerationOpened,
    GenerationPromoted,
    Judgement,
    Membership,
    PositionSkipped,
    RejudgingApplied,
    RejudgingCreated,
    RejudgingReverted,
    Submission,
    Team,
    Token,
    Transitioned,
)
from schemas.passwords import hash_password, verify_password
from schemas.producer import Producer
from schemas.reader import read_contest
from streams.scoring.contest import FOLD_VERSION
from tests.unit.packaging import PACKAGE, with_yaml, write

APPLES = Path(__file__).parents[2] / "problems" / "apples"

HEAD = {"contest": "", "recorded_at": 1, "recorded_by": "test"}
TOKEN = Token("tool", "0" * 64, ("read",), 1)


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
    package = read_contest_package(root, lambda found: faults(settings, found))
    return make_plan(settings, package, problem, by="test")


def said(settings, path, *, width=200, **options):
    """What `podium contest apply` prints."""
    out = io.StringIO()
    apply_package(settings, path, console=Console(file=out, width=width), **options)
    return out.getvalue()


def account_of(settings, producer, root, **fields):
    """Put an account onto its topic as somebody else's contest left it."""
    account = Account(**{"recorded_at": 1, "recorded_by": "x", "username": f"{root.name}-1", "role": "team"} | fields)
    producer.send("accounts", account.username, account).result()
    return account


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


def test_what_is_written_is_stamped_then_and_not_when_the_plan_was_made(settings, producer, root):
    plan = plan_of(settings, root)
    before = time.time_ns() // 1_000_000
    apply_plan(settings, plan, producer)
    assert min(event.recorded_at for _, event in read_contest(settings, root.name)) >= before


def test_only_what_changed_is_written(settings, producer, root):
    apply_plan(settings, plan_of(settings, root), producer)
    (root / "teams.json").write_text(json.dumps([{"id": "1", "name": "First"}, {"id": "2", "name": "Renamed"}]))
    plan = plan_of(settings, root)
    assert [(c.what, c.before, c.after) for c in plan.changes] == [("teams/2: name", "Second", "Renamed")]
    assert [e.name for e in plan.entries] == ["Renamed"]
    assert plan.accounts == ()


def test_what_is_gone_from_a_file_goes_and_comes_back_with_it(settings, producer, root):
    apply_plan(settings, plan_of(settings, root), producer)
    teams = (root / "teams.json").read_text()
    (root / "teams.json").write_text(json.dumps([{"id": "1", "name": "First"}]))
    plan = plan_of(settings, root)
    assert [(c.what, c.before, c.after) for c in plan.changes] == [("teams/2", "Second", "(removed)")]
    apply_plan(settings, plan, producer)
    assert current(settings, root.name).entries[Team, "2"].removed
    assert plan_of(settings, root).changes == ()
    (root / "teams.json").write_text(teams)
    assert [(c.what, c.after) for c in plan_of(settings, root).changes] == [("teams/2: removed", "False")]
    (root / "teams.json").unlink()
    (root / "accounts.yaml").unlink()
    assert plan_of(settings, root).changes == ()  # without the file nothing is said of teams


def fill(root, **files):
    for name, content in files.items():
        (root / f"{name.replace('_', '-')}.json").unlink(missing_ok=True)
        (root / f"{name.replace('_', '-')}.yaml").unlink(missing_ok=True)
        (root / f"{name.replace('_', '-')}.json").write_text(json.dumps(content))


TEAM_2 = {"id": "2", "name": "Second", "organization_id": "u", "group_ids": ["g"]}


@pytest.fixture
def full(settings, producer, root):
    """A contest on the log with one of everything, of which nothing is referred to but by entries."""
    fill(
        root,
        problems=[{"id": "a", "label": "A"}, {"id": "b", "label": "B"}],
        languages=[{"id": "cpp"}, {"id": "java"}],
        teams=[{"id": "1", "name": "First"}, TEAM_2],
        organizations=[{"id": "u", "name": "U"}, {"id": "v", "name": "V"}],
        groups=[{"id": "g", "name": "G"}, {"id": "h", "name": "H"}],
        persons=[{"id": "p", "name": "P", "role": "coach", "team_ids": ["2"]}],
    )
    apply_plan(settings, plan_of(settings, root), producer)
    return root


ONE = {"problem_id": "b", "language_id": "java", "team_id": "2", "submitted_at": 1, "files": ()}
SAID = {"text": "?", "asked_at": 1}
NAMING = {
    "problems: b: cannot go: 2 submissions name it; withdraw it instead": (
        Submission(**HEAD, id="s1", **ONE), Submission(**HEAD, id="s2", **ONE), Submission(**HEAD, id="s2", **ONE),
    ),
    "languages: java: cannot go: 1 submission names it; keep it": (Submission(**HEAD, id="s1", **ONE),),
    "teams: 2: cannot go: 1 submission and 1 clarification name it; hide it instead": (
        Submission(**HEAD, id="s1", **ONE), Clarification(**HEAD, id="c", from_team_id="2", **SAID),
    ),
    "teams: 2: cannot go: 1 clarification names it": (Clarification(**HEAD, id="c", to_team_ids=("1", "2"), **SAID),),
    "teams: 2: cannot go: 1 commentary names it": (Commentary(**HEAD, id="c", message="{teams:2} leads", said_at=1),),
    "teams: 2: cannot go: 1 award names it": (AwardGiven(**HEAD, id="w", award=Award("best", "Best", ("2",))),),
    "groups: h: cannot go: 1 clarification names it": (Clarification(**HEAD, id="c", to_group_ids=("h",), **SAID),),
    "problems: b: cannot go: 1 clarification names it": (Clarification(**HEAD, id="c", problem_id="b", **SAID),),
    "persons: p: cannot go: 1 commentary names it": (
        Commentary(**HEAD, id="c", message="Hm", source_id="p", said_at=1),
    ),
}  # fmt: skip


@pytest.mark.parametrize("says", NAMING)
def test_what_is_referred_to_does_not_go_and_what_is_not_goes(settings, producer, full, says):
    fill(
        full,
        problems=[{"id": "a", "label": "A"}],
        languages=[{"id": "cpp"}],
        teams=[{"id": "1", "name": "First"}],
        organizations=[],
        groups=[],
        persons=[],
    )
    shown = {(one.what, one.after) for one in plan_of(settings, full).changes}
    assert {(f"teams/{2}", "(removed)"), ("groups/h", "(removed)"), ("organizations/v", "(removed)")} <= shown
    for event in NAMING[says]:
        producer.append(dataclasses.replace(event, contest=full.name)).result()
    with pytest.raises(PackageError) as refused:
        plan_of(settings, full)
    assert says in str(refused.value)
    assert not any(line.startswith("problems: a") for line in str(refused.value).splitlines())


def test_an_award_that_was_taken_back_names_nobody(settings, producer, full):
    given = AwardGiven(**HEAD, id="w", award=Award("best", "Best", ("2",)))
    for act in (given, dataclasses.replace(given, id="x", removed=True)):
        producer.append(dataclasses.replace(act, contest=full.name)).result()
    fill(full, teams=[{"id": "1", "name": "First"}], persons=[])
    assert ("teams/2", "(removed)") in {(one.what, one.after) for one in plan_of(settings, full).changes}


def test_entries_that_files_say_nothing_of_hold_what_they_refer_to(settings, full):
    (full / "teams.json").unlink()
    (full / "persons.json").unlink()
    (full / "accounts.yaml").unlink()
    fill(full, organizations=[{"id": "v", "name": "V"}], groups=[{"id": "h", "name": "H"}])
    with pytest.raises(PackageError) as refused:
        plan_of(settings, full)
    assert str(refused.value).splitlines() == [
        "groups: g: cannot go: 1 team names it; keep it, or take it out of them first",
        "organizations: u: cannot go: 1 team names it; keep it, or take it out of them first",
    ]


def test_an_account_of_a_team_that_goes_stays_without_it(settings, producer, full):
    mine = (Membership("elsewhere", "2"), Membership(full.name, "2", "p"))
    account_of(settings, producer, full, username=f"{full.name}-2", memberships=mine)
    fill(full, teams=[{"id": "1", "name": "First"}], persons=[])
    plan = plan_of(settings, full)
    assert f"accounts/{full.name}-2: memberships" in {one.what for one in plan.changes}
    apply_plan(settings, plan, producer)
    found = read_accounts(settings)[f"{full.name}-2"]
    assert found.memberships == (Membership("elsewhere", "2"), Membership(full.name, None))
    assert plan_of(settings, full).changes == ()


def test_an_account_leaves_a_team_that_went_though_the_first_try_broke_off(settings, producer, full):
    account_of(settings, producer, full, username=f"{full.name}-2", memberships=(Membership(full.name, "2", "p"),))
    fill(full, teams=[{"id": "1", "name": "First"}], persons=[])
    producer.append_all(plan_of(settings, full).entries)
    apply_plan(settings, plan_of(settings, full), producer)
    assert read_accounts(settings)[f"{full.name}-2"].memberships == (Membership(full.name, None),)
    assert plan_of(settings, full).changes == ()
    fill(full, teams=[{"id": "1", "name": "First"}, TEAM_2])
    (full / "accounts.yaml").write_text(f"- {{username: {full.name}-2, password: x, type: team, team_id: '2'}}\n")
    apply_plan(settings, plan_of(settings, full), producer)
    assert read_accounts(settings)[f"{full.name}-2"].memberships == (Membership(full.name, "2"),), "it is back"


def test_who_submits_to_a_problem_while_it_is_taken_away_keeps_it(settings, producer, full):
    fill(full, problems=[{"id": "a", "label": "A"}])
    plan = plan_of(settings, full)
    producer.append(Submission(**HEAD | {"contest": full.name}, id="late", **ONE)).result()
    with pytest.raises(ConflictError, match="changed by somebody else"):
        apply_plan(settings, plan, producer)
    assert [one.id for one in current(settings, full.name).definition.problems] == ["a", "b"]


def test_a_definition_under_a_rule_that_the_fold_refuses_is_not_the_one_to_change(settings, producer, root):
    apply_plan(settings, plan_of(settings, root), producer)
    state = current(settings, root.name)
    poison = dataclasses.replace(state.definition, changes=state.position, rule="golf")
    producer.append(poison).result()
    (root / "teams.json").write_text(json.dumps([{"id": "1", "name": "First"}, {"id": "2", "name": "Renamed"}]))
    plan = plan_of(settings, root)
    assert plan.definition.changes == state.position
    apply_plan(settings, plan, producer)
    assert current(settings, root.name).definition.rule == "icpc"


def test_a_new_password_ends_the_sessions_of_the_old_one(settings, producer, root):
    apply_plan(settings, plan_of(settings, root), producer)
    before = read_accounts(settings)[f"{root.name}-1"].session
    (root / "accounts.yaml").write_text(f"- {{username: {root.name}-1, password: other, type: team, team_id: '1'}}\n")
    apply_plan(settings, plan_of(settings, root), producer)
    after = read_accounts(settings)[f"{root.name}-1"]
    assert after.session == before + 1
    assert verify_password(after.password, "other")


def put_team_account(root, **fields):
    file = {"username": f"{root.name}-1", "password": "secret", "type": "team", "team_id": "1"} | fields
    (root / "accounts.yaml").write_text(json.dumps([file]))  # which is YAML, too


@pytest.mark.parametrize(
    ("change", "ends"),
    [
        ({"team_id": "2"}, True),
        ({"ip": "10.0.7.1"}, True),
        ({"name": "Renamed"}, False),
        ({}, False),
    ],
    ids=str,
)
def test_who_is_of_another_team_or_at_another_machine_comes_in_anew(settings, producer, root, change, ends):
    apply_plan(settings, plan_of(settings, root), producer)
    before = read_accounts(settings)[f"{root.name}-1"]
    put_team_account(root, **change)
    apply_plan(settings, plan_of(settings, root), producer)
    after = read_accounts(settings)[f"{root.name}-1"]
    assert (after != before) == bool(change)
    assert after.session == before.session + ends


def test_who_gets_or_loses_a_contest_or_its_team_comes_in_anew_and_the_order_of_contests_is_nothing(
    settings, producer, root
):
    of_others = (Membership("zz", "9"), Membership("aa", "7"))
    old = account_of(settings, producer, root, memberships=of_others, password=hash_password("secret"), session=4)
    apply_plan(settings, plan_of(settings, root), producer)
    with_ours = read_accounts(settings)[old.username]
    assert {m.contest for m in with_ours.memberships} == {"aa", root.name, "zz"}
    assert with_ours.session == 5
    in_another_order = with_ours.memberships[::-1]
    account_of(settings, producer, root, memberships=in_another_order, password=with_ours.password, session=5)
    put_team_account(root, name="Renamed")
    apply_plan(settings, plan_of(settings, root), producer)
    assert read_accounts(settings)[old.username].session == 5
    (root / "accounts.yaml").unlink()
    (root / "teams.json").write_text(json.dumps([{"id": "2", "name": "Second"}]))
    apply_plan(settings, plan_of(settings, root), producer)
    left = read_accounts(settings)[old.username]
    assert Membership(root.name, None) in left.memberships, "its team has gone"
    assert left.session == 6


def renamed(root, name):
    (root / "teams.json").write_text(json.dumps([{"id": "1", "name": "First"}, {"id": "2", "name": name}]))


def test_a_plan_that_is_stale_changes_nothing(settings, producer, root):
    apply_plan(settings, plan_of(settings, root), producer)
    renamed(root, "Mine")
    mine = plan_of(settings, root)
    renamed(root, "Theirs")
    apply_plan(settings, plan_of(settings, root), producer)
    before = [position for position, _ in read_contest(settings, root.name)]
    with pytest.raises(ConflictError, match="changed by somebody else"):
        apply_plan(settings, mine, producer)
    assert [position for position, _ in read_contest(settings, root.name)] == before
    assert current(settings, root.name).entries[Team, "2"].name == "Theirs"


@pytest.mark.parametrize("what", ["contest", "teams"])
def test_of_two_that_apply_at_once_the_first_counts_and_the_other_is_told(settings, producer, root, what):
    apply_plan(settings, plan_of(settings, root), producer)
    if what == "contest":
        (root / "contest.yaml").write_text("name: Mine\nstart_time: 2026-01-01T10:00:00Z\nduration: 5:00:00\n")
    renamed(root, "Mine")
    mine = plan_of(settings, root)
    theirs = dataclasses.replace(mine.definition, name="Theirs")

    class Late:
        """Theirs comes between the look at the log and our own definition."""

        append_all = producer.append_all
        send = producer.send

        def append(self, event):
            producer.append(theirs).result()
            return producer.append(event)

    with pytest.raises(ConflictError, match="changed by somebody else"):
        apply_plan(settings, mine, Late())
    state = current(settings, root.name)
    assert state.definition.name == "Theirs"
    assert state.entries[Team, "2"].name == "Second"


def test_a_stale_account_changes_nothing(settings, producer, root):
    apply_plan(settings, plan_of(settings, root), producer)
    (root / "accounts.yaml").write_text(f"- {{username: {root.name}-1, password: other, type: team, team_id: '1'}}\n")
    plan = plan_of(settings, root)
    theirs = account_of(settings, producer, root, disabled=True)
    with pytest.raises(ConflictError, match=f"account {root.name}-1 was changed"):
        apply_plan(settings, plan, producer)
    assert read_accounts(settings)[theirs.username] == theirs


def test_who_changes_an_account_while_the_contest_is_written_is_told_of_and_to_apply_again_does_the_rest(
    settings, producer, root
):
    apply_plan(settings, plan_of(settings, root), producer)
    renamed(root, "Another")
    (root / "accounts.yaml").write_text(f"- {{username: {root.name}-1, password: other, type: team, team_id: '1'}}\n")
    plan = plan_of(settings, root)

    class Late:
        """Theirs comes between the contest and the accounts."""

        append = producer.append
        send = producer.send

        def append_all(self, events):
            producer.append_all(events)
            account_of(settings, producer, root, disabled=True)

    with pytest.raises(
        ConflictError, match=r"changed by .*\. The contest itself is as in the package now, and no account is"
    ):
        apply_plan(settings, plan, Late())
    assert current(settings, root.name).entries[Team, "2"].name == "Another"
    assert read_accounts(settings)[f"{root.name}-1"].disabled
    again = plan_of(settings, root)
    assert (again.definition, again.entries) == (None, ())
    apply_plan(settings, again, producer)
    assert verify_password(read_accounts(settings)[f"{root.name}-1"].password, "other")


@pytest.mark.parametrize(
    ("role", "memberships"), [("jury", (Membership("elsewhere", None),)), ("admin", ()), ("jury", ())]
)
def test_an_account_of_other_contests_keeps_its_role(settings, producer, root, role, memberships):
    account_of(settings, producer, root, role=role, memberships=memberships)
    with pytest.raises(PackageError, match=f"{root.name}-1: type: this account is {role} in"):
        plan_of(settings, root)


@pytest.mark.parametrize("role", ["jury", "analyst"])
def test_the_jury_or_analyst_of_every_contest_stays_so(settings, producer, root, role):
    account_of(settings, producer, root, role=role)
    (root / "accounts.yaml").write_text(f"- {{username: {root.name}-1, type: {role}}}\n")
    assert plan_of(settings, root).accounts == ()


def test_who_is_named_by_a_contest_belongs_to_it_and_an_admin_to_none(settings, producer, root):
    kinds = ("judge", "analyst", "staff", "admin")
    (root / "accounts.yaml").write_text("".join(f"- {{username: {root.name}-{k}, type: {k}}}\n" for k in kinds))
    found = {a.username.rpartition("-")[2]: (a.role, a.memberships) for a in plan_of(settings, root).accounts}
    here = (Membership(root.name, None),)
    assert found == {
        "judge": ("jury", here), "analyst": ("analyst", here), "staff": ("public", here), "admin": ("admin", ()),
    }  # fmt: skip


def test_a_team_account_takes_part_in_another_contest_too(settings, producer, root):
    account_of(settings, producer, root, memberships=(Membership("elsewhere", "7"),), tokens=(TOKEN,))
    plan = plan_of(settings, root)
    assert plan.accounts[0].memberships == (Membership(root.name, "1"), Membership("elsewhere", "7"))
    assert plan.accounts[0].tokens == (TOKEN,)
    shown = {c.what.partition(": ")[2]: (c.before, c.after) for c in plan.changes if c.what.startswith("accounts")}
    assert shown["memberships"] == ("elsewhere/7", f"{root.name}/1, elsewhere/7")
    assert shown["password"] == ("(another)", "(new)")


def test_a_record_that_is_no_account_stops_nobody(settings, producer, root, capfd):
    good = account_of(settings, producer, root)
    producer.send("accounts", b"\xff\xfe", b"garbage").result()
    producer.send("accounts", good.username, b"\xc3\x01" + bytes(8)).result()
    other = dataclasses.replace(good, username="somebody-else", role="admin")
    producer.send("accounts", good.username, other).result()
    assert read_accounts(settings)[good.username] == good
    told = [line for line in capfd.readouterr().err.splitlines() if "is passed over" in line]
    assert len(told) >= 3


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


def test_a_definition_that_a_scorer_has_skipped_is_not_in_force(settings, kafka, root):
    with Producer(settings) as producer:
        apply_plan(settings, plan_of(settings, root), producer)
        first = current(settings, root.name)
        later = dataclasses.replace(first.definition, changes=first.position, name="Broken")
        position = producer.append(later).result()
        assert current(settings, root.name).definition.name == "Broken"
        about = {"contest": root.name, "recorded_at": 1, "recorded_by": "x", "id": "skipped", "reason": "r"}
        producer.append(PositionSkipped(**about, position=position, fold_version=FOLD_VERSION)).result()
        assert current(settings, root.name).position == first.position
        (root / "contest.yaml").write_text((root / "contest.yaml").read_text().replace("One", "Two"))
        apply_plan(settings, plan_of(settings, root), producer)
    assert current(settings, root.name).definition.changes == first.position


@pytest.mark.parametrize("own", ["rule: golf\n", "rule: icpc\nparameters: {handicap: '3'}\n"])
def test_a_rule_or_parameter_that_does_not_exist_is_refused(settings, kafka, root, own):
    (root / "podium.yaml").write_text(own)
    with pytest.raises(PackageError, match=r"podium\.yaml: rule"):
        plan_of(settings, root)


@pytest.mark.parametrize(
    ("packed", "layout"), [("zip beside", "top"), ("zip inside", "folder"), ("folder", "top"), ("named", "folder")]
)
def test_a_zip_holds_all_of_a_contest(settings, kafka, root, tmp_path, packed, layout):
    folder = root / "problems" / "a"
    folder.mkdir(parents=True)
    if packed == "folder":
        shutil.copytree(APPLES, folder, dirs_exist_ok=True)
    elif packed == "named":
        shutil.copytree(APPLES, root / "mine" / "apples")
        (root / "podium.yaml").write_text("problems: {a: {package: mine/apples}}\n")
    else:
        shutil.make_archive(str(folder if packed == "zip beside" else folder / "apples"), "zip", APPLES)
        (root / "problems" / "a" / "a.pdf").write_bytes(b"%PDF")
    archive = tmp_path / "packed" / f"{root.name}.zip"
    archive.parent.mkdir()
    with zipfile.ZipFile(archive, "w") as out:
        for path in sorted(p for p in root.rglob("*") if p.is_file()):
            out.write(path, path.relative_to(root if layout == "top" else root.parent))
    assert "nothing was changed" in said(settings, archive, dry_run=True)
    assert current(settings, root.name).definition is None
    assert "changes are on the log" in said(settings, archive)
    (found,) = current(settings, root.name).definition.problems
    assert Path(settings.store_location, f"{found.package}.zip").is_file()
    assert "nothing to change" in said(settings, archive)


def test_a_zip_does_not_lead_out_of_itself(settings, kafka, root, tmp_path):
    (root / "podium.yaml").write_text(f"problems: {{a: {{package: {APPLES}}}}}\n")
    archive = shutil.make_archive(str(tmp_path / "packed" / root.name), "zip", root)
    with pytest.raises(PackageError, match="leads out of the zip"):
        said(settings, Path(archive))
    with zipfile.ZipFile(archive, "a") as out:
        out.writestr("../outside", "x")
    with pytest.raises(PackageError, match=r"'\.\./outside' leads out of the package"):
        said(settings, Path(archive))


def test_all_that_is_wrong_is_told_at_once(settings, kafka, root):
    (root / "contest.yaml").write_text("name: One\nduration: soon\nscoreboard_type: score\n")
    (root / "problems.yaml").write_text("- {id: a, label: A}\n- {id: b, label: B}\n- {id: c, label: C}\n")
    shutil.copytree(APPLES, root / "problems" / "a")
    for broken in ("a", "b"):
        (root / "problems" / broken).mkdir(parents=True, exist_ok=True)
        (root / "problems" / broken / "problem.yaml").write_text("name: [")
    with pytest.raises(PackageError) as caught:
        said(settings, root)
    text = str(caught.value)
    for line in (
        "contest.yaml: duration: ",
        "scoreboard_type: score, but the rule icpc is pass-fail",
        "problems: a: ",
        "problems: b: ",
        "problems: c: package: there is neither problems/c nor problems/c.zip",
    ):
        assert line in text


def test_what_a_name_says_is_shown_and_not_obeyed(settings, kafka, root):
    names = ["[/x]", "Foo [bar]", "\x1b[2JGone"]
    (root / "teams.json").write_text(json.dumps([{"id": str(n), "name": name} for n, name in enumerate(names)]))
    (root / "accounts.yaml").unlink()
    shutil.copytree(APPLES, root / "problems" / "a")
    shown = said(settings, root, dry_run=True)
    assert "[/x]" in shown
    assert "Foo [bar]" in shown
    assert "[2JGone" in shown
    assert "\x1b" not in shown


def test_what_a_scoring_problem_is_worth_and_that_all_tests_are_wanted_is_in_the_definition(settings, kafka, root):
    large = with_yaml("type: scoring")
    for name, most in (("one", "30"), ("two", "unbounded")):
        files = PACKAGE | {"problem.yaml": large, "data/secret/test_group.yaml": f"max_score: {most}\n"}
        write(root / "packages" / name, files)
    (root / "problems.yaml").write_text("- {id: one, label: A}\n- {id: two, label: B}\n- {id: three, label: C}\n")
    mine = "".join(f"  {name}: {{package: packages/{name}}}\n" for name in ("one", "two"))
    (root / "podium.yaml").write_text(f"all_tests: true\nproblems:\n{mine}  three: {{package: {APPLES}}}\n")
    said(settings, root)
    definition = current(settings, root.name).definition
    assert definition.all_tests is True
    assert [problem.max_score for problem in definition.problems] == [30, None, None]


def test_files_do_not_undo_a_package_that_a_rejudging_has_put_into_force(settings, producer, root):
    apply_plan(settings, plan_of(settings, root), producer)
    head = {"contest": root.name, "recorded_at": 1, "recorded_by": "jury"}
    changed = ChangedPackage("a", "1" * 64, 2000, 256, 8, 4)
    number = producer.append(RejudgingCreated(**head, id="r", submission_ids=(), changed=changed)).result()
    assert plan_of(settings, root).conflicts == ()
    producer.append(RejudgingApplied(**head, id="a", rejudging=number, changed=changed)).result()
    with (root / "contest.yaml").open("a") as file:
        file.write("formal_name: The One\n")
    plan = plan_of(settings, root)
    (conflict,) = plan.conflicts
    assert (
        f"problem a: these files have package {'0' * 12}, and rejudging {number} has put it on {'1' * 12}" in conflict
    )
    apply_plan(settings, plan, producer)
    state = read_record(settings, root.name).state
    assert (state.definition.formal_name, state.problems["a"].package) == ("The One", "1" * 64)
    producer.append(RejudgingReverted(**head, id="b", rejudging=number)).result()
    assert plan_of(settings, root).conflicts == ()
    assert read_record(settings, root.name).state.problems["a"].package == "0" * 64


JUDGED = {
    "submission_id": "s1", "team_id": "1", "problem_id": "a", "language_id": "cpp", "submitted_at": 1,
    "judging": 0, "attempt": 1, "verdict": "WA", "started_at": 1, "ended_at": 2,
}  # fmt: skip


def submitted(producer, root, package="0" * 64, id_="s1"):
    """A submission, judged on this package."""
    head = HEAD | {"contest": root.name}
    about = {name: JUDGED[name] for name in ("team_id", "problem_id", "language_id", "submitted_at")}
    producer.append(Submission(**head, id=id_, files=(), **about)).result()
    producer.append(Judgement(**head, **JUDGED | {"submission_id": id_}, package=package)).result()


def test_the_precision_of_scores_that_were_given_does_not_change(settings, producer, root):
    own = root / "podium.yaml"
    own.write_text("score_scale: 10\n")
    apply_plan(settings, plan_of(settings, root), producer)
    own.write_text("score_scale: 100\n")
    late = plan_of(settings, root)
    assert [one.what for one in late.changes] == ["contest: score_scale"]
    submitted(producer, root)
    with pytest.raises(ConflictError, match="changed by somebody else"):
        apply_plan(settings, late, producer)
    with pytest.raises(PackageError, match=r"score_scale: cannot change from 10 to 100: .* keep score_scale: 10"):
        plan_of(settings, root)
    own.unlink()
    with pytest.raises(PackageError, match="score_scale: cannot change from 10 to 1: "):
        plan_of(settings, root)
    assert current(settings, root.name).definition.score_scale == 10


def test_a_longer_contest_is_refused_once_it_was_thawed_also_if_that_comes_behind_the_plan(settings, producer, root):
    own = root / "contest.yaml"
    shorter = f"{own.read_text()}scoreboard_freeze_duration: 1:00:00\nscoreboard_thaw_time: 2026-01-01T16:00:00Z\n"
    own.write_text(shorter)
    apply_plan(settings, plan_of(settings, root), producer)
    own.write_text(shorter.replace("duration: 5:00:00", "duration: 7:00:00"))
    late = plan_of(settings, root)
    for kind, hour in (("started", 10), ("frozen", 14), ("ended", 15), ("thawed", 16)):
        at = parse_time(f"2026-01-01T{hour}:00:00Z")
        head = {"contest": root.name, "recorded_at": at, "recorded_by": "clock", "id": kind}
        producer.append(Transitioned(**head, kind=kind, planned_at=at)).result()
    with pytest.raises(ConflictError, match="changed by somebody else"):
        apply_plan(settings, late, producer)
    with pytest.raises(
        PackageError, match=r"duration: .* thawed at 2026-01-01 16:00:00Z: nobody's time can end behind"
    ):
        plan_of(settings, root)
    assert current(settings, root.name).definition.duration == 5 * 3_600_000


def test_nothing_of_a_contest_that_is_over_changes_also_if_its_end_comes_behind_the_plan(settings, producer, root):
    apply_plan(settings, plan_of(settings, root), producer)
    renamed(root, "Another")
    late = plan_of(settings, root)
    end = parse_time("2026-01-01T15:00:00Z")
    head = {"contest": root.name, "recorded_at": end + 1, "recorded_by": "clock"}
    for kind, at in (("started", end - 5 * 3_600_000), ("ended", end)):
        producer.append(Transitioned(**head, id=kind, kind=kind, planned_at=at)).result()
    over = producer.append(Finalized(**head, id="final", reason="done", b=0)).result()
    with pytest.raises(
        ConflictError, match=f"is over since position {over}, its end of updates: nothing of it changes"
    ):
        apply_plan(settings, late, producer)
    written = current(settings, root.name).end
    with pytest.raises(PackageError, match=f"{root.name} is over since position {over}"):
        plan_of(settings, root)
    own = root / "accounts.yaml"
    own.write_text(own.read_text().replace("secret", "forgotten"))
    renamed(root, "Second")
    plan = plan_of(settings, root)
    assert plan.definition is None, "its accounts may still change"
    apply_plan(settings, plan, producer)
    assert verify_password(read_accounts(settings)[f"{root.name}-1"].password, "forgotten")
    assert current(settings, root.name).end == written


def test_another_kind_of_board_is_refused_if_a_promotion_comes_behind_the_plan(settings, producer, root):
    apply_plan(settings, plan_of(settings, root), producer)
    with (root / "contest.yaml").open("a") as file:
        file.write("scoreboard_type: score\n")
    (root / "podium.yaml").write_text("rule: ioi\n")
    late = plan_of(settings, root)
    head = HEAD | {"contest": root.name}
    opened = str(producer.append(GenerationOpened(**head, id="o", rule="icpc", fold_version=FOLD_VERSION)).result())
    producer.append(GenerationPromoted(**head, id="p", expect="0", generation=opened)).result()
    with pytest.raises(ConflictError, match="changed by somebody else"):
        apply_plan(settings, late, producer)
    with pytest.raises(PackageError, match=f"generation {opened} is active"):
        plan_of(settings, root)
    assert current(settings, root.name).definition.scoreboard_type == "pass-fail"


def test_who_changes_the_rule_behind_a_promotion_is_told_that_it_does_not_show(settings, producer, root):
    shutil.copytree(APPLES, root / "problems" / "a")
    (root / "podium.yaml").write_text("parameters: {penalty_minutes: 15}\n")
    said(settings, root)
    head, ten = HEAD | {"contest": root.name}, {"penalty_minutes": "10"}
    made = GenerationOpened(**head, id="o", rule="icpc", parameters=ten, fold_version=FOLD_VERSION)
    opened = str(producer.append(made).result())
    (root / "podium.yaml").write_text("parameters: {penalty_minutes: 5}\n")
    assert "an act holds" not in said(settings, root, dry_run=True), "it is not promoted"
    producer.append(GenerationPromoted(**head, id="p", expect="0", generation=opened)).result()
    told = said(settings, root, width=400)
    assert (
        f"an act holds: parameters: generation {opened} is active, with a rule of its own, icpc (penalty_minutes"
        in told
    )
    assert current(settings, root.name).definition.parameters == {"penalty_minutes": "5"}
    producer.append(GenerationPromoted(**head, id="b", expect=opened, generation="0")).result()
    (root / "podium.yaml").unlink()
    assert "an act holds" not in said(settings, root)


def test_who_applies_another_package_is_told_which_verdicts_are_left_on_the_old_one(
    settings, producer, root, monkeypatch, capsys
):
    apply_plan(settings, plan_of(settings, root), producer)
    submitted(producer, root)
    shutil.copytree(APPLES, root / "problems" / "a")
    says = f"1 verdict is left on {'0' * 12}: `podium rejudge create {root.name} --problem a --judged-with {'0' * 12}"
    assert says in said(settings, root, dry_run=True, width=400)
    monkeypatch.setenv("PODIUM_KAFKA", settings.kafka)
    monkeypatch.setenv("PODIUM_HOME", str(settings.home))
    told = []
    for options in (["--dry-run"], [], []):
        capsys.readouterr()
        assert main(["contest", "apply", str(root), "--json", *options]) == 0
        told.append(json.loads(capsys.readouterr().out))
    assert [one["applied"] for one in told] == [False, True, False]
    (left,) = told[1]["left_behind"]
    assert (left["problem"], left["judged_with"], left["verdicts"]) == ("a", ["0" * 64], 1)
    assert says.endswith(left["command"].partition(" --reason")[0])
    assert told[0]["changes"] == told[1]["changes"]
    assert "contest: problems" in {one["what"] for one in told[1]["changes"]}
    assert (told[2]["changes"], told[2]["left_behind"]) == ([], [])


def test_verdicts_that_come_between_the_plan_and_its_definition_are_told_as_left_behind_too(
    settings, producer, root, monkeypatch
):
    apply_plan(settings, plan_of(settings, root), producer)
    submitted(producer, root)
    shutil.copytree(APPLES, root / "problems" / "a")

    def late(*_):
        submitted(producer, root, id_="s2")

    monkeypatch.setattr("podium.commands.contest.ask_for_languages", late)
    out = io.StringIO()
    plan = apply_package(settings, root, console=Console(file=out, width=400))
    told = [line for line in out.getvalue().splitlines() if line.startswith("judged on another package:")]
    assert ["1 verdict is left" in told[0], "2 verdicts are left" in told[1]] == [True, True]
    assert [one.verdicts for one in plan.left_behind] == [2]
    submitted(producer, root, id_="s3")
    record = read_record(settings, root.name)
    assert [one.id for one in strayed(record, "a")] == ["s3"], "it came behind the files that have replaced its package"
