"""Interactions: a submission and a validator that talk, in every way in which one of them may end, block or misbehave."""

import os
import signal
import threading
from collections import ChainMap
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import replace
from functools import partial
from itertools import islice
from pathlib import Path

import docker
import pytest

from judge.blob import Blob
from judge.execute import VALIDATOR_ARGS
from judge.interact import interact
from judge.sandbox import Interaction, Limits, Measured
from judge.verdict import of_interaction, validator_fault
from schemas.definition import FileData
from tests.judge.programs import INPUT, MANY, built, failed, source, still_right
from tests.wait import until

SIDE = FileData("side.c", Path(__file__).with_name("side.c").read_bytes())
OURS = Limits(cpu_ms=100, wall_ms=300, memory_mib=64, output_bytes=2 << 20)
JURYS = Limits(cpu_ms=600, wall_ms=400, memory_mib=64, output_bytes=2 << 20)
INPUTS = (INPUT, Blob.sealed(b"answer"))


def talk(claim, submission, validator, *, limits=OURS, validation_limits=JURYS, inputs=INPUTS, **more):
    program = built(claim, SIDE, MANY)
    return interact(
        claim,
        program,
        program,
        limits,
        validation_limits,
        args=("--", *submission.split()),
        validator_args=(*VALIDATOR_ARGS, "--", *validator.split()),
        validator_files=program.folder,
        inputs=inputs,
        **more,
    )


ENDS = {
    # what the submission does, what the validator does: the verdict, and who ended first
    "both speak": ("hear=a say=b hear=c", "say=a hear=b say=c exit=42", "AC", None),
    "the validator has seen enough": ("drain exit=1", "exit=43", "WA", "validator"),
    "a wrong answer, and it goes on for long": ("drain spin=9", "exit=43", "WA", "validator"),
    "a wrong answer, and it waits for long": ("drain sleep", "exit=43", "WA", "validator"),
    "a wrong answer, and it writes on": ("flood=-1", "exit=43", "WA", "validator"),
    "a right answer, and it writes on": ("flood=-1", "exit=42", "AC", "validator"),
    "a right answer, and it goes on for long": ("drain spin=9", "exit=42", "TLE", "validator"),
    "a right answer, and it waits for long": ("drain sleep", "exit=42", "ILE", "validator"),
    "a right answer, and it fails in the end": ("say=a drain exit=1", "hear=a exit=42", "RTE", "validator"),
    "it writes on in spite of the broken pipe": ("say=a deaf flood=-1", "hear=a exit=43", "WA", "validator"),
    "it fails, and the validator rejects": ("exit=1", "drain exit=43", "RTE", "submission"),
    "it fails, and the validator accepts": ("say=a die=11", "hear=a drain exit=42", "RTE", "submission"),
    "it says no more, and the validator rejects": ("say=a", "drain exit=43", "WA", "submission"),
    "it says no more, and the validator speaks on": ("say=a", "hear=a drain flood=9 exit=42", "AC", "submission"),
    "it works for too long": ("spin=9", "drain exit=43", "TLE", "submission"),
    "it works for too long, and the validator never ends": ("spin=9", "drain spin=9", "TLE", "submission"),
    "it works for too long, and the validator is stuck": ("spin=9", "sleep", "TLE", "submission"),
    "it waits for ever, and then the validator never ends": ("sleep", "drain spin=9", "ILE", "submission"),
    "it takes too much memory": ("hoard", "drain exit=43", "MLE", "submission"),
    "it writes too much": ("flood=-1", "drain exit=43", "OLE", "submission"),
    "both wait": ("hear=a", "hear=a", "ILE", "submission"),
    "it waits, and the validator cannot do without it": ("sleep", "hear=a exit=1", "ILE", "submission"),
    "both write, and nobody reads": ("flood=-1", "flood=20 exit=43", "ILE", "submission"),
    "it leaves a child at the pipe": ("child exit=0", "drain exit=42", "AC", "submission"),
    "the validator leaves a child at the pipe": ("drain", "child exit=42", "AC", "validator"),
    "the validator says that it has said all": ("drain say=b", "say=a close=1 hear=b exit=42", "AC", None),
    "it says that it has said all": ("say=a close=1 hear=b", "drain say=b exit=42", "AC", None),
    "the validator closes its ear and works": ("say=a drain", "close=0 spin=0.2 exit=42", "AC", None),
    "the validator works for longer than it may wait": ("hear=a", "spin=0.45 say=a exit=42", "AC", None),
    "the validator works for too long": ("hear=a", "spin=9", "JE", "validator"),
    "the validator is stuck": ("hear=a", "sleep", "JE", "submission"),
    "the validator is stuck when it is alone": ("exit=0", "drain sleep", "JE", "submission"),
    "the validator floods": ("exit=0", "flood=-1", "JE", "submission"),
    "the validator fails": ("drain", "exit=0", "JE", "validator"),
    "the validator crashes, and it goes on for long": ("spin=9", "die=11", "JE", "validator"),
    "the validator takes too much memory": ("drain", "hoard", "JE", "validator"),
}  # fmt: skip


def ended(pool, slot):
    """How every second one of them ends, from this slot's on. Most of the time of most is waiting."""
    found = {}
    with pool.claim(slot) as claim:
        for name, (submission, validator, _, first) in islice(ENDS.items(), slot, None, 2):
            done = talk(claim, submission, validator)
            found[name] = (of_interaction(done), first and done.first)
        assert still_right(claim)
    return found


def in_both_slots(pool):
    with ThreadPoolExecutor(2) as threads:
        return dict(ChainMap(*threads.map(partial(ended, pool), range(2))))


AS_IT_MUST = {name: (verdict, first) for name, (_, _, verdict, first) in ENDS.items()}


def test_how_interactions_end(pool):
    assert in_both_slots(pool) == AS_IT_MUST


ENDED = Measured(
    exit_code=0, signal=None, cpu_ms=10, wall_ms=12, memory_kib=3000, cpu_exceeded=False, wall_exceeded=False,
    memory_exceeded=False, output_exceeded=False, stdout=Blob.sealed(b""), stderr=b"",
)  # fmt: skip
CRASHED = {"exit_code": None, "signal": 11}
PIPE = {"exit_code": None, "signal": 13}
SLOW = {"cpu_exceeded": True, "exit_code": None, "signal": 9}
IDLE = {"wall_exceeded": True, "idle": True, "exit_code": None, "signal": 9}


@pytest.mark.parametrize(
    ("submission", "validator", "submission_first", "validator_first"),
    [
        ({}, {"exit_code": 42}, "AC", "AC"),
        ({}, {"exit_code": 43}, "WA", "WA"),
        ({}, {"exit_code": 0}, "JE", "JE"),
        ({}, {"exit_code": 1}, "JE", "JE"),
        ({}, CRASHED, "JE", "JE"),
        (CRASHED, {"exit_code": 42}, "RTE", "RTE"),
        (CRASHED, {"exit_code": 43}, "RTE", "WA"),
        ({"exit_code": 1}, {"exit_code": 43}, "RTE", "WA"),
        (CRASHED, {"exit_code": 1}, "JE", "JE"),
        (PIPE, {"exit_code": 42}, "AC", "AC"),
        (PIPE, {"exit_code": 43}, "WA", "WA"),
        (SLOW, {"exit_code": 42}, "TLE", "TLE"),
        (SLOW, {"exit_code": 43}, "TLE", "WA"),
        (SLOW, {"exit_code": 1}, "TLE", "JE"),
        (SLOW, SLOW, "TLE", "JE"),
        (SLOW, IDLE, "TLE", "JE"),
        ({**SLOW, "memory_exceeded": True}, SLOW, "MLE", "JE"),
        (IDLE, SLOW, "ILE", "JE"),
        ({**IDLE, "idle": False}, CRASHED, "WTL", "JE"),
        ({**IDLE, "idle": False}, IDLE, "JE", "JE"),
        ({**PIPE, "memory_exceeded": True}, {"exit_code": 42}, "MLE", "MLE"),
        ({**PIPE, "output_exceeded": True}, {"exit_code": 43}, "OLE", "WA"),
        (IDLE, CRASHED, "ILE", "JE"),
        (IDLE, IDLE, "JE", "JE"),
        ({}, {"exit_code": 42, "output_exceeded": True}, "JE", "JE"),
    ],
)
def test_which_of_both_decides(submission, validator, submission_first, validator_first):
    both = replace(ENDED, **submission), replace(ENDED, **validator)
    assert of_interaction(Interaction(*both, "submission")) == submission_first
    assert of_interaction(Interaction(*both, "validator")) == validator_first


@pytest.mark.parametrize(
    ("facts", "fault"),
    [
        ({"exit_code": 42}, ""),
        ({"exit_code": 43}, ""),
        ({"exit_code": 0}, "exit code 0"),
        (CRASHED, "signal 11"),
        (IDLE, "stuck"),
        (SLOW, "more CPU time"),
        ({"exit_code": 42, "memory_exceeded": True}, "more memory"),
        ({"exit_code": 43, "output_exceeded": True}, "more output"),
    ],
)
def test_what_is_wrong_with_a_validator_is_said(facts, fault):
    said = validator_fault(replace(ENDED, **facts))
    assert said.startswith(fault)
    assert bool(said) == bool(fault)


def test_who_ended_first_is_known_however_close_the_other_followed(claim):
    crashed = {of_interaction(talk(claim, "say=a exit=1", "hear=a drain exit=43")) for _ in range(40)}
    rejected = {of_interaction(talk(claim, "hear=a drain exit=1", "say=a exit=43")) for _ in range(40)}
    assert (crashed, rejected) == ({"RTE"}, {"WA"})
    crashed = {of_interaction(talk(claim, "say=a nap=0.15 exit=1", "hear=a drain exit=43")) for _ in range(5)}
    rejected = {of_interaction(talk(claim, "hear=a drain exit=1", "say=a nap=0.15 exit=43")) for _ in range(5)}
    assert (crashed, rejected) == ({"RTE"}, {"WA"})


def test_each_side_is_measured_by_itself(claim):
    roomy = replace(OURS, cpu_ms=1000)
    done = talk(claim, "hear=a spin=0.3 say=b", "spin=0.1 say=a hear=b exit=42", limits=roomy)
    assert 300 <= done.submission.cpu_ms < 400
    assert 100 <= done.validator.cpu_ms < 200
    assert done.submission.exit_code == 0
    assert done.validator.exit_code == 42
    assert not done.submission.stdout.size


def test_who_talks_is_not_idle_however_little_each_does(claim):
    busy = replace(OURS, cpu_ms=5000, wall_ms=100)
    assert of_interaction(talk(claim, "echo=20000", "serve=20000 exit=42", limits=busy, validation_limits=busy)) == "AC"


def test_a_submission_that_blocks_meets_its_limit_first_however_short_the_validators_is(claim):
    short = replace(JURYS, wall_ms=100)
    assert of_interaction(talk(claim, "sleep", "hear=a exit=42", validation_limits=short)) == "ILE"
    assert of_interaction(talk(claim, "hear=a", "drain exit=42", validation_limits=short)) == "ILE"


def test_what_it_writes_counts_for_its_output_limit(claim):
    exact = replace(OURS, output_bytes=20 << 16, cpu_ms=2000)
    assert of_interaction(talk(claim, "flood=20", "drain exit=42", limits=exact)) == "AC"
    assert of_interaction(talk(claim, "flood=20 say=", "drain exit=42", limits=exact)) == "OLE"


def test_a_validator_keeps_its_files_and_sees_those_of_the_submission(claim):
    look = source(
        "import os, sys\nfolder = sys.argv[3]\n"
        "print(*sorted(os.listdir()), sorted(os.listdir(folder)), flush=True)\n"
        "sys.stdin.read()\n"
        "with open(folder + 'judgemessage.txt', 'a') as out: out.write('again')\n"
        "os.mkdir(folder + 'deep'); open(folder + 'deep/\\udcff', 'wb').write(b'\\0' * 9)\n"
        "try:\n    open('here', 'w')\nexcept OSError:\n    sys.exit(42)\n",
        "validate.py",
    )
    hear = source("import os, sys\nheard = input()\nsys.stderr.write(heard + str(os.listdir('data')))", "main.py")
    program = built(claim, hear)
    done = interact(
        claim,
        program,
        built(claim, look),
        replace(OURS, memory_mib=256),
        replace(JURYS, memory_mib=256),
        files=(("data/1", Blob.sealed(b"1")),),
        validator_args=VALIDATOR_ARGS,
        validator_files=program.folder,
        inputs=INPUTS,
        feedback={"judgemessage.txt": Blob.sealed(b"once, ")},
    )
    assert done.submission.stderr == b"main.py ['judgemessage.txt']['1']"
    assert done.validator.stderr == b""
    assert {name: blob.bytes() for name, blob in done.validator.feedback.items()} == {
        "judgemessage.txt": b"once, again",
        "deep/\udcff": bytes(9),
    }
    assert of_interaction(done) == "AC"


def test_a_submission_can_use_its_own_ends_of_the_pipes_in_their_direction_and_has_nothing_else(claim):
    """It cannot write what the validator should have said, and how it left its end is no matter for the judge."""
    hostile = source(
        "#define _GNU_SOURCE\n#include <fcntl.h>\n#include <unistd.h>\n"
        "int main(void) { char c; read(0, &c, 1); fcntl(0, F_SETFL, O_NONBLOCK); fcntl(0, F_SETPIPE_SZ, 4096);\n"
        "return (fcntl(3, F_GETFD) >= 0)\n"
        '| (open("/dev/stdin", O_WRONLY) >= 0) << 1 | (open("/dev/stdout", O_RDONLY) >= 0) << 2\n'
        '| (open("/dev/stdin", O_RDONLY) < 0) << 3 | (open("/dev/stdout", O_WRONLY) < 0) << 4; }'
    )
    honest = source(
        "import sys\nwith open('/dev/stdout', 'w') as out, open('/dev/stdin') as heard:\n"
        "    print(file=out, flush=True)\n    heard.read()\n    print('x' * 200000, file=out)\nsys.exit(42)",
        "validate.py",
    )
    done = interact(
        claim,
        built(claim, hostile),
        built(claim, honest),
        OURS,
        replace(JURYS, memory_mib=256),
        validator_args=VALIDATOR_ARGS,
        inputs=INPUTS,
    )
    assert (done.submission.exit_code, done.validator.stderr) == (0, b"")
    assert (of_interaction(done), validator_fault(done.validator)) == ("AC", "")


@pytest.mark.skipif(os.geteuid() != 0, reason="killing a container's process needs root")
def test_an_interaction_whose_container_is_killed_is_done_again(claim):
    talk(claim, "exit=0", "exit=42")
    used, counted = claim.held, failed("work")
    killed, patient = Blob.writable(), replace(OURS, wall_ms=60_000)
    with closing(docker.from_env()) as client:
        runners = [client.api.inspect_container(one.container)["State"]["Pid"] for one in used]

    def kill():
        busy = until(
            lambda: [pid for pid in runners if Path(f"/proc/{pid}/task/{pid}/children").read_text()], 20, "work"
        )
        os.kill(busy[0], signal.SIGKILL)
        os.write(killed.fd, b"so the next one ends")

    killer = threading.Thread(target=kill)
    killer.start()
    done = talk(
        claim, "hear=a", "await say=a exit=42", limits=patient, validation_limits=patient, inputs=(killed, INPUTS[1])
    )
    killer.join()
    assert of_interaction(done) == "AC"
    assert failed("work") == counted + 1
    assert sum(not one.alive for one in used) == 2  # the other side's as well: it was in the middle of something


@pytest.mark.long
@pytest.mark.timeout(900)  # on a busy machine ten rounds take minutes
def test_interactions_end_in_the_same_way_every_time_long(pool):
    for _ in range(10):
        assert in_both_slots(pool) == AS_IT_MUST
