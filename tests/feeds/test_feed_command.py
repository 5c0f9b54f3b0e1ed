"""`podium feed` on files: real contests against what others computed, moments, rules, differences, and wrong input."""

from __future__ import annotations

import io
import json
import subprocess
import sys
from pathlib import Path

import pytest

from clics.feeds import read_feed
from clics.times import format_time
from podium.cli import main
from podium.feeds.board import board_of, events_of, rules_of
from podium.feeds.compare import differences, read_scoreboard
from schemas.events import GenerationOpened, PositionSkipped
from schemas.producer import Producer
from streams.scoring.fold import FOLD_VERSION
from tests.feeds.small import CONFIGURATION, LIVE, START, WHOLE, judgement, ndjson, rows, team, written
from tests.streams.kafka_log import KafkaLog

DATA = Path(__file__).parents[3] / "shared" / "data"
real = pytest.mark.skipif(not DATA.is_dir(), reason=f"no collection of real contests at {DATA}")
REAL = ("euc-2025", "nac-2020")


def put(path: Path, told=WHOLE, version: str = "2026-01", more: bytes = b"") -> str:
    path.write_bytes(b"".join(ndjson(written(told, version))) + more)
    return str(path)


@pytest.fixture
def podium(capsys):
    """Runs a command; exit code, standard output, standard error."""

    def run(*arguments: str) -> tuple[int, str, str]:
        code = main(["feed", *arguments])
        out, err = capsys.readouterr()
        return code, out, err

    return run


@pytest.fixture
def feed(tmp_path):
    return put(tmp_path / "tiny.ndjson")


def lines(board):
    """Rank, team, solved, total time, then cells with anything in them."""
    return [
        f"{row['rank']} {row['team_id']} {row['score']['num_solved']} {row['score']['total_time']} "
        + " ".join(f"{c['problem_id']}:{c['num_judged']}+{c['num_pending']}" for c in row["problems"] if c["num_judged"] + c["num_pending"])
        for row in board["rows"]
    ]  # fmt: skip


@real
@pytest.mark.parametrize("name", REAL)
def test_every_row_and_cell_of_a_regional_is_as_the_icpc_tools_compute_it(name, podium):
    code, out, err = podium("scoreboard", str(DATA / f"{name}.event-feed.ndjson"))
    assert (code, err) == (0, "")
    expected = json.loads((DATA / f"{name}.scoreboard.json").read_text())
    got = json.loads(out)
    assert [(row["rank"], row["team_id"]) for row in got["rows"]] == [
        (row["rank"], row["team_id"]) for row in expected["rows"]
    ]
    assert list(differences(read_scoreboard(got, "got"), read_scoreboard(expected, "expected"))) == []
    assert (
        got["contest_time"] == expected["contest_time"] or name == "euc-2025"
    )  # that file's moment is a late judgement's
    if expected["state"]:
        assert {key: got["state"][key] for key in expected["state"]} == expected["state"]
    code, out, _ = podium("compare", str(DATA / f"{name}.event-feed.ndjson"), str(DATA / f"{name}.scoreboard.json"))
    assert (code, out) == (0, f"{len(expected['rows'])} rows, all equal\n")


@real
def test_first_to_solves_follow_from_submissions_and_judgements_alone(tmp_path):
    given, rest = {}, []
    for line in (DATA / "euc-2025.event-feed.ndjson").read_bytes().splitlines(keepends=True):
        event = json.loads(line)
        if event["type"] == "awards":
            given[event["id"]] = event["data"]["team_ids"]
        else:
            rest.append(line)
    found = board_of(events_of(read_feed(rest)), at=None, audience="public", what_if=rules_of(None))
    assert len(given) == 11
    assert {f"first-to-solve-{problem}": [team] for problem, team in found.firsts.items()} == given


@real
def test_a_regional_summed_up(podium):
    code, out, _ = podium("summary", str(DATA / "euc-2025.event-feed.ndjson"), "--json")
    found = json.loads(out)
    assert code == 0
    counts = found["counts"]
    assert [counts[name] for name in ("lines", "teams", "problems", "submissions", "judged")] == [
        2811,
        53,
        11,
        856,
        856,
    ]
    assert sum(n for problem in found["problems"] for n in problem["verdicts"].values()) == 856
    assert {one["kind"]: one["count"] for one in found["oddities"]} == {"id of a single object": 5, "sent again": 77}


@pytest.mark.parametrize(
    ("at", "audience", "expected"),
    [
        ("0:10:33", "public", ["1 1 0 0:00:00 a:0+1", "1 2 0 0:00:00 ", "1 3 0 0:00:00 "]),
        ("0:16:00", "public", ["1 2 1 0:15:00 a:1+0", "2 1 0 0:00:00 a:1+0", "2 3 0 0:00:00 "]),
        ("5:30:00", "public", ["1 2 1 0:15:00 a:1+0 b:0+1", "2 1 1 0:40:00 a:2+0", "3 3 0 0:00:00 b:0+1"]),
        ("5:30:00", "jury", ["1 2 1 0:15:00 a:1+0 b:1+0", "2 1 1 0:40:00 a:2+0", "3 3 1 4:10:00 b:1+0"]),
        (format_time(START + 21_600_000), "public", ["1 2 1 0:15:00 a:1+0 b:1+0", "2 1 1 0:40:00 a:2+0", "3 3 1 4:10:00 b:1+0"]),
        ("-1:00:00", "public", ["1 1 0 0:00:00 ", "1 2 0 0:00:00 ", "1 3 0 0:00:00 "]),
    ],
)  # fmt: skip
def test_the_board_of_a_moment(at, audience, expected, feed, podium):
    code, out, _ = podium("scoreboard", feed, "--at", at, "--audience", audience)
    board = json.loads(out)
    assert (code, lines(board)) == (0, expected)
    assert board["contest_time"] == at or at.startswith("2026")
    assert (board["state"].get("frozen") is not None) == at.startswith(("2026", "5"))


RULES = {
    "penalty_time: 0:05:00\n": ["1 2 1 0:15:00 a:1+0 b:1+0", "2 1 1 0:25:00 a:2+0", "3 3 1 4:10:00 b:1+0"],
    "without_problems: [a]\n": ["1 3 1 4:10:00 b:1+0", "2 1 0 0:00:00 ", "2 2 0 0:00:00 b:1+0"],
    "without_teams: ['2']\n": ["1 1 1 0:40:00 a:2+0", "2 3 1 4:10:00 b:1+0"],
    "rule: icpc\nparameters: {time_precision: seconds, penalty_minutes: '1'}\n": [
        "1 2 1 0:15:00 a:1+0 b:1+0",
        "2 1 1 0:21:00 a:2+0",
        "3 3 1 4:10:00 b:1+0",
    ],
}


@pytest.mark.parametrize("text", RULES)
def test_a_board_under_other_rules(text, feed, tmp_path, podium):
    rules = tmp_path / "rules.yaml"
    rules.write_text(text)
    code, out, _ = podium("scoreboard", feed, "--rules", str(rules))
    assert (code, lines(json.loads(out))) == (0, RULES[text])


def test_a_rule_by_its_name_and_a_table(feed, podium):
    assert podium("scoreboard", feed, "--rules", "icpc")[1] == podium("scoreboard", feed)[1]
    code, out, _ = podium("scoreboard", feed, "--table")
    assert code == 0
    assert "Tiny" in out
    assert "Team 2" in out
    points = json.loads(podium("scoreboard", feed, "--rules", "ioi")[1])["rows"]
    assert [(row["rank"], row["score"]["score"]) for row in points] == [(1, 1), (1, 1), (1, 1)]
    assert "points" in podium("scoreboard", feed, "--rules", "ioi", "--table")[1]


def test_differences_are_shown_and_exit_3(feed, tmp_path, podium):
    other = [
        judgement("12", "2", "WA", "0:15:01", "0:15:05") if one[:2] == ("judgements", "12") else one for one in WHOLE
    ]
    other = put(tmp_path / "other.ndjson", [*other[:-1], team("4")])
    code, out, _ = podium("compare", feed, other, "--json")
    found = [(d["team_id"], d["problem_id"], d["what"], d["first"], d["second"]) for d in json.loads(out)]
    assert code == 3
    assert found == [
        ("2", None, "rank", "1", "3"),
        ("2", None, "num_solved", "1", "0"),
        ("2", None, "total_time", "0:15:00", "0:00:00"),
        ("2", "a", "solved", "true", "false"),
        ("2", "a", "time", "0:15:00", "–"),
        ("1", None, "rank", "2", "1"),
        ("3", None, "rank", "3", "2"),
        ("4", None, "row", "not there", "there"),
    ]
    code, out, _ = podium("compare", feed, other)
    assert (code, out.splitlines()[-1]) == (3, "4 of 3 rows differ")
    assert podium("compare", feed, other, "--at", "0:12:00", "--rules", "icpc")[0] == 3
    assert podium("compare", feed, put(tmp_path / "same.ndjson", version="2020-03"))[1] == "3 rows, all equal\n"


def test_a_scoreboard_in_minutes_is_compared_as_well(feed, tmp_path, podium):
    board = json.loads(podium("scoreboard", feed)[1])
    for row in board["rows"]:
        row["score"]["total_time"] = {"2": 15, "1": 40, "3": 250}[row["team_id"]]
        for cell in row["problems"]:
            if "time" in cell:
                cell["time"] = {"2": 15, "1": 20, "3": 250}[row["team_id"]]
    path = tmp_path / "board.json"
    path.write_text(json.dumps(board))
    assert podium("compare", feed, str(path))[:2] == (0, "3 rows, all equal\n")
    path.write_text('{"rows": [{"team_id": "1"}]}')
    assert podium("compare", feed, str(path))[0] == 2


@pytest.mark.parametrize("version", ["2020-03", "2021-11", "2022-07", "2023-06", "2026-01"])
def test_a_feed_as_its_version_wants_it_is_valid(version, tmp_path, podium):
    path = put(tmp_path / "feed.ndjson", version=version)
    assert podium("validate", path, "--strict")[:2] == (0, f"feed.ndjson: {version}, {len(WHOLE)} lines, 0 errors, 0 kinds of what its version does not have\n")  # fmt: skip


WRONG = {
    '{"type":"teams","id":"9","data":{"id":"9","label":"9"}}': "teams 9: name is missing",
    '{"type":"teams","id":"9","data":{"id":"9","name":"x","label":"9","organization_id":"nowhere"}}': "teams 9: organization_id: there is no 'nowhere' among the organizations",
    '{"type":"teams","id":"8","data":{"id":"9","name":"x","label":"9"}}': "teams: id is '8' and the object's is '9'",
    '{"type":"teams","id":null,"data":{"id":"9","name":"x","label":"9"}}': "teams: id is null and data is one object",
    '{"type":"teams","id":"9"}': "teams: data is missing",
    '{"type":"teams","id":"9","data":[]}': "teams: id is '9' and data is a list",
    '{"type":"teams","id":"9","data":7}': "teams: data: expected an object, got 7",
    '{"type":"team","id":"9","data":{"id":"9"}}': "type: 'team' is no type of the Contest API; did you mean teams? (allowed)",
    '{"type":"contest","data":{"id":"tiny","name":"T","duration":"5h","start_time":"2026-03-01T09:00:00Z","countdown_pause_time":"0:10:00"}}': "contest: duration: expected a duration such as 5:00:00, got '5h'",
    '{"type":"runs","id":"r","data":{"id":"r","judgement_id":"11","ordinal":"1","judgement_type_id":"AC","time":"2026-03-01T09:00:00Z","contest_time":"0:00:00"}}': "runs r: ordinal: expected a whole number, got '1'",
    '{"type":"judgements","id":"j","data":{"id":"j","submission_id":"1","start_time":"2026-03-01T09:20:00Z","start_contest_time":"0:20:00","judgement_type_id":"AC","end_time":"2026-03-01T09:00:00Z"}}': "judgements j: end_contest_time is missing, and there is a verdict",
    '{"type":"clarifications","id":"c9","data":{"id":"c9","from_team_id":"1","to_team_ids":["2"],"text":"x","time":"2026-03-01T09:00:00Z","contest_time":"0:00:00"}}': "clarifications c9: it is from a team and to a team: teams do not write to each other",
    '{"type":"state","id":null,"data":{"ended":"2026-03-01T09:00:00Z"}}': "state: ended is set, and started is not",
    '{"type":"state","id":null,"data":{"started":"2026-03-01T09:00:00Z","frozen":"2026-03-01T14:10:00Z",'
    '"ended":"2026-03-01T14:00:00Z"}}': "state: ended is before frozen",
    '{"type":"problems","id":"z","data":{"id":"z","label":"A","name":"Z","ordinal":1,"test_data_count":1,"rgb":"red"}}': "problems z: rgb: expected a colour such as #ac00ff, got 'red'",
    '{"type":"persons","id":"p","data":{"id":"p","name":"P","role":"coach","team_id":"1"}}': "persons p: team_id is of 2022-07, not of 2026-01 (allowed)",
    '{"type":"groups","id":"g","data":{"id":"g","name":"G","mascot":"cat"}}': "groups g: mascot is not of the Contest API (allowed)",
    "not json": "broken line",
}  # fmt: skip


@pytest.mark.parametrize("line", WRONG)
def test_what_is_wrong_is_said_with_its_line(line, tmp_path, podium):
    at = len(CONFIGURATION) + len(LIVE)
    found = ndjson(written(WHOLE))
    path = tmp_path / "feed.ndjson"
    path.write_bytes(b"".join([*found[:at], f"{line}\n".encode(), *found[at:]]))
    code, out, _ = podium("validate", str(path), "--version", "2026-01")
    assert f"line {at + 1}: {WRONG[line]}" in out.splitlines()
    assert code == (0 if "(allowed)" in WRONG[line] else 1)
    assert podium("validate", str(path), "--version", "2026-01", "--strict", "--json")[0] == 1


def test_what_is_wrong_with_2020_is_its_own(tmp_path, podium):
    told = written(WHOLE, "2020-03")
    told[3]["op"] = "change"
    told.insert(10, told[9] | {"id": "e2"})
    path = tmp_path / "feed.ndjson"
    path.write_bytes(b"".join(ndjson(told)))
    out = podium("validate", str(path))[1].splitlines()
    assert "line 4: judgement-types: op: expected create, update or delete, got 'change'" in out
    assert "line 11: teams: id: e2 was an event before" in out
    assert "line 11: teams 1: is created, and was before" in out


def test_strict_refuses_what_is_odd(tmp_path, podium):
    path = put(tmp_path / "cut.ndjson", more=b'{"type":"sta')
    assert podium("scoreboard", path)[0] == 0
    code, out, err = podium("scoreboard", path, "--strict")
    assert (code, lines(json.loads(out))[0]) == (1, "1 2 1 0:15:00 a:1+0 b:1+0")
    assert err == f"podium: truncated line: the last line is cut off; left out (1; first: line {len(WHOLE) + 1}: )\n"
    code, out, _ = podium("summary", path)
    assert code == 0
    assert "odd: truncated line, 1 times: the last line is cut off; left out" in out


@pytest.mark.parametrize(
    ("arguments", "line"),
    [
        (["scoreboard", "nothing.ndjson"], "podium: nothing.ndjson: there is no such file or folder\n"),
        (["scoreboard", "FEED", "--at", "soon"], "podium: --at soon: expected a contest time such as 4:00:00, or a time with a zone such as 2026-11-24T10:00:00+01:00\n"),
        (["scoreboard", "FEED", "--audience", "press"], "podium: --audience press: there are public and jury\n"),
        (["scoreboard", "FEED", "--version", "2019"], "podium: --version 2019: there are 2020-03, 2021-11, 2022-07, 2023-06, 2026-01\n"),
        (["scoreboard", "FEED", "--rules", "chess"], "podium: --rules chess: there is no such file, nor a rule of that name; there are "),
        (["scoreboard", "EMPTY"], "podium: the feed says nothing of a contest: nobody knows how long it is\n"),
        (["scoreboard", "LETTER"], "podium: the feed says nothing of a contest: nobody knows how long it is; lines that are no JSON object: 2; is it an event feed?\n"),
    ],
)  # fmt: skip
def test_wrong_input_is_one_line_and_exit_2(arguments, line, feed, tmp_path, podium):
    (tmp_path / "empty.ndjson").write_text("\n\n")
    (tmp_path / "letter").write_text("Dear jury,\nplease\n")
    names = {"FEED": feed, "EMPTY": str(tmp_path / "empty.ndjson"), "LETTER": str(tmp_path / "letter")}
    code, out, err = podium(*(names.get(one, one) for one in arguments))
    assert (code, out) == (2, "")
    assert err.startswith(line)
    assert err.count("\n") == 1


def test_standard_input(feed, podium, monkeypatch):
    data = Path(feed).read_bytes()
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(data)))
    code, out, _ = podium("scoreboard", "-")
    assert (code, out) == (0, podium("scoreboard", feed)[1])


def test_a_scoreboard_in_whole_minutes(feed, podium):
    rows_ = json.loads(podium("scoreboard", feed, "--as", "2023-06")[1])["rows"]
    assert rows_[0]["score"] == {"num_solved": 1, "total_time": 15, "time": 15}
    assert rows_[1]["problems"][0] == {"num_judged": 2, "num_pending": 0, "problem_id": "a", "solved": True, "time": 20}
    assert podium("scoreboard", feed, "--as", "2020-03")[0] == 2


def test_several_feeds_at_once(feed, tmp_path, podium):
    odd = put(tmp_path / "cut.ndjson", more=b"{")
    code, out, _ = podium("validate", feed, odd)
    assert (code, [line.split(": ")[0] for line in out.splitlines()]) == (
        1,
        ["tiny.ndjson", f"line {len(WHOLE) + 1}", "cut.ndjson"],
    )
    code, out, _ = podium("summary", feed, odd, "--json", "--strict")
    assert (code, [json.loads(line)["contest"]["id"] for line in out.splitlines()]) == (1, ["tiny", "tiny"])


def test_it_needs_no_server(feed, tmp_path):
    done = subprocess.run(
        [sys.executable, "-m", "podium", "feed", "scoreboard", feed],
        capture_output=True,
        text=True,
        check=True,
        env={"PATH": "", "PODIUM_HOME": str(tmp_path / "none"), "PODIUM_KAFKA": "127.0.0.1:1"},
        cwd=Path(__file__).parents[2],
    )
    assert lines(json.loads(done.stdout))[0] == "1 2 1 0:15:00 a:1+0 b:1+0"
    assert not (tmp_path / "none").exists()


@pytest.fixture
def log(stack_settings, kafka, tmp_path, monkeypatch):
    """A contest of our own that the commands find, with a submission before the freeze and one behind it."""
    monkeypatch.setenv("PODIUM_KAFKA", kafka)
    monkeypatch.setenv("PODIUM_HOME", str(tmp_path))
    with Producer(stack_settings.model_copy(update={"kafka": kafka})) as producer:
        log = KafkaLog(producer)
        log.submit("t1", "A", "1:00:00", "WA", id_=f"{log.contest[5:20]}-1")
        log.submit("t2", "A", "4:30:00", "AC", id_=f"{log.contest[5:20]}-2")
        yield log


def test_the_feed_of_a_contest_of_our_own(log, podium):
    for version in ("2023-06", "2026-01"):
        for audience in ("public", "jury"):
            code, out, err = podium("export", log.contest, "--version", version, "--audience", audience)
            assert (code, err) == (0, "")
            found = events_of(read_feed(out.encode().splitlines(keepends=True)))
            assert rows(found, audience) == [line.replace(":0", "") for line in log.rows(audience)]
    assert podium("export", "nobodys")[2] == "podium: the log holds nothing of a contest 'nobodys'\n"
    assert podium("export", log.contest, "--version", "2020-03")[0] == 2


def awards(told):
    found = [json.loads(line) for line in told.splitlines()]
    return {one["id"]: one["data"]["team_ids"] for one in found if one["type"] == "awards"}


def test_what_the_fold_refuses_is_left_out_of_a_feed_as_it_is_of_the_board(log, podium):
    before = podium("export", log.contest, "--audience", "jury")[1]
    log.act(GenerationOpened, rule="golf", fold_version=FOLD_VERSION)
    code, out, err = podium("export", log.contest, "--audience", "jury")
    assert (code, err) == (0, "")
    assert out == before


def test_a_position_that_a_scorer_skipped_gives_no_award(log, podium):
    assert awards(podium("export", log.contest, "--audience", "jury")[1])["first-to-solve-A"] == ["t2"]
    log.act(PositionSkipped, position=log.events[-1][0], fold_version=FOLD_VERSION)
    code, out, _ = podium("export", log.contest, "--audience", "jury")
    assert (code, awards(out).get("first-to-solve-A")) == (0, None)


def test_a_contest_with_a_record_of_a_newer_podium_is_not_exported(log, podium):
    position = log.newer()
    code, out, err = podium("export", log.contest)
    assert (code, out) == (2, "")
    assert err == (
        f"podium: contest {log.contest}, position {position}: a newer podium wrote this record; use that one\n"
    )
