"""Promotion: a generation is opened live, proved by a recomputation, and made the active one by an event; and back."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

import redis

from schemas import live
from schemas.addresses import redacted
from schemas.clock import Clock
from schemas.errors import ConflictError, DataError, DependencyError, UsageError
from schemas.events import GenerationOpened, GenerationPromoted, GenerationRetired
from schemas.ids import new_id, partition_of
from schemas.producer import Producer
from schemas.reader import bounds
from schemas.rows import Mark
from schemas.settings import Settings
from streams.refold import Folded, Promotion, fold_contest, fold_on, log_end
from streams.replay.marks import ANSWER_S, ask, await_marks
from streams.replay.result import Result
from streams.replay.truth import OtherFoldError, refuse_unknown
from streams.scoring.contest import FIRST_GENERATION, Generation, told_rule
from streams.scoring.fold import FOLD_VERSION
from streams.scoring.project import active, find, generations
from streams.scoring.rules import Scope, make_rule, scoreboard_type

__all__ = ["Promoted", "previous", "promote", "rollback"]

Say = Callable[[str], None]
"""Told what is done next, in a line."""


@dataclass(frozen=True, slots=True)
class Promoted:
    """What was done: which generation is active since which position, instead of which; `proved` is the mark's position."""

    contest: str
    before: str
    after: str
    position: int
    proved: int


def promote(settings: Settings, result: Result, expect: str, *, by: str, reason: str, say: Say) -> Promoted:
    """Make a result's rules those of the contest's active board. The live scorer goes on all the while.

    A generation with these rules is opened (one that an interrupted promotion has left open is taken), the scorer
    projects it, marks it, and a recomputation up to the mark must be equal. Then it is promoted; if anything stands in
    the way, it is retired, and the board stays what it was.

    Args:
        settings: where Kafka and Redis are.
        result: what `replay run` made.
        expect: the generation that is to be replaced: it must be the active one.
        by: who is recorded as the writer.
        reason: why, as the log tells it.
        say: told what is done next.

    Raises:
        UsageError: for a result that is no generation (only rule and parameters are), that is active already, or whose
            board is of another kind than the contest's `scoreboard_type`; when the contest is over.
        ConflictError: when *expect* is not the active one, or another was promoted meanwhile.
        DataError: when the beginning of the log is gone, it holds what this podium cannot read, or the scorer's board
            is not what the log says.
        DependencyError: when scorer or live view are behind, or Kafka or Redis do not answer.
    """
    rule, parameters = _rules(result)
    folded = _log(settings, result.contest)
    now = find(folded.state, active(folded.state))
    if active(folded.state) != expect:
        raise ConflictError(
            f"contest {result.contest}: the active generation is {active(folded.state)}, not {expect}; look again with "
            "`podium replay diff`"
        )
    if now is None or (now.rule, now.parameters, now.fold_version) == (rule, parameters, FOLD_VERSION):
        raise UsageError(f"contest {result.contest}: generation {expect} has these rules, and is active")
    _refuse_kind(folded, rule, parameters)
    with Producer(settings) as producer:
        live_ = _Live(settings, producer, folded, (by, reason), say)
        made = _left_open(generations(folded.state), rule, parameters, expect)
        return live_.open_and_promote(rule, parameters, expect, result.plan, made)


def rollback(settings: Settings, contest: str, *, by: str, reason: str, say: Say) -> Promoted:
    """Promote the generation that was active before, by the same proof; who and why as for `promote`.

    Raises:
        UsageError: when none was, or it is retired, of another fold version or another kind of board; when the contest is
            over.
        ConflictError, DataError, DependencyError: as `promote`.
    """
    folded = _log(settings, contest)
    now, before = active(folded.state), previous(folded.promotions)
    if before is None:
        raise UsageError(f"contest {contest}: generation {now} is active, and none was before it")
    generation = find(folded.state, before)
    if generation is None:
        raise UsageError(
            f"contest {contest}: generation {before} was active before, and is retired: `replay plan`, `run` and "
            "`promote` bring its rules back"
        )
    if generation.fold_version != FOLD_VERSION:
        raise OtherFoldError(
            f"contest {contest}: generation {before} is of fold version {generation.fold_version}: roll back with the "
            "podium of that version"
        )
    _refuse_kind(folded, generation.rule, generation.parameters)
    with Producer(settings) as producer:
        return _Live(settings, producer, folded, (by, reason), say).promote(before, now, folded.state.position)


def previous(promotions: Iterable[Promotion]) -> str | None:
    """The generation that a rollback promotes; going back is undone by going forth, and is no step itself. Pure."""
    before: list[str] = []
    for one in promotions:
        if before and one.after == before[-1]:
            before.pop()
        else:
            before.append(one.before)
    return before[-1] if before else None


def _rules(result: Result) -> tuple[str, dict[str, str]]:
    if other := result.what_if.beside_rules():
        raise UsageError(
            f"this result cannot be promoted: {'; '.join(other)}. A generation is a rule with its parameters; all else is "
            "changed by `podium contest apply` or an act of the jury"
        )
    assert result.rule is not None  # one without a definition is not read
    return result.rule, result.parameters


def _refuse_kind(folded: Folded, rule: str, parameters: dict[str, str]) -> None:
    """Nothing, when the rule's rows are those of the contest's `scoreboard_type`, which only its definition says. Pure.

    Raises:
        UsageError: otherwise: the contest, its boards and its feed would contradict each other.
    """
    terms = folded.state.contest.terms
    # what a rule's rows have depends on no contest
    kind = scoreboard_type(make_rule(rule, Scope(penalty_time=0, duration=0, score_scale=1), parameters))
    if terms is not None and terms.scoreboard_type != kind:
        raise UsageError(
            f"contest {folded.state.contest_id}: scoreboard_type is {terms.scoreboard_type}, but the rule "
            f"{told_rule(rule, parameters)} is {kind}: `podium contest apply` changes rule and scoreboard_type together"
        )


def _log(settings: Settings, contest: str) -> Folded:
    folded = fold_contest(settings, contest)
    if not folded.events:
        raise UsageError(f"the log holds nothing of a contest {contest!r}")
    refuse_unknown(folded)
    closed = folded.state.contest.closed
    if closed is not None:
        raise UsageError(
            f"contest {contest} is over since position {closed}, its end of updates: nothing changes any more, whoever "
            "writes what"
        )
    return folded


def _left_open(open_: Iterable[Generation], rule: str, parameters: dict[str, str], expect: str) -> str | None:
    """A generation with these rules that is open and not active. Pure.

    Not the first one: it follows the definition, whose rules may change.
    """
    for one in open_:
        if one.id not in (expect, FIRST_GENERATION) and (one.rule, one.parameters, one.fold_version) == (
            rule,
            parameters,
            FOLD_VERSION,
        ):
            return one.id
    return None


class _Live:
    """A contest whose generations are changed while its scorer goes on."""

    def __init__(self, settings: Settings, producer: Producer, folded: Folded, who: tuple[str, str], say: Say) -> None:
        """*folded*: the contest as its log has it, which is gone on with; *who*: the writer, and the reason."""
        self._settings = settings
        self._producer = producer
        self._folded = folded
        self._contest = folded.state.contest_id
        self._clock = Clock.parse(settings.clock)
        self._by, self._reason = who
        self._say = say
        self._promoted: bool | None = False
        """Whether the promotion took effect; None when that is not known."""

    def open_and_promote(
        self, rule: str, parameters: dict[str, str], expect: str, plan: str, left_open: str | None
    ) -> Promoted:
        """Open a generation, unless there is one, and promote it; if it is known not to be promoted, it is retired."""
        made = left_open
        try:
            if made is None:
                self._say(f"opening a generation: {told_rule(rule, parameters)}")
                opened = self._append(
                    GenerationOpened,
                    rule=rule,
                    parameters=parameters,
                    fold_version=FOLD_VERSION,
                    reason=f"{self._reason} (replay {plan})",
                )
                made = str(opened)
            else:
                self._say(f"taking generation {made}, which an earlier promotion has left open")
            # one that was left open has older marks; a scorer that comes back writes them again, and they prove nothing now
            return self.promote(made, expect, max(int(made), self._folded.state.position))
        except BaseException:
            if self._promoted is False and made is not None:
                self._say(f"retiring generation {made}: it was not promoted")
                self._append(GenerationRetired, generation=made, reason="not promoted")
            raise

    def promote(self, generation: str, expect: str, held: int) -> Promoted:
        """Promote an open generation once a mark of it, at or past position *held*, is proved and in the live view.

        *held* is not before the last record that has changed the state that is gone on with.
        """
        start = bounds(self._settings, "scoreboard-rows", partition_of(self._contest))[1]
        self._say(f"waiting for the scorer's mark of generation {generation}")
        why = f"to prove generation {generation}: {self._reason}"
        ask(self._settings, self._producer, self._contest, by=self._by, reason=why)
        marks = await_marks(self._settings, self._contest, start, held, generation)
        proved = max(mark.position for mark in marks.values())
        self._say(f"recomputing the contest up to position {proved}")
        # a mark that is asked for stands behind all that was read before
        at = {mark.position for mark in marks.values()}
        folded = fold_on(self._settings, self._folded, proved, at=at)
        refuse_unknown(folded)
        for audience, mark in marks.items():
            if folded.digests.get((mark.position, generation, audience)) != mark.digest:
                raise DataError(
                    f"contest {self._contest}: the scorer's {audience} board of generation {generation} at position "
                    f"{mark.position} is not what the log says; it stays as it was "
                    f"(`podium contest reload {self._contest} --reason TEXT` makes it anew)"
                )
        self._say("waiting for the live view")
        with redis.Redis.from_url(self._settings.redis, socket_timeout=10) as client:
            _until(self._settings, lambda: self._has_marks(client, marks), f"the marks of generation {generation}")
            position = self._swap(folded, expect, generation)
            self._say(f"generation {generation} is promoted, at position {position}")
            try:
                _until(self._settings, lambda: self._shows(client, position), f"position {position}")
            except DependencyError as error:
                self._say(f"{error}: it follows when it is back")
        return Promoted(self._contest, expect, generation, position, proved)

    def _swap(self, folded: Folded, expect: str, generation: str) -> int:
        """Append the act that promotes, if the board is of its kind by now, and look whether it took effect; its position."""
        # the files may have brought another kind of board while marks and the live view were waited for
        folded = fold_on(self._settings, folded, log_end(self._settings, partition_of(self._contest)) - 1)
        if (made := find(folded.state, generation)) is not None:
            _refuse_kind(folded, made.rule, made.parameters)
        position = None
        self._promoted = None  # from here on the act may be in the log, whatever is heard of it
        try:
            position = self._append(GenerationPromoted, expect=expect, generation=generation, reason=self._reason)
            self._promoted = active(fold_on(self._settings, folded, position).state) == generation
        except BaseException:
            act = "may be in the log" if position is None else f"is in the log, at position {position}"
            self._say(
                f"whether generation {generation} is promoted is not known: the act {act}; `podium replay diff` says "
                "which one is active"
            )
            raise
        if not self._promoted:
            raise ConflictError(f"contest {self._contest}: generations were changed by somebody else meanwhile")
        return position

    def _append(self, kind: type[Any], **fields: Any) -> int:
        act = kind(contest=self._contest, recorded_at=self._clock.now_ms(), recorded_by=self._by, id=new_id(), **fields)
        return self._producer.append(act).result()

    def _has_marks(self, client: redis.Redis, marks: dict[str, Mark]) -> bool:
        """Whether the view has these marks, and so all rows before them: viewers are never sent to half a board."""
        if client.hexists(live.meta_key(self._contest), "away"):
            client.zadd(live.ASKED_KEY, {self._contest: time.time_ns() // 1_000_000})
            return False
        for audience, mark in marks.items():
            found: Any = client.get(live.mark_key(self._contest, mark.generation, audience))
            if found is None or live.parse_mark(found).position < mark.position:
                return False
        return True

    def _shows(self, client: redis.Redis, position: int) -> bool:
        held: Any = client.hget(live.meta_key(self._contest), "log")
        return held is not None and int(held) >= position


def _until(settings: Settings, there: Callable[[], bool], what: str) -> None:
    """Wait for something of the live view; a Redis that is away is asked again."""
    deadline = time.monotonic() + ANSWER_S
    error: redis.RedisError | None = None
    while True:
        try:
            if there():
                return
        except redis.RedisError as failed:
            error = failed
        if time.monotonic() > deadline:
            why = f" ({error})" if error else ""
            raise DependencyError(
                f"the live view at {redacted(settings.redis)} has not come to {what} within {ANSWER_S:.0f} s{why}"
            )
        time.sleep(0.05)
