"""The auditor: proves the boards by recomputing each contest until its end of updates, at a bounded pace.

`compare` says what one audit sees, `views` how Redis and the history keep boards, `table` what the scorer's changelog holds,
`marks` what the scorer said last, `contests` which contests there are; `process` audits one after the other, tells what differs
and has it healed.
"""

from __future__ import annotations

from streams.auditor.compare import Finding, audit
from streams.auditor.contests import Contests
from streams.auditor.marks import Marks
from streams.auditor.process import run

__all__ = ["Contests", "Finding", "Marks", "audit", "run"]
