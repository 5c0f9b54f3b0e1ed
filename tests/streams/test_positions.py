"""Counting positions: every one, cheaply, and never committed before written down."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from prometheus_client import REGISTRY

from schemas.settings import Settings
from streams.positions import HandledPositions, missing, read_handled


def test_positions_of_several_processes_add_up(tmp_path):
    for instance, positions in (("scorer-1", [0, 1, 2, 7]), ("scorer-2", [2, 3, 4, 9])):
        settings = Settings(home=tmp_path, instance=instance, count_handled=True)
        handled = HandledPositions.of(settings, "scorer-1")
        for position in positions:
            handled.add("log", 5, position)
        handled.flush()
    found = read_handled(tmp_path / "run")
    assert found == {("scorer-1", "log", 5): [(0, 5), (7, 8), (9, 10)]}
    assert missing(found["scorer-1", "log", 5], 0, 10) == [(5, 7), (8, 9)]


def test_a_line_cut_short_by_a_kill_counts_for_nothing(tmp_path):
    (tmp_path / "handled-a.log").write_text("queue ticks 0 0 5\nqueue ticks 0 5 1")
    assert read_handled(tmp_path) == {("queue", "ticks", 0): [(0, 5)]}


def test_without_the_setting_nothing_is_written(tmp_path):
    handled = HandledPositions.of(Settings(home=tmp_path, instance="a"), "queue")
    handled.add("ticks", 0, 1)
    handled.flush()
    assert list(tmp_path.iterdir()) == []


def test_the_metrics_count_redelivered_positions_too():
    handled = HandledPositions("queue")
    handled.add_range("judge-wanted", 0, 0, 10)
    handled.add_range("judge-wanted", 0, 5, 8)
    handled.flush()
    handled.flush()
    labels = {"topic": "judge-wanted", "partition": "0"}
    assert REGISTRY.get_sample_value("podium_handled_total", labels) == 13
    assert REGISTRY.get_sample_value("podium_position", labels) == 7


@given(st.lists(st.tuples(st.integers(0, 30), st.integers(1, 6)), max_size=12), st.integers(0, 30), st.integers(0, 30))
def test_missing_is_what_no_interval_covers(runs, start, length):
    intervals = [(low, low + size) for low, size in runs]
    covered = {p for low, high in intervals for p in range(low, high)}
    gaps = missing(intervals, start, start + length)
    assert [p for low, high in gaps for p in range(low, high)] == [
        p for p in range(start, start + length) if p not in covered
    ]
