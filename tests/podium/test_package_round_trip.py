"""A contest exported as a contest package: applied it changes nothing, imported it has the same boards."""

from __future__ import annotations

import hashlib
import io
import json
import re
import zipfile

import pytest
from rich.console import Console

from clics.source_zip import zip_hash
from podium.cli import main
from podium.commands.contest import apply_package
from podium.demo.pictures import banner_svg, mark_png, team_svg
from schemas.definition import FileData
from schemas.events import (
    ContestExtended,
    GenerationOpened,
    GenerationPromoted,
    Judgement,
    JudgingStarted,
    PenaltyAdded,
    RejudgingApplied,
    RejudgingCreated,
    Run,
    Runs,
    Submission,
    SubmissionIgnored,
    Team,
    TeamDisqualified,
    TeamTimeExtended,
    VerdictOverridden,
)
from schemas.ids import new_id
from schemas.producer import Producer
from streams.replay import recompute
from streams.scoring.fold import FOLD_VERSION
from tests.api.strict import check
from tests.streams.kafka_log import add_newer
from tests.unit.packaging import PACKAGE, write

START = 1_767_258_000_000
MINUTE = 60_000
CONTEST = """\
name: Round
formal_name: The whole round
start_time: 2026-01-01T10:00:00+01
duration: 5:00:00
scoreboard_freeze_duration: 1:00:00
penalty_time: 0:15:00
main_scoreboard_group_id: all
"""
OWN = """\
parameters: {penalty_minutes: '15'}
publish: {MLE: WA}
priority: 3
late_window: 0:05:00
awards: {gold: 2}
problems: {b: {package: problems/a, withdrawn: true}}
"""
TEAMS = [
    {"id": "1", "name": "One", "label": "seat 1", "group_ids": ["all"], "organization_id": "kth.se",
     "location": {"x": 1.5, "y": 2, "rotation": 90}},
    {"id": "2", "name": "Two", "group_ids": ["all"]},
    {"id": "3", "name": "Staff", "group_ids": ["all"], "hidden": True},
    {"id": "4", "name": "Guest", "group_ids": ["visitors"]},
]  # fmt: skip


PICTURES = {
    "contest/banner.dark.svg": banner_svg().encode(),
    "organizations/kth.se/logo.56x56.png": mark_png("kth", 56),
    "teams/1/photo.svg": team_svg("one").encode(),
    "persons/p/photo.png": mark_png("p", 8),
}

ENDPOINTS = {
    **{
        name: name
        for name in ("contest", "judgement-types", "languages", "problems", "groups", "organizations", "teams")
    },
    **{name: name for name in ("persons", "accounts", "state", "submissions", "judgements", "runs", "clarifications")},
    "awards": "awards",
    "commentary": "commentaries",
    "scoreboard": "scoreboard",
    "api": "api_information",
}
"""The schema of each file of an endpoint."""


@pytest.fixture
def contest(settings, kafka, tmp_path):
    """A contest that was held, and is frozen: its id."""
    root = tmp_path / f"round-{new_id()[:8]}"
    write(root / "problems" / "a", PACKAGE | {"attachments/tool.py": "print('a tool')\n"})
    for name, picture in PICTURES.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_bytes(picture)
    (root / "contest.yaml").write_text(CONTEST)
    (root / "podium.yaml").write_text(OWN)
    (root / "problems.yaml").write_text(
        "- {id: a, label: A, name: Sums, rgb: '#f00', time_limit: 1.5}\n- {id: b, label: B, ordinal: 7}\n"
    )
    (root / "teams.json").write_text(json.dumps(TEAMS))
    (root / "organizations.json").write_text('[{"id": "kth.se", "name": "KTH", "country": "SWE"}]')
    (root / "groups.json").write_text(
        '[{"id": "all", "name": "All"}, {"id": "crew", "name": "Crew", "hidden": true},'
        ' {"id": "visitors", "name": "Visitors"}]'
    )
    (root / "persons.json").write_text('[{"id": "p", "name": "P", "role": "coach", "team_ids": ["1"]}]')
    (root / "accounts.yaml").write_text(
        f"- {{username: {root.name}-1, password: s, type: team, team_id: '1', name: One, ip: 10.0.0.1, person_id: p}}\n"
        f"- {{username: {root.name}-j, password: s, type: judge}}\n"
    )
    apply_package(settings, root, console=Console(file=io.StringIO()))
    held(settings, root.name)
    return root.name


def held(settings, contest):
    said = {"contest": contest, "recorded_at": START, "recorded_by": "test"}

    at = [START + minute * MINUTE for minute in (*range(12), 270)]
    team = "1122341122341"

    def judged(number, verdict, judging=0):
        times = {"started_at": at[number] + 1000, "ended_at": at[number] + 3000}
        ran = (Run(1, verdict, 5, 6, 7, times["ended_at"]),)
        about = {"submission_id": f"{contest[6:]}-{number}", "judging": judging, "attempt": 1}
        whose = {"team_id": team[number], "problem_id": "a", "language_id": "python3"}
        yield JudgingStarted(**said, **about, host="h", started_at=times["started_at"])
        yield Runs(**said, **about, runs=ran)
        yield Judgement(**said, **about, **whose, submitted_at=at[number], verdict=verdict, **times, runs=1)

    with Producer(settings) as producer:
        for number in range(len(at)):
            files = (FileData("main.py", b"print(%d)" % number),)
            whose = {"team_id": team[number], "problem_id": "a", "language_id": "python3"}
            id_ = f"{contest[6:]}-{number}"
            hashed = {"files": files, "zip_hash": zip_hash(files)}
            sent = Submission(**said, id=id_, **whose, submitted_at=at[number], **hashed)
            producer.append(sent).result(30)
            producer.append_all(judged(number, "AC" if number > 8 else "MLE" if number % 2 else "WA"))
        again = RejudgingCreated(**said, id="r", submission_ids=(f"{contest[6:]}-2",))
        number = producer.append(again).result(30)
        producer.append_all(judged(2, "AC", number))
        producer.append_all(
            [
                RejudgingApplied(**said, id="a", rejudging=number),
                VerdictOverridden(
                    **said, id="o", submission_id=f"{contest[6:]}-3", team_id="2", problem_id="a", verdict="CE"
                ),
                ContestExtended(**said, id="x", by=10 * MINUTE),
                Team(**said, id="9", name="Gone", removed=True),
                PenaltyAdded(**said, id="p", reason="noise", team_id="1", by=MINUTE),
                TeamDisqualified(**said, id="d", reason="away", team_id="2"),
                TeamTimeExtended(**said, id="t", reason="power", team_id="1", by=MINUTE),
                SubmissionIgnored(
                    **said, id="i", reason="by mistake", submission_id=f"{contest[6:]}-0", team_id="1", problem_id="a"
                ),
            ]
        )
        other = {"rule": "icpc", "parameters": {"time_precision": "seconds"}, "fold_version": FOLD_VERSION}
        number = producer.append(GenerationOpened(**said, id="g", reason="asked", **other)).result(30)
        producer.append(GenerationPromoted(**said, id="h", reason="asked", expect="0", generation=str(number))).result(
            30
        )


def files_are_there(read):
    """What each object refers to is a file of the package, and the one that its hash is of."""
    found = 0
    for name in ("api", "contest", "organizations", "teams", "persons", "problems", "submissions"):
        told = json.loads(read[f"{name}.json"])
        objects = told if isinstance(told, list) else [told.get("provider", told)]
        for one in objects:
            folder = name if name in ("api", "contest") else f"{name}/{one['id']}"
            lists = [value for value in one.values() if isinstance(value, list)]
            for file in (file for value in lists for file in value if isinstance(file, dict)):
                data = read[f"{folder}/{file['filename']}"]
                assert hashlib.md5(data).hexdigest() == file.get("hash") or file["filename"].endswith("zip")
                found += 1
    assert found == len(PICTURES) + 1 + 2 * 2 + 13, "podium's mark, package and attachment of two problems, submissions"


def test_a_contest_with_a_record_of_a_newer_podium_is_not_exported(settings, contest, tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("PODIUM_PORT_BASE", str(settings.port_base))
    monkeypatch.setenv("PODIUM_HOME", str(settings.home))
    with Producer(settings) as producer:
        position = add_newer(producer, contest)
    assert main(["contest", "export", contest, "--package", str(tmp_path / "package")]) == 2
    assert f"position {position}: a newer podium wrote this record; use that one" in capsys.readouterr().err
    assert not (tmp_path / "package").exists()


@pytest.mark.parametrize("name", ["package.zip", "package"])
def test_an_exported_package_changes_nothing_and_has_the_same_boards(
    settings, contest, tmp_path, monkeypatch, capsys, name
):
    monkeypatch.setenv("PODIUM_PORT_BASE", str(settings.port_base))
    monkeypatch.setenv("PODIUM_HOME", str(settings.home))
    path = tmp_path / name
    assert main(["contest", "export", contest, "--package", str(path)]) == 0
    assert "13 submissions" in capsys.readouterr().out
    assert main(["contest", "export", contest, "--package", str(path)]) == 2
    assert "exists already" in capsys.readouterr().err
    assert not [one for one in tmp_path.iterdir() if one.name.startswith(".")]

    out = io.StringIO()
    apply_package(settings, path, dry_run=True, console=Console(file=out, width=200))
    assert out.getvalue().splitlines()[-1] == f"contest {contest}: nothing to change"

    other = f"other-{new_id()[:8]}"
    assert main(["import", str(path), "--contest", other, "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["appended"] > 0
    assert main(["import", str(path), "--contest", other, "--json"]) == 0
    again = json.loads(capsys.readouterr().out)
    assert (again["appended"], again["unchanged"]) == (0, [])
    theirs, ours = recompute(settings, contest), recompute(settings, other)
    assert ours.boards == theirs.boards
    shown = {audience: json.loads(board) for audience, board in ours.boards.items()}
    assert {audience: len(board["rows"]) for audience, board in shown.items()} == {"public": 2, "jury": 3}
    assert [board["unlisted"][0]["team_id"] for board in shown.values()] == ["4", "4"]
    pending = [cell["num_pending"] for board in shown.values() for row in board["rows"] for cell in row["problems"]]
    assert sum(pending) == 1, "the public's is frozen"

    if path.is_dir():
        read = {file.relative_to(path).as_posix(): file.read_bytes() for file in path.rglob("*") if file.is_file()}
    else:
        with zipfile.ZipFile(path) as archive:
            read = {one: archive.read(one) for one in archive.namelist()}
    for file, data in read.items():
        if file.removesuffix(".json") in ENDPOINTS:
            # whether it is hidden is podium's to know: 2026-01 has no such property any more
            check("2026-01", ENDPOINTS[file.removesuffix(".json")], re.sub(rb',\s*"hidden": true', b"", data))
    for line in read["event-feed.ndjson"].splitlines():
        check("2026-01", "event-feed", line.replace(b',"hidden":true', b""))
    assert b"print(0)" in zipfile.ZipFile(io.BytesIO(read[f"submissions/{contest[6:]}-0/{contest[6:]}-0.zip"])).read(
        "main.py"
    )
    assert PICTURES.items() <= read.items(), "byte by byte"
    files_are_there(read)
    assert json.loads(read["contest.json"])["duration"] == "5:10:00"
    assert json.loads(read["podium.json"])["defined"] == {"duration": "5:00:00"}
    assert b"password" not in b"".join(data for file, data in read.items() if file.endswith("json"))
    assert [one["username"] for one in json.loads(read["accounts.json"])] == [f"{contest}-1", f"{contest}-j"]
    rows = json.loads(theirs.boards["jury"])["rows"]
    assert [row["team_id"] for row in json.loads(read["scoreboard.json"])["rows"]] == [row["team_id"] for row in rows]
    assert len(json.loads(read["runs.json"])) == 14
    feed = [json.loads(line) for line in read["event-feed.ndjson"].splitlines()]
    assert {one["type"] for one in feed} >= {
        "contest",
        "problems",
        "teams",
        "submissions",
        "judgements",
        "runs",
        "awards",
    }
    assert sum(one["type"] == "submissions" for one in feed) == 12, "the one that is ignored is in podium's own file"
    assert [one["id"] for one in json.loads(read["podium-acts.json"])["submissions"]] == [f"{contest[6:]}-0"]
    assert json.loads(read["podium-acts.json"])["contest"]["parameters"] == {"time_precision": "seconds"}
    assert "first-to-solve-a" in {one["id"] for one in json.loads(read["awards.json"])}
