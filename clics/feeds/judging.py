"""Which of a submission's judgements showed, one after the other."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from clics.feeds.model import Object, order_of
from clics.feeds.oddities import Oddities
from clics.feeds.values import Values

__all__ = ["Judged", "Shown", "judged", "shown"]


class Judged(NamedTuple):
    """A judgement: when it began and ended in UTC ms, its verdict (None: it has not ended), whether it counts."""

    began: int
    ended: int
    id: str
    verdict: str | None
    current: bool
    object: Object

    @property
    def order(self) -> tuple[int, tuple[int, str]]:
        """What tells the later of two."""
        return self.began, order_of(self.id)


class Shown(NamedTuple):
    """From this moment on, this judgement showed; None: the submission was pending again."""

    at: int
    judgement: Judged | None


def judged(found: Object, values: Values, start: int | None, submitted_at: int) -> Judged:
    """A judgement read: one without times, or with one before its submission's, began when that came.

    One without an end ended when it began.
    """
    began = values.moment(found, "start_", start)
    began = submitted_at if began is None else max(began, submitted_at)
    verdict = values.text(found, "judgement_type_id") or values.text(found, "simplified_judgement_type_id")
    ended = values.moment(found, "end_", start) if verdict is not None else None
    # `valid` is how a system of the years before `current` says that a judgement was replaced
    current = values.flag(found, "current", default=True) and values.flag(found, "valid", default=True)
    return Judged(began, began if ended is None else max(ended, began), found["id"], verdict, current, found)


def shown(judgements: Sequence[Judged], oddities: Oddities | None = None) -> list[Shown]:
    """The judgements that showed, in their order: the last one is the one that shows. Pure.

    Of those that count (2026-01 says which; before it all do) the one that began last shows, once it has ended; before
    it, those that had ended by then, each if it began later than the one before it. One that counts no more and ended
    later was never applied. Where none that counts has ended, the submission is pending.
    """
    ended = sorted((one for one in judgements if one.verdict is not None), key=lambda one: (one.ended, one.order))
    counting = [one for one in ended if one.current]
    last = max(counting, key=lambda one: one.order, default=None)
    if oddities is not None and len(counting) > 1 and any("current" in one.object for one in counting):
        oddities.add("two current judgements", 0, last.object.get("submission_id", "") if last else "")
    steps: list[Shown] = []
    showing: Judged | None = None
    for one in ended:
        if last is not None and (one.ended > last.ended or one is last):
            continue
        if showing is None or one.order > showing.order:
            steps.append(Shown(one.ended, one))
            showing = one
    if last is not None:
        return [*steps, Shown(last.ended, last)]
    if showing is not None:
        again = max((one.began for one in judgements if one.current), default=showing.ended)
        steps.append(Shown(max(again, showing.ended), None))
    return steps
