"""How a contest went, out of its state object: transitions, freeze, thaw, results."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from typing import Any, NamedTuple

from clics.feeds.freezes import Lift, SetFreeze
from clics.feeds.model import Object
from clics.feeds.translate import Translator
from schemas.events import (
    Definition,
    Event,
    Finalized,
    ScoreboardFrozen,
    ScoreboardUnfrozen,
    ThawScheduled,
    Transitioned,
)
from schemas.ids import derived_id

__all__ = ["Step", "after_all", "closing", "freezing", "steps"]

_SAYS = "the feed's state"
"""Why such an act is in the log: the feed says no more."""
_UNTOLD = "as planned: the feed tells nothing of it"


class Step(NamedTuple):
    """Something that came at a moment, and what makes its events; *once*: what is told of it again is the same."""

    at: int
    kind: str
    make: Callable[[], Iterable[Event]]
    once: bool = True


def steps(translator: Translator, state: Object) -> list[Step]:
    """What a state says that has come, in its order. Pure but for what is noted; each step, once made, is an act by id."""
    definition, values = translator.definition, translator.values
    times = {name: values.time(state, name) for name in ("started", "ended", "thawed", "finalized")}
    if definition is None or definition.start_time is None:
        return []
    end = definition.start_time + definition.duration
    for name, planned in (("started", definition.start_time), ("ended", end)):
        told = times[name]
        if told is not None and told != planned:
            values.oddities.add("state disagrees", 0, f"{name} by {told - planned} ms")
    found = [
        *_transition(translator, "started", times["started"], definition.start_time),
        *freezing(translator, state),
        *_transition(translator, "ended", times["ended"], end),
    ]
    if (thawed := times["thawed"]) is not None:
        found.append(Step(max(thawed, end), "thawed", lambda: _thaw(translator, max(thawed, end), _SAYS)))
    if (finalized := times["finalized"]) is not None:
        act = derived_id("feed", translator.contest, "finalized", str(finalized))
        found.append(
            Step(finalized, "finalized", lambda: [translator.made(Finalized, finalized, id=act, reason=_SAYS)])
        )
    return found


def freezing(translator: Translator, state: Object) -> Iterator[Step]:
    """What a state says of the freeze: it is in force, as planned or from another moment on; it did not come, or was lifted.

    A state has the time on the wall, and all else is dated by contest time, which may have stood still or been taken back:
    a freeze is no later than the contest's object plans it, nor than what was made behind it by the clock on the wall. So
    what the source hides is hidden, whatever its object says, and what else that hides is shown with the thaw.
    """
    definition, freezes = translator.definition, translator.freezes
    frozen, ended = (translator.values.time(state, name) for name in ("frozen", "ended"))
    if definition is None or definition.start_time is None:
        return
    at, came, planned = freezes.at, freezes.came is not None, _planned_freeze(definition)
    if frozen is None:
        no_more = at is not None and (came or planned is None or (ended is not None and ended > at))
        yield from _acts(translator, None if ended is not None else planned, lift=no_more, came=False)
        return
    to = min([frozen, frozen if planned is None else planned, *translator.made_behind(frozen)])
    if at == to:
        yield from () if came else _transition(translator, "frozen", to, to)
        return
    later = at is not None and to > at
    yield from _acts(translator, to, lift=came and later, came=True)
    if later and not came:
        yield from _transition(translator, "frozen", to, to)


def closing(came: Iterable[Step], state: Object) -> Step | None:
    """The step with which the results are final and shown, behind which nothing counts; None while they are not. Pure."""
    if state.get("finalized") is None or (state.get("frozen") is not None and state.get("thawed") is None):
        return None
    last = (step for step in came if step.kind in ("thawed", "finalized"))
    return max(last, key=lambda step: (step.at, step.kind == "finalized"), default=None)


def after_all(translator: Translator, last: int) -> list[Step]:
    """How a contest went of which nothing is told: as planned, and thawed behind its last event once it was over. Pure."""
    definition = translator.definition
    if definition is None or definition.start_time is None:
        return []
    end = definition.start_time + definition.duration
    freeze = _planned_freeze(definition)
    planned = [("started", definition.start_time), ("frozen", freeze), ("ended", end)]
    found = [
        step
        for kind, at in planned
        if at is not None and at <= last
        for step in _transition(translator, kind, at, at, _UNTOLD)
    ]
    if freeze is not None and last >= end:
        found.append(Step(last, "thawed", lambda: _thaw(translator, last, _UNTOLD)))
    return found


def _planned_freeze(definition: Definition) -> int | None:
    length = definition.scoreboard_freeze_duration
    if definition.start_time is None or not length:
        return None
    return definition.start_time + definition.duration - length


def _transition(translator: Translator, kind: str, at: int | None, planned: int, reason: str = _SAYS) -> Iterator[Step]:
    if at is not None:
        # the id that the clock would give it
        fields = {"id": derived_id("transition", translator.contest, kind, str(planned)), "reason": reason}
        yield Step(at, kind, lambda: [_made(translator, Transitioned, at, **fields, kind=kind, planned_at=planned)])


def _acts(translator: Translator, to: int | None, *, lift: bool, came: bool) -> Iterator[Step]:
    """The acts by which the board is frozen from another moment on, or not at all; each is made where it changes that."""
    for one in translator.freezes.otherwise(to, lift=lift, came=came):
        kind = "unfrozen" if isinstance(one, Lift) else f"frozen from {one.at}"
        yield Step(one.recorded_at, kind, partial(_act, translator, one), once=False)


def _act(translator: Translator, one: Lift | SetFreeze) -> Iterator[Event]:
    at = one.recorded_at
    if isinstance(one, Lift):
        made: Event = translator.made(ScoreboardUnfrozen, at, id=translator.act_id("unfrozen", str(at)), reason=_SAYS)
    else:
        act = translator.act_id("frozen", str(at), str(one.at))
        made = translator.made(ScoreboardFrozen, at, id=act, reason=_SAYS, at=one.at)
    # what it does depends on what held then, wherever it stands
    made = dataclasses.replace(made, recorded_at=at)
    translator.freezes.take(made)
    yield made


def _made(translator: Translator, cls: type[Transitioned], at: int, /, **fields: Any) -> Event:
    made = translator.made(cls, at, **fields)
    translator.freezes.take(made)
    return made


def _thaw(translator: Translator, at: int, reason: str) -> Iterator[Event]:
    """A thaw counts where it is planned for that moment."""
    definition, contest = translator.definition, translator.contest
    if definition is None or definition.scoreboard_thaw_time != at:
        act = derived_id("feed", contest, "thaw", str(at))
        yield translator.made(ThawScheduled, at, id=act, reason=reason, thaw_time=at)
    id_ = derived_id("transition", contest, "thawed", str(at))
    yield _made(translator, Transitioned, at, id=id_, reason=reason, kind="thawed", planned_at=at)
