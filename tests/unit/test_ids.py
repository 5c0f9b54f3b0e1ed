"""Identities are derived the same everywhere, and contests fall into the partitions that Kafka's clients choose."""

import re

import pytest

from schemas.errors import DataError
from schemas.ids import check_id, derived_id, judgement_id, judgement_of_run, new_id, partition_of, run_id

ID = re.compile(r"^[a-zA-Z0-9_][a-zA-Z0-9_.-]{0,35}$")


def test_derived_ids_are_clics_ids_and_depend_on_each_part():
    assert ID.match(derived_id("a", "b"))
    assert derived_id("a", "b") == derived_id("a", "b") != derived_id("ab", "") != derived_id("a", "c")
    assert judgement_id("s") != judgement_id("s", "act")
    assert run_id(judgement_id("s"), 1) != run_id(judgement_id("s"), 2)
    assert check_id(run_id(judgement_id("s"), 999_999_999), "run")
    assert judgement_of_run(run_id(judgement_id("s", "act"), 2)) == judgement_id("s", "act")


def test_new_ids_differ():
    assert len({new_id() for _ in range(1000)}) == 1000


@pytest.mark.parametrize("good", ["a", "wf46", "A-b_c.d", "0", "x" * 36])
def test_foreign_ids_are_kept_as_they_are(good):
    assert check_id(good, "team") == good


@pytest.mark.parametrize("bad", ["", "-a", ".a", "a b", "a/b", "é", "x" * 37, "a\n"])
def test_what_is_no_id_is_refused(bad):
    with pytest.raises(DataError, match="team"):
        check_id(bad, "team")


@pytest.mark.parametrize(
    ("key", "hash_"),
    # the vectors of Kafka's own UtilsTest
    [("21", -973932308), ("foobar", -790332482), ("a-little-bit-long-string", -985981536),
     ("a-little-bit-longer-string", -1486304829), ("lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8", -58897971)],
)  # fmt: skip
def test_partitions_are_those_of_the_java_client(key, hash_):
    assert partition_of(key, 12) == (hash_ & 0x7FFFFFFF) % 12
