"""The file of an exported contest, and which fields of events name positions."""

from __future__ import annotations

import dataclasses
import json
import typing
import zipfile

import pytest

from podium.transfer.file import LogFile, Stored, write_log_file
from podium.transfer.survey import survey
from schemas.codec import HISTORY, codec
from schemas.definition import ChangedPackage
from schemas.errors import DataError
from schemas.events import (
    LOG_EVENTS,
    Finalized,
    JudgingFaulted,
    RejudgingApplied,
    RejudgingCreated,
    RejudgingReverted,
    Reloaded,
)
from schemas.imported import Imported, imported_of
from schemas.references import REFERENCES
from schemas.registry import history_schemas
from tests.contest_log import ContestLog, problem

KNOWN = history_schemas(HISTORY)
OTHER_NUMBERS = {
    "recorded_at", "start_time", "countdown_pause_time", "duration", "scoreboard_freeze_duration",
    "scoreboard_thaw_time", "penalty_time", "score_scale", "priority", "late_window", "fold_version", "window", "webhook_patience", "limits",
    "submitted_at", "attempt", "started_at", "ended_at", "score", "max_cpu_ms", "max_memory_kib", "runs", "by", "at", "group_scores",
    "thaw_time", "planned_at", "b", "start", "end", "chunk", "chunks", "asked_at", "said_at",
}  # fmt: skip
"""Numbers of events that are times, counts and sizes."""


def test_every_number_of_an_event_is_known_to_be_a_position_or_not():
    for cls in LOG_EVENTS:
        hints = typing.get_type_hints(cls)
        numbers = {name for name, hint in hints.items() if int in (hint, *typing.get_args(hint))}
        named = set(REFERENCES.get(cls, ()))
        assert named <= hints.keys()
        unknown = numbers - named - OTHER_NUMBERS
        assert not unknown, f"{cls.__name__}: {unknown}: a position? then it belongs into schemas/references.py"


@pytest.fixture
def path(tmp_path):
    path = tmp_path / "c1.podium"
    write(path, ContestLog())
    return path


def write(path, log, *more):
    records = [Stored(position, 1, codec().encode(event)) for position, event in log.events]
    with path.open("wb") as file:
        return write_log_file(file, log.contest, [*records, *more], KNOWN)


def rewrite(path, member, change):
    with zipfile.ZipFile(path) as archive:
        held = {name: archive.read(name) for name in archive.namelist()}
    held[member] = change(held[member])
    with zipfile.ZipFile(path, "w") as archive:
        for name, data in held.items():
            archive.writestr(name, data)


def test_a_file_holds_records_schemas_and_what_they_are(path):
    with LogFile(path) as file:
        header, records = file.header, list(file.records())
    assert (header.contest, header.count, header.first) == ("c1", 3, records[0].position)
    assert sorted(header.schemas.values()) == ["Definition", "Team"]
    with zipfile.ZipFile(path) as archive:
        schemas = [json.loads(archive.read(n)) for n in archive.namelist() if n.startswith("schemas/")]
    assert sorted(one["name"] for one in schemas) == ["Definition", "Team"]
    assert [codec().decode(one.value) for one in records] == [event for _, event in ContestLog().events]


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (lambda path: path.write_bytes(path.read_bytes()[:-200]), "no exported contest that can be read"),
        (lambda path: path.write_bytes(b"no zip"), "no exported contest that can be read"),
        (lambda path: rewrite(path, "records", lambda data: data[:-5]), "breaks off"),
        (lambda path: rewrite(path, "records", lambda data: data[:-1] + b"?"), "not those that its header says"),
        (lambda path: rewrite(path, "records", lambda _: b""), "not those"),
        (lambda path: rewrite(path, "contest.json", lambda data: data.replace(b'"version": 1', b'"version": 9')), "9"),
        (lambda path: rewrite(path, "contest.json", lambda _: b"{}"), "format"),
        (lambda path: rewrite(path, "contest.json", lambda data: data.replace(b'"c1"', b'"../c"')), "not an id"),
    ],
)  # fmt: skip
def test_a_damaged_file_is_refused(path, change, says):
    change(path)
    with pytest.raises(DataError, match=says), LogFile(path) as file:
        list(file.records())


def test_a_contest_package_is_named_as_such(tmp_path):
    with zipfile.ZipFile(tmp_path / "x.zip", "w") as archive:
        archive.writestr("contest.yaml", "name: x")
    with pytest.raises(DataError, match="podium contest apply"):
        LogFile(tmp_path / "x.zip")


def surveyed(path):
    with LogFile(path) as file:
        return survey(file.header, file.records(), codec(), lambda _: None)


def test_what_the_file_has_no_verdict_of_is_judged_anew(tmp_path):
    log, path = ContestLog(), tmp_path / "c1.podium"
    judged, waiting, faulted = log.submit("t1", "A", 1, "AC"), log.submit("t1", "A", 2), log.submit("t2", "A", 3)
    log.fault(faulted)
    done = log.act(RejudgingCreated, submission_ids=(judged,))
    log.judge(judged, "WA", done)
    half = log.act(RejudgingCreated, submission_ids=(judged, waiting))
    over = log.act(RejudgingCreated, submission_ids=(waiting,))
    log.act(RejudgingApplied, rejudging=over)
    write(path, log)
    assert isinstance(log.events[-6][1], JudgingFaulted)
    standing = next(position for position, event in log.events if getattr(event, "id", "") == waiting)
    assert surveyed(path).open == {standing, half}
    assert surveyed(path).packages == ("0" * 64,)
    log.act(Finalized)
    write(path, log)
    assert surveyed(path).open == set()


def test_what_had_no_package_that_judges_it_is_judged_on_the_one_that_took_its_place(tmp_path):
    log, path = ContestLog(), tmp_path / "c1.podium"
    by_files, by_act, never = log.submit("t1", "A", 1), log.submit("t1", "B", 2), log.submit("t1", "C", 3)
    for one in (by_files, by_act, never):
        log.fault(one)
    of = {one: next(at for at, event in log.events if getattr(event, "id", "") == one) for one in (by_files, by_act)}
    log.define(problems=(problem("A", 0, package="1" * 64), problem("B", 1), problem("C", 2)))
    changed = ChangedPackage("B", "2" * 64, 1000, 256, 8, 3)
    number = log.act(RejudgingCreated, submission_ids=(), changed=changed)
    write(path, log)
    assert surveyed(path).open == {of[by_files]}
    log.act(RejudgingApplied, rejudging=number, changed=changed)
    write(path, log)
    assert surveyed(path).open == set(of.values())
    assert surveyed(path).packages == ("0" * 64, "1" * 64, "2" * 64)
    log.fault(by_act)
    write(path, log)
    assert surveyed(path).open == {of[by_files]}
    log.act(RejudgingReverted, rejudging=number)
    write(path, log)
    assert surveyed(path).open == set(of.values())
    assert surveyed(path).packages == ("0" * 64, "1" * 64)


def test_what_nobody_can_read_is_taken_along_and_what_a_newer_podium_wrote_is_refused(path):
    log = ContestLog()
    header = write(path, log, Stored(900, 1, b"no record"), Stored(901, 1, None))
    foreign = dataclasses.replace(log.make(Reloaded), contest="other")
    assert surveyed(path).unreadable == 2
    write(path, log, Stored(900, 1, codec().encode(foreign)))
    assert surveyed(path).unreadable == 1
    newer = b"\xc3\x01newerone" + b"body"
    known = {**KNOWN, b"newerone": {"name": "Novelty"}}
    with path.open("wb") as file:
        header = write_log_file(file, "c1", [Stored(1, 1, newer)], known)
    assert header.schemas == {b"newerone".hex(): "Novelty"}
    with pytest.raises(DataError, match="a newer podium wrote it"):
        surveyed(path)


def test_headers_say_the_how_manieth_record_of_an_import_it_is():
    for said in (Imported(3, 7, judged=True), Imported(7, 7, judged=False)):
        assert imported_of(said.headers()) == said
        assert imported_of(dict(said.headers())) == said
    assert Imported(7, 7, judged=False).last
    assert imported_of(None) is None
    assert imported_of([("imported", b"x/7")]) is None
