"""Hostile outputs, and validators that they have taken over: untrusted code too, in a container of its own."""

import tracemalloc

import pytest

from judge.blob import Blob
from judge.execute import VALIDATOR_ARGS, execute
from judge.feedback import Feedback
from judge.pipeline import Judge
from judge.sandbox import Limits
from judge.validators import compare
from judge.verdict import Opinion, of_run, validator_fault
from packages.flags import Flags
from podium.tame import tame
from schemas.definition import FileData
from schemas.errors import JudgeError
from tests.judge.problems import cases, package, python
from tests.judge.programs import ATTACKS, INPUT, MANY, built, contained, still_right

WRITTEN = {
    11: r'b"\x1b[2J\x1b]0;owned\x07\x9b31m\x08\x08"',
    12: r'b"1\x002\x00"',
    13: r'b"\xff\xfe\xc3(\xed\xa0\x80\xf4\x90\x80\x80"',
    14: 'b"9" * 600_000',
    15: 'b"1e999999999999999999 -1e-999999999999999999"',
    16: r'"\u202egnp\u2066\ufeff\u0661\u0661".encode()',
    17: r'b"\n" * 600_000',
    18: 'b"12 " * 200_000',
}
"""What a submission prints, by the second number of its input: escapes, NUL, no UTF-8, no end, no number, other digits."""

OUTPUTS = {number: eval(how) for number, how in WRITTEN.items()}
WRITER = f"""import sys
outputs = {{{", ".join(f"{number}: {how}" for number, how in WRITTEN.items())}}}
sys.stdout.buffer.write(outputs.get(int(input().split()[1]), b"4"))
"""
LIBRARY = "import sys\ntext = sys.stdin.read()\nopen(sys.argv[3] + 'judgemessage.txt', 'w').write(text)\nsys.exit(43)\n"


def text(name: str) -> str:
    return (ATTACKS / name).read_text()


@pytest.fixture(autouse=True)
def honest_afterwards(pool):
    """After each attack the next submission in the same slot is judged rightly."""
    yield
    with pool.claim(0) as claim:
        assert still_right(claim)


@pytest.mark.parametrize("flags", ["", "[float_tolerance, 1e-6]", "[space_change_sensitive, case_sensitive]"])
def test_the_default_validator_rejects_a_hostile_output_and_shows_it_harmlessly(pool, tmp_path, flags):
    group = {"data/secret/test_group.yaml": f"output_validator_args: {flags}\n"} if flags else {}
    problem = package(tmp_path, files=cases("secret", *OUTPUTS) | group)
    outcome = Judge(pool).judge(0, problem, python(WRITER), "python3", all_tests=True)
    assert [run.verdict for run in outcome.runs] == ["WA"] * (1 + len(OUTPUTS))
    for run in outcome.runs:
        assert run.message.isprintable()
        assert len(run.message) < 1000


def test_a_validators_messages_are_text_whatever_the_output_was(pool, tmp_path):
    files = cases("secret", *OUTPUTS) | {"output_validator/echo.c": text("echo.c")}
    outcome = Judge(pool).judge(0, package(tmp_path, files=files), python(WRITER), "python3", all_tests=True)
    assert [run.verdict for run in outcome.runs] == ["WA"] * (1 + len(OUTPUTS))
    for run, output in zip(outcome.runs[1:], OUTPUTS.values(), strict=True):
        for message in (run.message, run.team_message):
            assert message[:1000] == output[:1000].decode(errors="backslashreplace")
            assert len(message) < 5000
            assert tame(message).isprintable() or "\ufeff" in message
            message.encode()


def test_a_validator_that_fails_at_a_hostile_output_is_a_judging_error_and_says_where(pool, tmp_path):
    """Never a verdict: the format has 42 and 43, and all else is the jury's fault."""
    files = cases("secret", 13) | {"output_validator/naive.py": LIBRARY}
    with pytest.raises(
        JudgeError, match=r"secret/13: the output validator failed \(exit code 1\): (?s:.*)UnicodeEncodeError"
    ):
        Judge(pool).judge(0, package(tmp_path, files=files), python(WRITER), "python3", all_tests=True)


def test_one_line_of_a_gibibyte_takes_no_memory_of_the_judge(claim):
    """A hole: for the submission it is one system call. It is read as it comes, and kept nowhere."""
    limits = Limits(cpu_ms=300, wall_ms=5000, memory_mib=64, output_bytes=1 << 30)
    measured = execute(claim, built(claim, FileData("hole.c", text("hole.c").encode())), INPUT, limits)
    assert (of_run(measured), measured.stdout.size) == (None, 1 << 30)
    tracemalloc.start()
    said = compare(Blob.sealed(b"7\n"), measured.stdout, Flags())
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert said.opinion is Opinion.REJECTED
    assert len(said.message) < 1000
    assert peak < 4 << 20
    reader = built(claim, FileData("longest_line.c", text("longest_line.c").encode()))
    roomy = Limits(cpu_ms=60_000, wall_ms=120_000, memory_mib=64, output_bytes=1 << 20)
    checked = execute(
        claim, reader, measured.stdout, roomy, role="validator", args=VALIDATOR_ARGS, inputs=(INPUT, INPUT), feedback={}
    )
    assert checked.exit_code == 43
    assert Feedback.read(checked.feedback).message == str(1 << 30)
    assert checked.memory_kib < 4096


@pytest.mark.parametrize(
    ("name", "limit"),
    [
        ("leave.c", None),
        ("litter.c", None),
        ("daemon.c", None),
        ("fork_bomb.c", "TLE"),
        ("memory_bomb.c", "MLE"),
        ("output_flood.c", "OLE"),
        ("sleeper.c", "ILE"),
    ],
)
def test_a_validator_that_was_taken_over_is_contained(claim, untouched, name, limit):
    """Whatever an output made it run: it is the jury's fault, never a verdict, and the next one is asked as before."""
    limits = Limits(cpu_ms=300, wall_ms=600, memory_mib=64, output_bytes=1 << 20)
    program = built(claim, FileData(name, text(name).encode()), MANY)
    measured = execute(
        claim, program, INPUT, limits, role="validator", args=VALIDATOR_ARGS, inputs=(INPUT, INPUT), feedback={}
    )
    assert validator_fault(measured)
    assert of_run(measured) == limit
    measured.stdout.close()
    contained(claim, untouched, claim.held[-1], MANY, role="validator", feedback={})
