"""The pure parts of the measurements: percentiles, ratios pair by pair, what meets a bar, what the file keeps."""

import json

import pytest

from bench.measure import alternate, keep, percentile, pooled, result
from bench.replay import neither


@pytest.mark.parametrize(
    ("values", "p", "expected"),
    [([3, 1, 2], 50, 2), ([3, 1, 2], 99, 3), ([3, 1, 2], 0, 1), ([7], 99, 7), (range(101), 99, 99), (range(101), 1, 1)],
)
def test_percentile_is_one_of_the_values(values, p, expected):
    assert percentile(list(values), p) == expected


def test_a_result_has_median_and_range_of_its_runs():
    found = result("x", "ms", [3.0, 1.0, 2.0])
    assert (found.median, found.min, found.max, found.n) == (2.0, 1.0, 3.0, 3)
    assert (found.baseline, found.ratio, found.ratio_min, found.ratio_max, found.ok) == (None, None, None, None, None)


def test_a_ratio_is_taken_pair_by_pair_and_has_a_range_of_its_own():
    found = result("x", "ms", [10.0, 30.0, 20.0], baseline=[10.0, 20.0, 10.0], bar=1.5)
    assert (found.median, found.baseline) == (20.0, 10.0)
    assert (found.ratio, found.ratio_min, found.ratio_max) == (1.5, 1.0, 2.0)
    assert found.ok, "the median of the ratios meets the bar"


def test_a_run_without_its_pair_is_a_mistake():
    with pytest.raises(ValueError, match="zip"):
        result("x", "ms", [1.0, 2.0], baseline=[1.0])


@pytest.mark.parametrize(
    ("bar", "smaller_is_better", "ok"),
    [(2.0, True, True), (1.9, True, False), (2.0, False, True), (2.1, False, False), (3.0, True, True)],
)
def test_a_bar_is_met_by_the_median_not_by_the_best_run(bar, smaller_is_better, ok):
    assert result("x", "", [1.0, 2.0, 3.0], bar=bar, smaller_is_better=smaller_is_better).ok is ok


def test_a_percentile_of_few_values_a_run_is_taken_of_all_of_them():
    found = pooled("x", "ms", [[1.0, 2.0], [3.0, 4.0], [5.0, 900.0]], 99, bar=500)
    assert (found.median, found.min, found.max, found.n) == (900.0, 2.0, 900.0, 3)
    assert found.ok is False, "of all runs together, not of the best one"
    assert pooled("x", "ms", [[1.0, 2.0], [3.0, 4.0]], 50, bar=0.5).ok is False


def test_a_viewer_who_has_the_old_board_and_then_the_new_one_has_never_had_neither():
    half, old, new, other = ({"t": {"total_time": time}} for time in (1, 2, 3, 4))
    # the last of what fills a board comes to one viewer a little later than to another
    seen = [(10.0, half), (10.2, old), (20.0, new)]
    assert neither(seen, 11.0, 21.0, old, new) == 0
    assert neither(seen, 10.0, 21.0, old, new) == pytest.approx(200), "before the board is whole nothing is measured"
    assert neither([(10.0, old), (20.0, other), (20.5, new)], 11.0, 21.0, old, new) == pytest.approx(500)
    assert neither([(10.0, old), (20.0, None), (20.5, new)], 11.0, 21.0, old, new) == pytest.approx(500)
    assert neither([(10.0, old), (20.0, other)], 11.0, 21.0, old, new) == pytest.approx(1000), "it has it to the end"
    assert neither([(10.0, other)], 11.0, 21.0, old, new) == pytest.approx(10_000), "it had it from the beginning"
    assert neither([(10.0, old), (20.0, new), (30.0, other)], 11.0, 21.0, old, new) == 0


def test_one_viewer_who_sees_neither_board_in_one_promotion_misses_the_bar():
    assert pooled("x", "ms", [[0.0, 0.0], [0.0, 0.2], [0.0, 0.0]], 100, bar=0).ok is False
    assert pooled("x", "ms", [[0.0, 0.0], [0.0, 0.0]], 100, bar=0).ok is True


def test_alternate_takes_turns_after_a_warm_up_of_each():
    turns = []
    ours, theirs = alternate(lambda: turns.append("a") or len(turns), lambda: turns.append("b") or "b", 2)
    assert "".join(turns) == "ababab"
    assert (ours, theirs) == ([3, 5], ["b", "b"])


def test_a_partial_run_leaves_the_other_modules_lines(tmp_path):
    path = tmp_path / "results.json"
    keep(path, "post", [result("p50", "ms", [1.0]), result("p99", "ms", [2.0])])
    keep(path, "push", [result("total", "ms", [3.0])])
    keep(path, "post", [result("p50", "ms", [4.0])])
    lines = json.loads(path.read_text())
    assert [(one["module"], one["name"], one["median"]) for one in lines] == [
        ("push", "total", 3.0),
        ("post", "p50", 4.0),
    ]
    demanded = {"name", "unit", "median", "min", "max", "n", "baseline", "ratio", "bar", "aim", "ok"}
    assert all(demanded <= one.keys() for one in lines)
