"""One run of a program: input in, facts out."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from typing import Final

from judge.again import twice
from judge.blob import Blob
from judge.claim import Claim
from judge.compile import Program
from judge.job import Job
from judge.sandbox import FEEDBACK, Limits, Measured, Role

__all__ = ["VALIDATOR_ARGS", "execute"]

VALIDATOR_ARGS: Final = ("/proc/self/fd/3", "/proc/self/fd/4", f"{FEEDBACK}/")
"""The first three arguments of an output validator whose `inputs` are the test case's input and answer."""


def execute(
    claim: Claim,
    program: Program,
    stdin: Blob | None,
    limits: Limits,
    *,
    role: Role = "run",
    args: Sequence[str] = (),
    inputs: Sequence[Blob] = (),
    files: Sequence[tuple[str, Blob]] = (),
    own_files: bool = True,
    read_only: bool = True,
    feedback: Mapping[str, Blob] | None = None,
) -> Measured:
    """Run the program once in this claim's container of that role.

    `inputs` are open as descriptors 3, 4, …: name them `/proc/self/fd/3` in `args`.

    Its working directory holds the program's own files (`Program.folder`), unless *own_files* is off, and over them
    `files`, by their paths in it, and nothing else. With *read_only* it can write nowhere. Without, it may make, change
    and delete files there; they are gone with the run, and their sizes count for the output limit.

    `feedback` is for validators: with it there is a folder `judge.sandbox.FEEDBACK` with these files in it (what another
    pass has left), in which the program may write. All regular files of it come back in `Measured.feedback`, and count
    for the output limit; more than 256, or folders more than 16 deep, are more than the limit. An output validator:

        execute(claim, validator, output, validation_limits, role="validator", args=(*VALIDATOR_ARGS, *flags),
                inputs=(input, answer), files=submission.folder, own_files=False, feedback={})

    A container that fails, or is killed, in the middle of it is thrown away and the run is done again in another one.

    Raises:
        SandboxError: when the second container failed as well; the next call gets a third. Never for what the program
            did.
        DependencyError: when a container is needed and the engine does not answer.
    """

    def once() -> Measured:
        job = Job(
            program=program,
            limits=limits,
            role=role,
            args=args,
            inputs=inputs,
            files=tuple(files),
            own_files=own_files,
            read_only=read_only,
            feedback=feedback,
        )
        sandbox = job.sandbox(claim)
        stdout = Blob.output()
        given = stdin.open() if stdin else os.open(os.devnull, os.O_RDONLY | os.O_CLOEXEC)
        try:
            job.start(sandbox, given, stdout.fd)
        finally:
            os.close(given)
        return job.measured(sandbox, sandbox.finish(), stdout)

    return twice(claim, "a run", once)
