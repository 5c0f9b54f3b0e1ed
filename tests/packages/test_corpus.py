"""Small packages of our own, of every type and with every key, judged as `podium problem verify` does, in two slots."""

import pytest

from judge.pipeline import Judge
from tests.packages.build import write
from tests.packages.corpus import CORPUS
from tests.packages.results import verified

ROUNDS = 10


@pytest.fixture(scope="module")
def judge(pool):
    return Judge(pool)


def test_there_are_more_than_thirty_packages():
    assert len(CORPUS) > 50


@pytest.mark.parametrize("name", CORPUS)
def test_every_submission_gets_exactly_what_it_must(judge, tmp_path, name):
    assert verified(judge, write(tmp_path, CORPUS[name])) == (CORPUS[name].gets, [])


@pytest.mark.long
@pytest.mark.timeout(600)
@pytest.mark.parametrize("name", CORPUS)
def test_long_every_submission_gets_it_ten_times_in_a_row(judge, tmp_path, name):
    root = write(tmp_path, CORPUS[name])
    for _ in range(ROUNDS):
        assert verified(judge, root, busy=True) == (CORPUS[name].gets, [])
