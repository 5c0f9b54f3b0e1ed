"""One run of a program: input in, facts out."""

from __future__ import annotations

import logging
import os
import signal
from collections.abc import Sequence
from typing import Final

from judge.blob import Blob
from judge.compile import Program
from judge.container import Shape
from judge.languages import Language
from judge.pool import Claim
from judge.sandbox import BOX, PROGRAM, Limits, Measured, Ran, Role, Sandbox
from schemas.errors import SandboxError

__all__ = ["execute"]

log = logging.getLogger(__name__)

_STDERR_BYTES: Final = 64 << 10
_FETCH_BYTES: Final = 64 << 10
_PAGE: Final = 4096
"""Above the output limit, so that a program which meets it exactly can be told from one that wants more."""

_GRACE_MS: Final = 200
"""A program goes on for so long above its time limit, or for a tenth of it, so that its real time shows."""


def execute(
    claim: Claim,
    program: Program,
    stdin: Blob | None,
    limits: Limits,
    *,
    role: Role = "run",
    args: Sequence[str] = (),
    inputs: Sequence[Blob] = (),
    directories: Sequence[str] = (),
    fetch: Sequence[str] = (),
) -> Measured:
    """Run the program once in this claim's container of that role, in a fresh empty working directory.

    `inputs` are open as descriptors 3, 4, …: name them `/proc/self/fd/3` in `args`. `directories` are made in the
    working directory first; of the files `fetch` (paths in it) the first 64 KiB come back in `Measured.files`.
    A validator: role="validator", stdin=the submission's stdout, inputs=(input, answer),
    args=("/proc/self/fd/3", "/proc/self/fd/4", "feedback/", *validator_flags), directories=("feedback",),
    fetch=("feedback/judgemessage.txt", …).

    A container that fails, or is killed, in the middle of it is thrown away and the run is done again in another one.

    Raises:
        SandboxError: when the second container failed as well; the next call gets a third. Never for what the program
            did.
        DependencyError: when a container is needed and the engine does not answer.
    """
    shape = Shape.of_run(
        memory_mib=limits.memory_mib + program.language.memory_extra_mib,
        output_bytes=limits.output_bytes,
        processes=program.language.processes,
    )

    def once() -> Measured:
        sandbox = claim.sandbox(role, shape)
        return _execute(sandbox, program, stdin, limits, args, inputs=inputs, directories=directories, fetch=fetch)

    try:
        return once()
    except SandboxError as error:
        log.warning("a run is done again in another container: %s", error)
        return once()


def _execute(
    sandbox: Sandbox,
    program: Program,
    stdin: Blob | None,
    limits: Limits,
    args: Sequence[str],
    *,
    inputs: Sequence[Blob],
    directories: Sequence[str],
    fetch: Sequence[str],
) -> Measured:
    language = program.language
    sandbox.load(program.key, program.files)
    for name in directories:
        sandbox.folder(f"{BOX}/{name}", writable=True)
    path = f"{PROGRAM}/{program.entry_point if program.entry_point and not language.output else program.files[0][0]}"
    command = [*language.run_command(path, program.entry_point, limits.memory_mib), *args]
    stdout, stderr = Blob.output(), Blob.output()
    opened = [stdin.open() if stdin else os.open(os.devnull, os.O_RDONLY | os.O_CLOEXEC)]
    try:
        opened += [blob.open() for blob in inputs]
        ran = sandbox.run(
            command,
            (opened[0], stdout.fd, stderr.fd, *opened[1:]),
            cpu_ms=limits.cpu_ms + max(_GRACE_MS, limits.cpu_ms // 10),
            wall_ms=limits.wall_ms,
            file_bytes=limits.output_bytes + _PAGE,
            stack_bytes=limits.memory_mib << 20,
            processes=language.processes,
        )
    finally:
        for fd in opened:
            os.close(fd)
    files: dict[str, bytes] = {}
    if sandbox.alive:
        for name in fetch:
            found = sandbox.fetch(f"{BOX}/{name}", _FETCH_BYTES, cut=True)
            files |= {name: found.bytes()} if found else {}
        sandbox.renew()
    memory_exceeded = _out_of_memory(ran, language, limits, stderr)
    said = stderr.read(_STDERR_BYTES)
    written = stdout.size + stderr.size
    stderr.close()
    return Measured(
        exit_code=ran.exit_code,
        signal=ran.signal,
        cpu_ms=ran.cpu_ms,
        wall_ms=ran.wall_ms,
        memory_kib=ran.peak_kib,
        cpu_exceeded=ran.cpu_us > limits.cpu_ms * 1000,
        wall_exceeded=ran.why == "wall",
        memory_exceeded=memory_exceeded,
        output_exceeded=written > limits.output_bytes or ran.signal == signal.SIGXFSZ,
        stdout=stdout,
        stderr=said,
        left_behind=ran.left,
        files=files,
    )


def _out_of_memory(ran: Ran, language: Language, limits: Limits, stderr: Blob) -> bool:
    allowed_kib = (limits.memory_mib + language.memory_extra_mib) << 10
    marker = language.out_of_memory.encode()
    told = marker != b"" and ran.exit_code != 0 and marker in stderr.bytes()  # at its end, behind what it wrote before
    return ran.ooms > 0 or ran.peak_kib > allowed_kib or told
