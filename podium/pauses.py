"""Pauses of judging in a contest: what is paused, and the acts that pause and resume."""

from __future__ import annotations

from collections.abc import Iterable

from podium.current import current
from schemas.clock import Clock
from schemas.errors import UsageError
from schemas.events import Event, JudgingPaused, JudgingResumed
from schemas.ids import new_id
from schemas.settings import Settings

__all__ = ["Pause", "act", "paused", "title"]

Pause = tuple[str | None, str | None]
"""Problem and language, None for any."""


def paused(events: Iterable[Event]) -> set[Pause]:
    """What is paused after these events of a contest. Of two acts with one id the first counts. Pure."""
    found: set[Pause] = set()
    known: set[str] = set()
    for event in events:
        if isinstance(event, JudgingPaused | JudgingResumed) and event.id not in known:
            known.add(event.id)
            pause = (event.problem_id, event.language_id)
            (found.add if isinstance(event, JudgingPaused) else found.discard)(pause)
    return found


def title(pause: Pause) -> str:
    """A pause in words. Pure."""
    problem, language = pause
    parts = [f"problem {problem}" if problem else "", f"language {language}" if language else ""]
    return " in ".join(filter(None, parts)) or "everything"


def act(settings: Settings, contest: str, pause: Pause, *, on: bool, reason: str, by: str) -> Event | None:
    """The act that pauses, or resumes; None where that pause is there already.

    Raises:
        UsageError: when the contest, or a problem or language in it that is to be paused, does not exist; when what is
            to be resumed is not paused: it may have left the contest meanwhile.
        DependencyError: when the broker does not answer.
    """
    acts: list[Event] = []

    def keep(event: Event) -> None:
        if isinstance(event, JudgingPaused | JudgingResumed):
            acts.append(event)

    definition = current(settings, contest, told=keep).definition
    if definition is None:
        raise UsageError(f"there is no contest {contest!r}")
    problem, language = pause
    for what, named, ids in (
        ("problem", problem, [p.id for p in definition.problems]),
        ("language", language, [one.id for one in definition.languages]),
    ):
        if on and named is not None and named not in ids:
            raise UsageError(f"contest {contest} has no {what} {named!r}; it has {', '.join(ids) or 'none'}")
    now = paused(acts)
    if on and pause in now:
        return None
    if not on and pause not in now:
        there = "; ".join(sorted(map(title, now))) or "nothing"
        raise UsageError(f"contest {contest}: judging of {title(pause)} is not paused; paused: {there}")
    kind = JudgingPaused if on else JudgingResumed
    return kind(
        contest=contest,
        recorded_at=Clock.parse(settings.clock).now_ms(),
        recorded_by=by,
        id=new_id(),
        problem_id=problem,
        language_id=language,
        reason=reason,
    )
