"""The log as a time machine: contests recomputed offline, under other rules, compared, and promoted where proven.

`truth` and `marks` are tools that the auditor and the tests use as well; `plan`, `run`, `diff`, `promote` and `gc` are
the operator's verbs. All but `promote` and `gc` write nothing but files under HOME/replays.
"""

from __future__ import annotations

from streams.replay.marks import latest_marks, marks_in, request_marks
from streams.replay.truth import OtherFoldError, Replayed, recompute, refuse_unknown

__all__ = ["OtherFoldError", "Replayed", "latest_marks", "marks_in", "recompute", "refuse_unknown", "request_marks"]
