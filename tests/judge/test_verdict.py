"""Verdicts follow from what was measured, in the order of their certainty."""

import dataclasses

import pytest

from judge.blob import Blob
from judge.sandbox import Limits, Measured
from judge.verdict import better, borderline, of_compilation, of_run

CLEAN = Measured(
    exit_code=0, signal=None, cpu_ms=10, wall_ms=12, memory_kib=3000, cpu_exceeded=False, wall_exceeded=False,
    memory_exceeded=False, output_exceeded=False, stdout=Blob.sealed(b""), stderr=b"",
)  # fmt: skip


@pytest.mark.parametrize(
    ("facts", "verdict"),
    [
        ({}, None),
        ({"exit_code": 1}, "RTE"),
        ({"exit_code": None, "signal": 11}, "RTE"),
        ({"exit_code": None, "signal": 31}, "SV"),
        ({"cpu_exceeded": True, "exit_code": None, "signal": 31}, "TLE"),
        ({"cpu_exceeded": True, "exit_code": None, "signal": 9}, "TLE"),
        ({"wall_exceeded": True, "wall_ms": 3000, "exit_code": None, "signal": 9}, "WTL"),
        ({"wall_exceeded": True, "idle": True, "exit_code": None, "signal": 9}, "ILE"),
        ({"cpu_exceeded": True, "wall_exceeded": True}, "TLE"),
        ({"memory_exceeded": True, "wall_exceeded": True}, "MLE"),
        ({"memory_exceeded": True, "exit_code": 3}, "MLE"),
        ({"output_exceeded": True, "exit_code": None, "signal": 25}, "OLE"),
        ({"output_exceeded": True, "cpu_exceeded": True}, "TLE"),
    ],
)
def test_a_runs_verdict(facts, verdict):
    assert of_run(dataclasses.replace(CLEAN, **facts)) == verdict


def test_a_compiler_that_met_its_time_limit_is_told_from_one_that_said_no():
    assert [of_compilation(why) for why in ("failed", "refused", "memory", "output")] == ["CE"] * 4
    assert of_compilation("time") == "CTL"


@pytest.mark.parametrize(("cpu", "again"), [(1000, True), (1100, True), (1101, False)])
def test_a_run_just_over_its_limit_is_run_again(cpu, again):
    limits = Limits(cpu_ms=1000, wall_ms=3000, memory_mib=64, output_bytes=1)
    assert borderline(dataclasses.replace(CLEAN, cpu_ms=cpu, cpu_exceeded=True), limits) is again
    assert not borderline(dataclasses.replace(CLEAN, cpu_ms=cpu), limits)


def test_memory_that_only_all_processes_together_had_is_looked_at_again():
    limits = Limits(cpu_ms=1000, wall_ms=3000, memory_mib=64, output_bytes=1)
    above = dataclasses.replace(CLEAN, memory_exceeded=True, cpu_ms=5)
    together = dataclasses.replace(above, memory_together=True)
    assert not borderline(above, limits)
    assert borderline(together, limits)
    assert better(together, CLEAN) is better(CLEAN, together) is CLEAN


def test_of_a_run_and_its_repetition_the_one_that_ended_by_itself_counts_then_the_faster():
    ended = dataclasses.replace(CLEAN, cpu_ms=990)
    stopped = dataclasses.replace(CLEAN, cpu_ms=800, wall_exceeded=True)
    assert better(stopped, ended) is ended
    assert better(dataclasses.replace(CLEAN, cpu_ms=1050, cpu_exceeded=True), ended) is ended
