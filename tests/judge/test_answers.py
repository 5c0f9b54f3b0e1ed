"""Which file of a submission is the answer to which test case."""

from pathlib import Path

import pytest

from judge.answers import answers, strangers
from packages.model import TestCase

HERE = Path()


def case(name):
    return TestCase(name, HERE, HERE, (), (), {}, HERE, HERE)


CASES = [case(name) for name in ("sample/1", "secret/a/1", "secret/a/2", "secret/b/1")]


@pytest.mark.parametrize(
    ("names", "found", "left"),
    [
        ("secret-a-1.txt secret-b-1.txt a-2", {"secret/a/1": 0, "secret/b/1": 1, "secret/a/2": 2}, ""),
        ("1.out 2.out", {"sample/1": 0, "secret/a/1": 0, "secret/a/2": 1, "secret/b/1": 0}, ""),
        ("1 b-1", {"sample/1": 0, "secret/a/1": 0, "secret/b/1": 1}, ""),
        ("sample-1.ans 3.ans", {"sample/1": 0}, "3.ans"),
        ("a-2.txt 2.txt", {"secret/a/2": 0}, "2.txt"),
        ("a.py", {}, "a.py"),
    ],
)
def test_a_file_is_named_after_its_test_case(names, found, left):
    files = names.split()
    got = answers(CASES, files)
    assert {name: files.index(file) for name, file in got.items()} == found
    assert strangers(got, files) == left.split()


def test_a_file_on_its_own_answers_the_only_test_case():
    assert answers([case("secret/1")], ["whatever.py"]) == {"secret/1": "whatever.py"}
