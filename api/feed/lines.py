"""What an entry of the feed makes a viewer hear: pure, so that a feed is a function of the contest's log.

Who sees what is decided by what the log says at that position, never by the clock: before the entry by the `Ground`
before its position, after it by the one after it. What a viewer sees as before is not told again, not even that
something has happened; what they see no longer is deleted.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from enum import Enum, auto
from typing import Any, NamedTuple

from api.access import Scene, Viewer, may_see_contest, visible
from api.telling import told
from api.versions import has
from clics import objects
from schemas.live import FeedEntry, Stored

__all__ = ["Ground", "Line", "Turn", "after", "batches_of", "in_order", "in_turn", "lines"]

_SINGLE = ("contest", "state")
"""The types of which there is one object, and whose notifications have no id."""


class Line(NamedTuple):
    """A notification without its token; without data the object is gone."""

    type: str
    id: str | None
    data: Any

    @property
    def turn(self) -> Turn:
        """When it is sent, among those of its position."""
        if self.data is None:
            return Turn.LEAVING if self.type == "contest" else Turn.GONE
        return Turn.STATE if self.type == "state" else Turn.UPDATES


class Turn(Enum):
    """What the lines of one position are sent by, in this order.

    What refers to something comes after it and goes before it, and the end of updates is the last line of a feed. Whoever
    loses the contest at this position hears that first: the rest is told to those alone who have got it again.
    """

    LEAVING = auto()
    UPDATES = auto()
    GONE = auto()
    STATE = auto()


@dataclass(frozen=True, slots=True)
class Ground:
    """What decides beside an object, after a position of the log: the viewer with their groups, and the contest."""

    version: str
    viewer: Viewer
    scene: Scene | None = None
    main_group: str | None = None

    @property
    def there(self) -> bool:
        """Whether the contest exists for the viewer."""
        return self.scene is not None and may_see_contest(self.viewer, self.scene.contest)

    def told(self, type_: str, stored: Stored | None) -> list[Any]:
        """What the viewer sees of the object."""
        if stored is None or self.scene is None:
            return []
        return told(self.version, self.viewer, type_, stored, self.scene, self.main_group)


def after(ground: Ground, entries: Iterable[FeedEntry]) -> Ground:
    """The ground when these entries have been taken in. Pure."""
    for entry in entries:
        if entry.type == "contest":
            scene = None if entry.now is None else Scene.of_log(entry.now.facts)
            main = None if entry.now is None else entry.now.object.get("main_scoreboard_group_id")
            ground = replace(ground, scene=scene, main_group=main)
        elif entry.type == "teams" and entry.id == ground.viewer.team:
            groups = frozenset(entry.now.object["group_ids"] if entry.now else ())
            ground = replace(ground, viewer=replace(ground.viewer, groups=groups))
    return ground


def lines(before: Ground, ground: Ground, entry: FeedEntry, batches: Mapping[str, Stored]) -> list[Line]:
    """What the viewer hears of an entry, in the order of references. Pure.

    Args:
        before: the ground before the entry's position.
        ground: the ground after it.
        entry: the entry.
        batches: those of the runs that `batches_of` names, by their ids.
    """
    was = {_id(entry.type, one): one for one in before.told(entry.type, entry.was)}
    now = {_id(entry.type, one): one for one in ground.told(entry.type, entry.now)}
    found = [Line(entry.type, id_, one) for id_, one in now.items() if was.get(id_) != one]
    found += [Line(entry.type, id_, None) for id_ in was if id_ not in now]
    if entry.type == "judgements":
        found += _runs(before, ground, entry, batches)
    return found


def in_order(found: Iterable[Line]) -> Iterator[Line]:
    """The lines of one position as they are sent. Pure."""
    found = list(found)
    for turn in Turn:
        yield from in_turn(found, turn)


def in_turn(found: Iterable[Line], turn: Turn) -> list[Line]:
    """Those of a turn, out of lines in the order of references. Pure."""
    some = [one for one in found if one.turn is turn]
    return some[::-1] if turn is Turn.GONE else some


def _id(type_: str, one: Mapping[str, Any]) -> str | None:
    return None if type_ in _SINGLE else one["id"]


# ---- runs -----------------------------------------------------------------------------------------------------------

_OF_RUNS = ("hidden", "team", "problem", "at", "visible", "settled", "failed", "current")
"""The facts of a judgement by which somebody sees its runs, or not."""


def _same(before: Ground, ground: Ground, entry: FeedEntry) -> bool:
    """Whether runs that were there before are seen as before."""
    was, now = entry.was, entry.now
    if was is None or now is None or before.scene is None or ground.scene is None:
        return False
    scenes = before.scene is ground.scene or before.scene == ground.scene
    return scenes and all(was.facts[name] == now.facts[name] for name in _OF_RUNS)


def _names(stored: Stored | None) -> list[str]:
    return [] if stored is None else stored.facts["runs"]


def batches_of(before: Ground, ground: Ground, entry: FeedEntry) -> list[str]:
    """The batches of runs that it takes to say what a viewer hears of a judgement's entry. Pure."""
    if entry.type != "judgements":
        return []
    had, has_ = _names(entry.was), _names(entry.now)
    if _same(before, ground, entry) and has_[: len(had)] == had:
        return has_[len(had) :]  # most entries: the next batch, or none
    return list(dict.fromkeys([*had, *has_]))


def _runs(before: Ground, ground: Ground, entry: FeedEntry, batches: Mapping[str, Stored]) -> Iterator[Line]:
    """The lines of a judgement's runs."""
    wanted = batches_of(before, ground, entry)
    if not wanted:
        return
    was = _seen(before, entry.was, [name for name in _names(entry.was) if name in wanted], batches)
    now = _seen(ground, entry.now, [name for name in _names(entry.now) if name in wanted], batches)
    yield from (Line("runs", id_, run) for id_, run in now.items() if was.get(id_) != run)
    yield from (Line("runs", id_, None) for id_ in was if id_ not in now)


def _seen(
    ground: Ground, judgement: Stored | None, names: Iterable[str], batches: Mapping[str, Stored]
) -> dict[str, Any]:
    """The runs of these batches that the viewer sees, by id."""
    if judgement is None or ground.scene is None or not has(ground.version, "runs", judgement.facts):
        return {}
    if visible(ground.viewer, "judgements", judgement.object, judgement.facts, ground.scene) is None:
        return {}
    found = {}
    for name in names:
        batch = batches[name]
        facts = judgement.facts | {"samples": batch.facts["samples"]}
        for run in objects.runs(batch.facts, ground.scene.contest, batch.object):
            shown = visible(ground.viewer, "runs", run, facts, ground.scene)
            if shown is not None:
                found[shown["id"]] = shown
    return found
