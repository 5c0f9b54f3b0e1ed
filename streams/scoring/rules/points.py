"""What rules of points have in common: what a problem and an attempt at it are worth."""

from __future__ import annotations

from streams.scoring.rules.interface import Attempt, Task
from streams.scoring.verdicts import Outcome

__all__ = ["full", "worth"]


def full(task: Task, scale: int) -> int:
    """What a solved problem is worth, scaled: its maximum, or one point where it has none, times its weight. Pure."""
    most = scale if task.max_score is None else task.max_score
    return max(most, 0) * max(task.weight, 0)


def worth(task: Task, attempt: Attempt, scale: int) -> int:
    """What an attempt is worth, scaled: its score times the problem's weight. Pure.

    An accepted attempt without a score (of a problem that is solved or not, or accepted by the jury's hand) is worth
    what the solved problem is; any other without one nothing, and so is a pending attempt. Nothing is worth less than
    that: a package of the legacy format may give negative scores, the Contest API has none.
    """
    if attempt.outcome is Outcome.PENDING:
        return 0
    if attempt.score is None:
        return full(task, scale) if attempt.outcome is Outcome.ACCEPTED else 0
    return max(attempt.score, 0) * max(task.weight, 0)
