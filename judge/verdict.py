"""The verdict of a run and of a submission: pure functions of what was measured."""

from __future__ import annotations

import enum
from collections.abc import Iterable

from judge.sandbox import Limits, Measured

__all__ = ["Opinion", "better", "borderline", "first_rejected", "of_compilation", "of_run"]

GRACE = 1.1
"""A run between its time limit and this many times it is run again."""


class Opinion(enum.Enum):
    """What an output validator says of an output."""

    ACCEPTED = 42
    REJECTED = 43


def of_run(measured: Measured) -> str | None:
    """The precise CLICS judgement type of a run by itself, None where its output decides. Pure.

    The first that fits: memory before time, since a parent that waits for a child killed for memory looks idle; time
    before output and crash, since a program that is killed for time may look like either.
    """
    if measured.memory_exceeded:
        return "MLE"
    if measured.cpu_exceeded:
        return "TLE"
    if measured.wall_exceeded:
        return "ILE"
    if measured.output_exceeded:
        return "OLE"
    if measured.signal is not None or measured.exit_code != 0:
        return "RTE"
    return None


def of_compilation(*, ok: bool) -> str | None:
    """CE where the sources did not become a program. Pure."""
    return None if ok else "CE"


def borderline(measured: Measured, limits: Limits) -> bool:
    """Whether a run was over its time limit by no more than noise, so that it is run once more. Pure."""
    return not measured.memory_exceeded and measured.cpu_exceeded and measured.cpu_ms <= limits.cpu_ms * GRACE


def better(one: Measured, other: Measured) -> Measured:
    """Of a run and its repetition the one that counts: not ended for idleness, and with less CPU time. Pure."""
    return min(one, other, key=lambda m: (m.wall_exceeded, m.cpu_ms))


def first_rejected(verdicts: Iterable[str]) -> str:
    """A submission's verdict: that of the first test, in the format's order, that is not accepted; else AC. Pure."""
    return next((verdict for verdict in verdicts if verdict != "AC"), "AC")
