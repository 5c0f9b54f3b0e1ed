"""The clock of a contest, beside what the CCS requirements say of removed intervals."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from streams.scoring.clock import ContestClock, merge_intervals

quick = settings(max_examples=200, derandomize=True, deadline=None, database=None)
times = st.integers(-20, 120)
intervals = st.lists(st.tuples(times, times), max_size=5)


@quick
@given(duration=st.integers(0, 60), removed=intervals, at=times)
def test_contest_time_is_what_has_passed_without_the_removed_intervals(duration, removed, at):
    clock = ContestClock(0, duration, merge_intervals(removed))
    counted = [ms for ms in range(max(at, 0)) if not any(start <= ms < end for start, end in removed)]
    assert clock.contest_time(at) == (len(counted) if at > 0 else at)
    end = next(ms for ms in range(1000) if clock.contest_time(ms) >= duration)
    assert clock.end == end
    assert clock.counts(at) == (0 <= at < end)
