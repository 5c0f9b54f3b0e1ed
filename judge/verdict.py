"""The verdict of a run and of a submission: pure functions of what was measured."""

from __future__ import annotations

import enum
import signal
from dataclasses import replace
from typing import Final

from judge.sandbox import Interaction, Limits, Measured
from judge.workshop import Why

__all__ = ["Opinion", "better", "borderline", "of_compilation", "of_interaction", "of_run", "validator_fault"]

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

    Of the wall limit there are two verdicts, as the Contest API tells them apart: ILE, "no CPU time used for too long", and
    WTL, "CPU time limit is not exceeded, but wallclock is", of a program that did a little now and then. SV is for who was
    ended for a system call that no program needs (judge/seccomp.json).
    """
    if measured.memory_exceeded:
        return "MLE"
    if measured.cpu_exceeded:
        return "TLE"
    if measured.wall_exceeded:
        return "ILE" if measured.idle else "WTL"
    if measured.output_exceeded:
        return "OLE"
    if measured.signal == signal.SIGSYS:
        return "SV"
    if measured.signal is not None or measured.exit_code != 0:
        return "RTE"
    return None


_OVER: Final = {
    "MLE": "more memory than it may use",
    "TLE": "more CPU time than it may use",
    "ILE": "stuck: it did nothing for too long",
    "WTL": "stuck: it did next to nothing for too long",
    "OLE": "more output than it may write",
}


def validator_fault(validator: Measured) -> str:
    """Why a validator's run is a judging error; empty when it is none. Pure.

    It is one when the validator exceeded what it is allowed, and when it ended otherwise than with 42 or 43.
    """
    limit = of_run(replace(validator, exit_code=0, signal=None))
    if limit is not None:
        return _OVER[limit]
    if validator.signal is not None:
        return f"signal {validator.signal}"
    return "" if validator.exit_code in (42, 43) else f"exit code {validator.exit_code}"


def of_interaction(interaction: Interaction) -> str:
    """The precise CLICS judgement type of an interaction; JE where the validator failed. Pure.

    The first that fits:

    1. The submission exceeded a limit of its own while the validator still ran: that limit's verdict. What a validator
       says, or does, or fails at, when its partner was taken away is no opinion. (The format: "a submission that exceeds
       any of these limits must be rejected", and a system may have a wall limit for submissions that block on I/O.
       problemtools: the wall limit's verdict, whatever the validator.) But one that only waited, for a validator that is
       stuck and stays so without it, is not to blame.
    2. The validator exceeded a limit of its own: JE. It is stuck, or floods.
    3. The validator ended with neither 42 nor 43: JE. (The format; problemtools and DOMjudge look at it first as well.)
    4. The validator ended first, with 43: WA. Whatever the submission does after it, crash or run on, comes of that.
       (problemtools: "validator exited first with WA"; DOMjudge: "a WA may override TLE and RTE".)
    5. The submission exceeded a limit, or crashed: its own verdict, even when the validator says 42. A submission that
       ended by SIGPIPE did not crash: it wrote to a validator that had enough. (Both, and problemtools for SIGPIPE.)
    6. What the validator says: 42 is AC, 43 is WA.
    """
    validator, submission = interaction.validator, interaction.submission
    limit = of_run(replace(submission, exit_code=0, signal=None))
    waited = limit in ("ILE", "WTL") and validator.wall_exceeded
    if limit is not None and interaction.first == "submission" and not waited:
        return limit
    if of_run(replace(validator, exit_code=0, signal=None)) is not None:
        return "JE"
    if validator_fault(validator):
        return "JE"
    accepted = validator.exit_code == Opinion.ACCEPTED.value
    if not accepted and interaction.first == "validator":
        return "WA"
    crashed = of_run(submission) if submission.signal != signal.SIGPIPE else limit
    return crashed or ("AC" if accepted else "WA")


def of_compilation(why: Why) -> str:
    """The verdict on sources that did not become a program: CTL where the compiler met its time limit. Pure."""
    return "CTL" if why == "time" else "CE"


def borderline(measured: Measured, limits: Limits) -> bool:
    """Whether what a run was over its limit by may be noise, so that it is run once more. Pure.

    So it is with a little CPU time, and with memory that only all of it together had: the container's figure of that has
    pages of the image's files as well, where the run was the first to read them and the kernel has dropped them meanwhile.
    """
    if measured.memory_exceeded:
        return measured.memory_together
    return measured.cpu_exceeded and measured.cpu_ms <= limits.cpu_ms * GRACE


def better(one: Measured, other: Measured) -> Measured:
    """Of a run and its repetition the one that counts: within its memory, not ended for idleness, in less CPU time. Pure."""
    return min(one, other, key=lambda m: (m.memory_exceeded, m.wall_exceeded, m.cpu_ms))
