"""The auditor: proves the boards by recomputing each contest until its end of updates, at a bounded pace.

`compare` says what one audit sees, `views` how Redis and the history keep boards, `facts` what the history keeps of the log,
`objects` the Contest API's objects in Redis, `table` what the changelogs of scorer and planner hold, `queued` that of the queue,
`marks` what the scorer said last, `beside` how facts and objects are made in one pass with the boards, `memory` what is not read
again, `contests` which contests there are; `process` audits one after the other, tells what differs and has it healed.
"""

from __future__ import annotations

from streams.auditor.compare import audit
from streams.auditor.contests import Contests
from streams.auditor.finding import Finding
from streams.auditor.memory import Memory
from streams.auditor.process import run

__all__ = ["Contests", "Finding", "Memory", "audit", "run"]
