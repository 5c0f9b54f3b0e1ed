"""What others wrote reaches a terminal as text: in a table, in a line of status, in an error."""

import io
import json
import logging

import pytest
from rich.console import Console

from judge.feedback import shown
from judge.outcome import Outcome, TestRun
from judge.verify import DataReport, SubmissionReport
from packages.read import read_package
from podium.cli import main
from podium.commands.log import describe
from podium.commands.status import _show
from podium.plain import plain
from podium.problem_report import Verified, as_json, for_people
from podium.tame import tame
from schemas.events import Judgement, Submission
from schemas.settings import Settings
from tests.unit.packaging import PACKAGE, write

ACTS = {chr(code) for code in (*range(32), *range(0x7F, 0xA0), 0x61C, 0x200E, 0x200F, *range(0x202A, 0x202F))}
HOSTILE = "\x1b[2J\x1b]0;owned\x07 \x9b31m\x00\x08 \u202egnp.exe\u2066 \r\nend \x1bP+q\x1b\\ \x7f[red]x[/red]"


def harmless(text: str) -> bool:
    return not ACTS & set(text.replace("\n", ""))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("plain é 漢 👩‍🚀", "plain é 漢 👩‍🚀"),
        ("one\ntwo\r\n\tthree\u2028four", "one two three four"),
        ("\x1b[31mred\x1b[0m \x9b1mbold", "[31mred[0m 1mbold"),
        ("a\u202eb\u2066c\u061cd", "abcd"),
        ("name-\udcff", "name-\\udcff"),
        ("\x00\x07\x7f", ""),
    ],
)
def test_what_acts_goes_and_what_says_stays(text, said):
    assert tame(text) == said
    assert plain(text).plain == said
    tame(text).encode()


def report(tmp_path):
    package = read_package(write(tmp_path / "sum", PACKAGE))
    (submission,) = package.submissions
    runs = (TestRun(1, "sample/1", "WA", 3, 8, 3 << 10, shown(HOSTILE.encode() + b"\xff\0"), HOSTILE),)
    found = Verified(package)
    found.add(SubmissionReport(submission, Outcome("WA", runs, HOSTILE), "wrong", (HOSTILE,), (HOSTILE,)))
    found.add(DataReport(1, (f"secret/1: the validator failed (exit code 1): {HOSTILE}",)))
    return found


def test_the_table_of_verify_obeys_nothing_of_a_program(tmp_path):
    console = Console(file=io.StringIO(), width=160)
    console.print(*for_people(report(tmp_path), tests=True), sep="\n")
    text = console.file.getvalue()
    assert "[red]x[/red]" in text
    assert harmless(text)
    assert harmless(json.dumps(as_json(report(tmp_path))))


def test_the_log_obeys_nothing_of_a_compiler():
    said = describe(Submission(**_of(Submission), files=())) + describe(Judgement(**_of(Judgement)))
    assert "owned" in said
    assert harmless(said)


def _of(kind) -> dict:
    """Hostile text in every field of an event that is text and must be given."""
    fields = {name: field for name, field in kind.__dataclass_fields__.items() if name != "files"}
    values = {"str": HOSTILE, "int": 1, "bool": False, "str | None": HOSTILE}
    return {name: values[field.type] for name, field in fields.items() if field.type in values}


def test_status_obeys_nothing_of_hosts_and_packages(capsys):
    host = {"slots": 1, "live_slots": 1, "running": 0, "state": HOSTILE, "why": HOSTILE}
    lacks = [{"package": HOSTILE, "contest": HOSTILE, "why": HOSTILE}]
    queue = {"waiting": {"live": 1}, "running": {}, "errors": 1}
    pause = {"contest": HOSTILE, "problem": HOSTILE, "language": ""}
    found = {
        "running": True,
        "processes": [],
        "positions": {},
        "contests": {HOSTILE: {"partition": 0, "log": 1, "rows": 1}},
        "audited": {HOSTILE: {"proved": 1, "different": False, "unaudited": 2, "at": 0}},
        "lag": {HOSTILE: 1},
        "hosts": {HOSTILE: host | {"lacks": lacks}},
        "queue": queue | {"paused": [pause]},
        "errors": [HOSTILE],
        "skipped": 1,
    }
    _show(found, Settings())
    out = capsys.readouterr().out
    assert out.count("owned") >= 9
    assert "up to position 1; audited at 1970-01-01 00:00:00 UTC; 2 views not compared, see the auditor's log" in out
    assert harmless(out)


def test_neither_errors_nor_warnings_obey_a_packages_names(tmp_path, capfd):
    odd = {"data/secret/\x1b[2J\x9bx.in": "1 2\n", "data/secret/\udcff.in": "1 2\n"}
    assert main(["problem", "show", str(write(tmp_path / "one", PACKAGE | odd))]) == 0
    out = capfd.readouterr().out
    assert "x.in" in out
    assert "\\udcff.in" in out
    assert harmless(out)
    bad = {"problem.yaml": PACKAGE["problem.yaml"] + '"\\e[2Jkey": 1\n'}
    assert main(["problem", "show", str(write(tmp_path / "two", PACKAGE | bad))]) == 2
    told = capfd.readouterr().err
    assert "key" in told
    assert harmless(told)


def test_warnings_of_a_command_obey_nothing(capfd):
    assert main(["log", "--help"]) == 0
    logging.lastResort.handle(logging.makeLogRecord({"msg": "a container said %s", "args": (HOSTILE,), "levelno": 30}))
    told = capfd.readouterr().err
    assert "a container said [2J" in told
    assert harmless(told)
