"""The two clocks of a contest, that of the scores and that of the objects, are one; and what the CCS requirements say of it."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from clics import clock as shown
from streams.scoring import clock as scored

quick = settings(max_examples=200, derandomize=True, deadline=None, database=None)
times = st.integers(-20, 120)
intervals = st.lists(st.tuples(times, times), max_size=5)


@quick
@given(start=st.none() | times, duration=st.integers(0, 60), removed=intervals, at=times)
def test_both_clocks_tell_the_same_times(start, duration, removed, at):
    merged = scored.merge_intervals(removed)
    assert merged == shown.merge_intervals(removed)
    one, other = scored.ContestClock(start, duration, merged), shown.ContestClock(start, duration, merged)
    assert (one.contest_time(at), one.moment(at), one.end) == (other.contest_time(at), other.moment(at), other.end)


@quick
@given(duration=st.integers(0, 60), removed=intervals, at=times)
def test_contest_time_is_what_has_passed_without_the_removed_intervals(duration, removed, at):
    clock = scored.ContestClock(0, duration, scored.merge_intervals(removed))
    counted = [ms for ms in range(max(at, 0)) if not any(start <= ms < end for start, end in removed)]
    assert clock.contest_time(at) == (len(counted) if at > 0 else at)
    end = next(ms for ms in range(1000) if clock.contest_time(ms) >= duration)
    assert clock.end == end
    assert clock.counts(at) == (0 <= at < end)
