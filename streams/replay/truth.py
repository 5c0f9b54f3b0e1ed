"""What the log says: a contest's boards at a position, recomputed offline with the fold that the live scorer uses."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from schemas.errors import DataError, UsageError
from schemas.rows import AUDIENCES
from schemas.settings import Settings
from streams.refold import Beside, Folded, Progress, fold_contest
from streams.scoring.canonical import digest
from streams.scoring.contest import Generation
from streams.scoring.fold import FOLD_VERSION
from streams.scoring.project import active, find, scoreboard
from streams.scoring.state import ContestState

__all__ = ["OtherFoldError", "Replayed", "active_generation", "recompute", "refuse_unknown"]


class OtherFoldError(UsageError):
    """The generation is of another fold version than this podium's."""


@dataclass(frozen=True, slots=True)
class Replayed:
    """A recomputation: the canonical board and its SHA-256 for each audience, of the generation active at a position."""

    contest: str
    position: int
    generation: Generation | None
    state: ContestState
    boards: dict[str, bytes]
    digests: dict[str, str]
    events: int
    skipped: tuple[int, ...]
    folded: Folded


def recompute(
    settings: Settings,
    contest: str,
    *,
    until_position: int | None = None,
    at: Collection[int] = (),
    parts_at: int | None = None,
    beside: Beside | None = None,
    progress: Progress | None = None,
) -> Replayed:
    """Recompute a contest's boards from the log up to and with a position (None: what is there now). Reads only.

    Args:
        settings: where Kafka is.
        contest: the contest's id.
        until_position: the last position that counts.
        at: positions at which `folded.digests` are taken on the way.
        parts_at: the position at which `folded.parts` are.
        beside: told each of the contest's events up to the end, with its position and its record's headers.
        progress: told how far it is.

    Raises:
        UsageError: when the log holds nothing of the contest; OtherFoldError when the active generation is of another
            fold version.
        DataError: when the beginning of the log is gone.
        DependencyError: when the brokers do not answer.
    """
    folded = fold_contest(settings, contest, until_position, at=at, parts_at=parts_at, beside=beside, progress=progress)
    if not folded.events:
        raise UsageError(f"the log holds nothing of a contest {contest!r}")
    state = folded.state
    chosen = active_generation(state)
    boards = {audience: scoreboard(state, chosen, audience) for audience in AUDIENCES} if chosen else {}
    return Replayed(
        contest=contest,
        position=folded.position,
        generation=chosen,
        state=state,
        boards=boards,
        digests={audience: digest(board) for audience, board in boards.items()},
        events=folded.events,
        skipped=tuple(folded.skipped),
        folded=folded,
    )


def refuse_unknown(folded: Folded) -> None:
    """Nothing, when this podium knows all records that the contest's fold has met. Pure.

    Raises:
        DataError: otherwise: what it has come to may not be what the log says.
    """
    if folded.unknown:
        raise DataError(
            f"contest {folded.state.contest_id}, position {folded.unknown[0]}: a newer podium wrote this record; use that one"
        )


def active_generation(state: ContestState) -> Generation | None:
    """The active generation; None before the first definition. Pure.

    Raises:
        OtherFoldError: when it is of another fold version.
    """
    chosen = find(state, active(state))
    if chosen is not None and chosen.fold_version != FOLD_VERSION:
        raise OtherFoldError(
            f"contest {state.contest_id}: generation {chosen.id} is of fold version {chosen.fold_version}, and this "
            f"podium folds by version {FOLD_VERSION}"
        )
    return chosen
