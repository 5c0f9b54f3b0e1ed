"""A contest recomputed from the log, offline and at full speed, with the fold that the live scorer uses.

It writes files, judges nothing and tells nobody; only where it is asked to, it asks the scorer for marks first, by an
act in the log.
"""

from __future__ import annotations

import json
import time
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from schemas.clock import Clock
from schemas.codec import codec
from schemas.errors import DecodeError, DependencyError, RuleError, UsageError
from schemas.events import Definition, MarkRequested
from schemas.ids import new_id, partition_of
from schemas.producer import Producer
from schemas.reader import Raw, bounds, read, read_contest
from schemas.rows import AUDIENCES, Mark
from schemas.settings import Settings
from streams.refold import Folded, Progress, fold_contest
from streams.scoring.canonical import digest
from streams.scoring.contest import Generation
from streams.scoring.fold import FOLD_VERSION
from streams.scoring.project import active, find, scoreboard
from streams.scoring.rules import Scope, make_rule
from streams.scoring.state import ContestState

__all__ = [
    "Compared",
    "OtherFoldError",
    "Replayed",
    "Run",
    "latest_marks",
    "marks_in",
    "recompute",
    "replay_run",
    "request_marks",
]

ANSWER_S = 60.0
"""A scorer that has just been killed is back, and through its backlog, in half of that."""

WHAT_IF = "what-if"
"""The id of a generation that exists in a replay only."""


class OtherFoldError(UsageError):
    """The generation is of another fold version than this podium's."""


@dataclass(frozen=True, slots=True)
class Replayed:
    """A recomputation: the canonical board and its SHA-256 for each audience, of one generation at a position."""

    contest: str
    position: int
    generation: Generation | None
    state: ContestState
    boards: dict[str, bytes]
    digests: dict[str, str]
    events: int
    skipped: tuple[int, ...]
    folded: Folded


@dataclass(frozen=True, slots=True)
class Compared:
    """A mark of the scorer, and the digest that the recomputation has at its position."""

    mark: Mark
    digest: str | None

    @property
    def equal(self) -> bool:
        """Whether scorer and recomputation agree."""
        return self.mark.digest == self.digest


@dataclass(frozen=True, slots=True)
class Run:
    """A replay that was written to `path` and compared with the scorer's marks."""

    replayed: Replayed
    compared: tuple[Compared, ...]
    path: Path
    seconds: float


def recompute(
    settings: Settings,
    contest: str,
    *,
    until_position: int | None = None,
    generation: str | None = None,
    rule: str | None = None,
    parameters: Mapping[str, str] | None = None,
    at: Collection[int] = (),
    progress: Progress | None = None,
) -> Replayed:
    """Recompute a contest's boards from the log up to and with a position (None: what is there now). Reads only.

    Args:
        settings: where Kafka is.
        contest: the contest's id.
        until_position: the last position that counts.
        generation: the id of an open generation; the active one unless it is named.
        rule: boards under this rule and *parameters* instead, as if such a generation were open.
        parameters: of *rule*.
        at: positions at which `folded.digests` are taken on the way.
        progress: told how far it is.

    Raises:
        UsageError: when the log holds nothing of the contest, or there is no such generation; OtherFoldError when it
            is of another fold version.
        RuleError: when there is no such rule, or it has no such parameter.
        DataError: when the beginning of the log is gone.
        DependencyError: when the brokers do not answer.
    """
    if rule is not None:
        try:
            make_rule(rule, Scope(0, 0, 1), parameters or {})
        except ValueError as error:
            raise RuleError(str(error)) from None
    folded = fold_contest(settings, contest, until_position, at=at, progress=progress)
    if not folded.events:
        raise UsageError(f"the log holds nothing of a contest {contest!r}")
    state = folded.state
    if rule is not None:
        chosen: Generation | None = Generation(WHAT_IF, rule, dict(parameters or {}), FOLD_VERSION)
    else:
        chosen = find(state, generation or active(state))
        if chosen is None and generation is not None:
            raise UsageError(f"contest {contest} has no open generation {generation!r} at position {folded.position}")
        if chosen is not None and chosen.fold_version != FOLD_VERSION:
            raise OtherFoldError(
                f"contest {contest}: generation {chosen.id} is of fold version {chosen.fold_version}, and this podium "
                f"folds by version {FOLD_VERSION}"
            )
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


def marks_in(raws: Iterable[Raw]) -> Iterator[Mark]:
    """The marks of this fold version among records of `scoreboard-rows`; what is no record of ours is passed over."""
    decode = codec().decode
    for raw in raws:
        if raw.value and raw.key and raw.key.endswith(b"|!mark"):
            try:
                mark = decode(raw.value)
            except DecodeError:
                continue  # the sinks put it into the dead letters
            if isinstance(mark, Mark) and mark.fold_version == FOLD_VERSION:
                yield mark


def latest_marks(settings: Settings, contest: str, start: int = 0) -> dict[tuple[str, str], Mark]:
    """The scorer's latest mark of each board, by (generation, audience), of those from position *start* on."""
    raws = read(settings, "scoreboard-rows", partition_of(contest), start)
    return {(mark.generation, mark.audience): mark for mark in marks_in(raws) if mark.contest == contest}


def request_marks(settings: Settings, contest: str) -> None:
    """Append an act that asks the scorer for marks, and wait until it has marked all that stands before the act.

    Raises:
        UsageError: when the log does not define the contest; nothing is appended.
        DependencyError: when the broker does not answer, or no scorer does.
    """
    if not any(isinstance(event, Definition) for _, event in read_contest(settings, contest)):
        raise UsageError(f"the log holds nothing of a contest {contest!r}")
    start = bounds(settings, "scoreboard-rows", partition_of(contest))[1]
    now = Clock.parse(settings.clock).now_ms()
    act = MarkRequested(contest=contest, recorded_at=now, recorded_by="replay", id=new_id(), reason="a replay")
    with Producer(settings) as producer:
        asked = producer.append(act).result()
    # no mark is at the act itself: it changes no score
    held = fold_contest(settings, contest, asked).state.position
    deadline = time.monotonic() + ANSWER_S
    while not _marked(settings, contest, start, held):
        if time.monotonic() > deadline:
            raise DependencyError(
                f"the scorer has written no marks of contest {contest} at or past position {held} within {ANSWER_S:.0f} s"
            )
        time.sleep(0.1)


def _marked(settings: Settings, contest: str, start: int, held: int) -> bool:
    """Whether records from position *start* on mark the boards of both audiences at or past position *held*."""
    marks = latest_marks(settings, contest, start).values()
    return {mark.audience for mark in marks if mark.position >= held} == set(AUDIENCES)


def replay_run(
    settings: Settings,
    contest: str,
    *,
    until_position: int | None = None,
    generation: str | None = None,
    rule: str | None = None,
    parameters: Mapping[str, str] | None = None,
    progress: Progress | None = None,
) -> Run:
    """`recompute` into a file under HOME/replays, compared with the scorer's latest marks where it passes them.

    Raises:
        as `recompute`.
    """
    begun = time.monotonic()
    marks = latest_marks(settings, contest).values()
    replayed = recompute(
        settings,
        contest,
        until_position=until_position,
        generation=generation,
        rule=rule,
        parameters=parameters,
        at={mark.position for mark in marks},
        progress=progress,
    )
    digests = replayed.folded.digests
    compared = tuple(
        Compared(mark, digests.get((mark.position, mark.generation, mark.audience)))
        for mark in marks
        if mark.position <= replayed.position
    )
    return Run(replayed, compared, _write(settings, replayed, compared), time.monotonic() - begun)


def _write(settings: Settings, replayed: Replayed, compared: tuple[Compared, ...]) -> Path:
    chosen = replayed.generation
    document = {
        "contest": replayed.contest,
        "position": replayed.position,
        "fold_version": FOLD_VERSION,
        "generation": chosen.id if chosen else None,
        "rule": chosen.rule if chosen else None,
        "parameters": chosen.parameters if chosen else {},
        "events": replayed.events,
        "skipped": list(replayed.skipped),
        "unreadable": replayed.folded.unreadable,
        "digests": replayed.digests,
        "marks": [
            {
                "generation": one.mark.generation,
                "audience": one.mark.audience,
                "position": one.mark.position,
                "scorer": one.mark.digest,
                "replay": one.digest,
                "equal": one.equal,
            }
            for one in compared
        ],
        "boards": {audience: json.loads(board) for audience, board in replayed.boards.items()},
    }
    folder = settings.home / "replays"
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{replayed.contest}-{chosen.id if chosen else 'none'}-{replayed.position}.json"
    new = path.with_suffix(".new")
    new.write_text(json.dumps(document, ensure_ascii=False, indent=1) + "\n")
    new.replace(path)  # a reader never sees half a file
    return path
