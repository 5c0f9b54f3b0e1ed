"""Making a contest final: what is in the way, a recomputation that differs among it, and the act itself."""

from __future__ import annotations

from clics.blockers import Blocker, blockers
from podium.conduct.deeds import Deed, refuse_over
from podium.conduct.known import Known
from podium.conduct.times import said_moment
from schemas.errors import ConflictError, DependencyError
from schemas.events import Finalized
from schemas.settings import Settings
from streams.refold import fold_contest
from streams.replay import latest_marks, request_marks
from streams.replay.result import compared

__all__ = ["HinderedError", "differences", "finalize", "finalize_if_free", "in_the_way"]


class HinderedError(ConflictError):
    """Something has come into the way since it was looked; `found` is all that is."""

    def __init__(self, contest: str, found: list[Blocker]) -> None:
        super().__init__(
            f"contest {contest} cannot be made final: {'; '.join(f'{one.what}: {one.why}' for one in found)}"
        )
        self.found = found


def finalize(known: Known, b: int) -> Deed:
    """Make the contest's results official, with B medals of bronze more. What is in the way is another question.

    Raises:
        ConflictError: when it is final already.
    """
    refuse_over(known)
    state, end = known.state, known.state.last_end
    finalized = state.conduct.finalized
    # one that came before the end, as the contest was extended since, has made nothing final
    if finalized is not None and end is not None and finalized >= end:
        raise ConflictError(
            f"contest {known.contest} is final already, since {said_moment(finalized)} with B = {state.conduct.b}"
        )
    return Deed.of(f"the results are official, with B = {b}", Finalized, b=b)


def finalize_if_free(known: Known, now: int, b: int) -> Deed:
    """The same, for a contest that was just read to the end of its log, right before the act is appended.

    A recomputation takes seconds, and what came meanwhile is in the way, too. What comes in the milliseconds between this and
    the act is told behind it and undoes nothing, as what comes behind the act undoes nothing: an act that named the position
    that was looked at would close that gap alone, and make a final contest no more certain to have nothing pending.

    Raises:
        ConflictError: when it is final already.
        HinderedError: when something is in the way.
    """
    deed = finalize(known, b)
    if found := blockers(known.state, now):
        raise HinderedError(known.contest, found)
    return deed


def in_the_way(settings: Settings, known: Known, now: int, by: str) -> list[Blocker]:
    """Everything that keeps the contest from being made final. Asks the scorer for marks: an act on the log, *by* somebody.

    Raises:
        DependencyError: when the broker does not answer.
    """
    return [*blockers(known.state, now), *differences(settings, known.contest, by)]


def differences(settings: Settings, contest: str, by: str) -> list[Blocker]:
    """Boards that the scorer has otherwise than a recomputation from the log, or that the log does not have there.

    A scorer that tells none is one, too, and so is a record that this podium cannot read: neither of the two counts it.

    Raises:
        DependencyError: when the broker does not answer.
    """
    try:
        request_marks(settings, contest, by=by, reason="whether the contest can be made final")
    except DependencyError as error:
        return [Blocker("recomputation", "the scorer", str(error), "see in podium status that it runs")]
    marks = latest_marks(settings, contest)
    folded = fold_contest(settings, contest, at={mark.position for mark in marks.values()})
    cure = f"`podium contest reload {contest} --reason TEXT` makes the board anew; see podium status"
    why = "a newer podium wrote this record, and this one counts it nowhere"
    blocked = [
        Blocker("recomputation", f"position {position} of the log", why, "use that podium")
        for position in folded.unknown
    ]
    for one in compared((mark for _, mark in sorted(marks.items())), folded):
        if not one.equal:
            says = f"the log says {one.replay[:16]}" if one.replay else "by the log there is no such board"
            why = f"at position {one.position} the scorer has {one.scorer[:16]}, {says}"
            board = f"the {one.audience} board of generation {one.generation}"
            blocked.append(Blocker("recomputation", board, why, cure))
    return blocked
