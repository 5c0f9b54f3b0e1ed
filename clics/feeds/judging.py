"""Which of a submission's judgements showed, one after the other."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import NamedTuple

from clics.contest_acts import Acts
from clics.feeds.model import Object, order_of
from clics.feeds.oddities import Oddities
from clics.feeds.values import Values

__all__ = ["Judged", "Shown", "judged", "of_account", "shown"]


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


def of_account(found: list[Judged], acts: Acts, hacked: Collection[str]) -> list[Judged]:
    """The judgements of a submission that are of account, by podium's own file where it says which counts. Pure.

    Args:
        found: all that were told of it.
        acts: the file's content.
        hacked: ids of judgements that follow from hacks, which are told as acts.
    """
    found = [one for one in found if one.id not in hacked]
    counts = next((one for one in found if one.id in acts.counting), None)
    if counts is None:
        return found
    alone = acts.counting[counts.id].alone
    return [one._replace(current=one is counts) for one in found if one is counts or not alone]


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
