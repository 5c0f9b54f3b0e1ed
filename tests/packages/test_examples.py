"""The format's example packages, where they are on this machine: refused as its text asks; mended, judged exactly."""

import os
import re
from concurrent.futures import ThreadPoolExecutor

import pytest

from judge.image.build import ensure_images
from judge.pipeline import Judge
from judge.pool import Pool
from packages.read import read_package
from schemas.errors import PackageError
from tests.packages.examples import EXAMPLES, FOLDER, copied
from tests.packages.results import verified

SPEC = FOLDER.parent / "specs/Problem_Package.2025-09.md"
ROUNDS = 10

pytestmark = pytest.mark.skipif(
    not FOLDER.exists() or not SPEC.exists(),
    reason="the format's example packages, or its text, are not on this machine",
)


@pytest.fixture(scope="module")
def judge(pool):
    return Judge(pool)


def test_they_are_all_here():
    assert {path.name for path in FOLDER.iterdir() if path.is_dir()} == set(EXAMPLES)


@pytest.mark.parametrize("name", EXAMPLES)
def test_what_breaks_the_text_is_refused_by_a_sentence_of_it(name):
    refused = EXAMPLES[name].refused
    text = re.sub(r"\s+", " ", SPEC.read_text())
    assert [sentence for sentence in refused.values() if sentence not in text] == []
    if not refused:
        read_package(FOLDER / name)
        return
    with pytest.raises(PackageError) as error:
        read_package(FOLDER / name)
    lines = str(error.value).splitlines()
    assert [cause for cause in refused if not any(line.startswith(cause) for line in lines)] == []
    assert len(lines) == len(refused)


@pytest.mark.parametrize("name", EXAMPLES)
def test_mended_they_get_exactly_what_they_must(judge, tmp_path, name):
    root = copied(name, tmp_path)
    EXAMPLES[name].mend(root)
    assert verified(judge, root) == (EXAMPLES[name].gets, [])


@pytest.mark.long
@pytest.mark.timeout(600)
@pytest.mark.parametrize("name", EXAMPLES)
def test_long_mended_they_get_it_ten_times_in_a_row(judge, tmp_path, name):
    root = copied(name, tmp_path)
    EXAMPLES[name].mend(root)
    for _ in range(ROUNDS):
        assert verified(judge, root, busy=True) == (EXAMPLES[name].gets, [])


@pytest.mark.long
@pytest.mark.timeout(1800)  # the second image may have to be made first
def test_long_the_one_that_breaks_nothing_is_judged_as_it_is_ten_times(judge_settings):
    """By five judges side by side, twice in a row each: in one submission every test sleeps until its limit of 21 s."""
    ensure_images(judge_settings, print, {"php"})
    more = {f"accepted/{name}.php": "AC: AC AC AC AC AC" for name in ("with_include", "without_include")}
    more["time_limit_exceeded/tle.py"] = "ILE: ILE ILE ILE ILE ILE"

    def twice(number):
        with Pool(judge_settings, owner=f"maximal-{os.getpid()}-{number}", slots=2) as pool:
            return [verified(Judge(pool), FOLDER / "maximal") for _ in range(2)]

    with ThreadPoolExecutor(ROUNDS // 2) as judges:
        found = [one for both in judges.map(twice, range(ROUNDS // 2)) for one in both]
    assert found == [(EXAMPLES["maximal"].gets | more, [])] * ROUNDS
