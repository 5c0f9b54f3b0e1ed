"""Input validators in Checktestdata's language: what a grammar takes, and what it says of the rest."""

import shutil
import subprocess
import sys

import pytest

from packages.checktestdata.commands import parse
from packages.checktestdata.values import GrammarError, MismatchError
from packages.model import ProblemPackage
from packages.read import read_package
from schemas.errors import PackageError
from tests.unit.packaging import PACKAGE, with_yaml, write

GRAPH = """# a graph without double edges
INT(1, 10^3, n) SPACE INT(0, n*(n-1)/2, m) NEWLINE
REPI(i, m, NEWLINE)
  INT(1, n, a[i]) SPACE INT(1, n, b[i])
  ASSERT(a[i] != b[i])
END
IF(m > 0) NEWLINE END
ASSERT(UNIQUE(a, b))
"""

TAKEN = [
    ("INT(-5, 5) NEWLINE", "-5\n"),
    ('INT(0, 10^20, n) SPACE STRING("x") SPACE INT(n, n) NEWLINE', "99999999999999999999 x 99999999999999999999\n"),
    ("FLOAT(0, 1e1, x) NEWLINE ASSERT(x*2 == 3.0)", "1.5\n"),
    ("FLOAT(0, 1, x, FIXED) SPACE FLOAT(0, 100, x, SCIENTIFIC)", "0.5 1e1"),
    ('REGEX("[a-z]+", s) NEWLINE STRING(s)', "abc\nabc"),
    ('REGEX("[[:upper:]]{2}") STRING("\\\\\\"\\101")', 'XY\\"A'),
    ("WHILE(!ISEOF) INT(1, 3) NEWLINE END", "1\n2\n3\n"),
    ('WHILEI(i, !MATCH("\\n"), SPACE) INT(i, i) END NEWLINE', "0 1 2\n"),
    ("REP(3, SPACE) INT(0, 9) END NEWLINE", "1 2 3\n"),
    ("REP(0) INT(0, 9) END EOF", ""),
    ("SET(x = -7/2) ASSERT(x == -3 && -7%2 == -1 && 2^3^1 == 8)", ""),
    ("SET(x = 7/2.0) ASSERT(x == 3.5 || x < 0)", ""),
    ("SET(a[1,2] = 5) ASSERT(INARRAY(5, a)) UNSET(a) ASSERT(!INARRAY(5, a))", ""),
    ('INT(0, 1, x) IF(x == 0) STRING("a") ELSE STRING("b") END', "1b"),
    ("ASSERT((1 < 2) && ((1+1)*2 == 4))", ""),
    (GRAPH, "3 2\n1 2\n2 3\n"),
    (GRAPH, "3 0\n"),
]  # fmt: skip

REFUSED = [
    ("INT(1, 5) NEWLINE", "6\n", "line 1, column 1: a number from 1 to 5 should be where '6\\n' is"),
    ("INT(1, 5) NEWLINE", "05\n", "an integer should be"),
    ("INT(-1, 5) NEWLINE", "-0\n", "an integer should be"),
    ("INT(1, 5) NEWLINE", "3 \n", "line 1, column 2: a newline should be where ' \\n' is"),
    ("INT(1, 5) NEWLINE", "3\n4", "line 2, column 1: the end should be where '4' is"),
    ("INT(1, 5) SPACE", "3", "a space should be where the end is"),
    ("FLOAT(0, 1, x, FIXED)", "1e0", "a number fixed should be"),
    ("FLOAT(0, 1, x, SCIENTIFIC)", "0.5", "a number scientific should be"),
    ('REGEX("a.b")', "a\nb", "what 'a.b' matches should be"),
    ('STRING("abc")', "abd", "'abc' should be"),
    ("\nASSERT(1 > 2)", "", "what ASSERT asks for on line 2 of the grammar should be"),
    (GRAPH, "3 2\n1 2\n1 2\n", "what ASSERT asks for on line 8"),
    (GRAPH, "3 1\n1 1\n", "line 2, column 4: what ASSERT asks for on line 5"),
]

NO_GRAMMAR = [
    ("INT(1)", "line 1: ',' should be where ')' is"),
    ("\nINTEGER(1, 2)", "line 2: a command should be where 'INTEGER' is"),
    ("REP(3) SPACE", "'END' should be where the end is"),
    ("END", "a command should be where 'END' is"),
    ("SPACE ?", "line 1: '?' means nothing here"),
    ("FLOAT(0, 1, x, ROUND)", "FIXED or SCIENTIFIC should be where 'ROUND' is"),
    ("ASSERT(1)", "a comparison should be where"),
]

FAULTS = [
    ("INT(0, n)", "1", "the variable n has no value here"),
    ('ASSERT("a" == 1)', "", "a string is compared with a number"),
    ("SET(x = 1/0)", "", "/: by zero"),
    ('SET(x = "a"+1)', "", "+: a string is no number"),
    ("REP(1.5) END", "", "the count is no whole number"),
    ('REGEX("(")', "a", "REGEX: "),
    ("STRING(5)", "5", "a string is wanted where a number is"),
]  # fmt: skip


@pytest.mark.parametrize(("grammar", "text"), TAKEN)
def test_an_input_that_fits(grammar, text):
    parse(grammar)(text)


@pytest.mark.parametrize(("grammar", "text", "cause"), REFUSED)
def test_an_input_that_does_not_fit(grammar, text, cause):
    with pytest.raises(MismatchError) as refused:
        parse(grammar)(text)
    assert cause in str(refused.value)


@pytest.mark.parametrize(("grammar", "cause"), NO_GRAMMAR)
def test_what_is_no_grammar(grammar, cause):
    with pytest.raises(GrammarError) as refused:
        parse(grammar)
    assert cause in str(refused.value)


@pytest.mark.parametrize(("grammar", "text", "cause"), FAULTS)
def test_what_a_grammar_must_not_do(grammar, text, cause):
    with pytest.raises(GrammarError) as refused:
        parse(grammar)(text)
    assert cause in str(refused.value)


def only(package: ProblemPackage):
    """Its input validator in Checktestdata's language."""
    return next(p for p in package.input_validators if p.name == "check")


def test_a_grammar_in_a_package_is_a_program_that_runs_it(tmp_path):
    grammar = "INT(1, {{n}}) SPACE INT(1, {{n}}) NEWLINE\n"
    files = {
        "problem.yaml": with_yaml("constants: {n: 9}"),
        "input_validators/check.ctd": grammar,
        **{f"data/secret/01.files/{name}": "\n" for name in ("__main__.py", "values.py", "grammar.ctd", "start.py")},
    }
    package = read_package(write(tmp_path / "sum", PACKAGE | files))
    assert package.warnings == ()
    program = only(package)
    home = tmp_path / "program"
    write(home, {file.name: file.data for file in program.sources()})
    assert program.language == "python3"
    start = home / program.entry_point
    for text, code in ((b"2 3\n", 42), (b"2 30\n", 43)):
        ran = subprocess.run([sys.executable, start], cwd=tmp_path, input=text, capture_output=True, check=False)
        assert ran.returncode == code, ran.stderr
    shutil.copy(start.parent / "checktestdata/values.py", start.parent / "checktestdata/grammar.ctd")
    ran = subprocess.run([sys.executable, start], cwd=tmp_path, input=b"", capture_output=True, check=False)
    assert (ran.returncode, ran.stderr[:20]) == (1, b"grammar.ctd: line 3:")


def test_a_grammar_that_is_none_is_refused_and_so_is_one_of_viva(tmp_path):
    files = {"input_validators/check.ctd": "INT(1\n", "input_validators/more.viva": "x\n"}
    with pytest.raises(PackageError) as refused:
        read_package(write(tmp_path / "sum", PACKAGE | files))
    assert str(refused.value).splitlines() == [
        "sum/input_validators/check.ctd: is no grammar of Checktestdata: line 2: ',' should be where the end is",
        "sum/input_validators/more.viva: a grammar of VIVA is not supported",
    ]
