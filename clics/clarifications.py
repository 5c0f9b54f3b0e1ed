"""Clarifications as the jury works on them: what waits, who has claimed it, of which category it is. Pure.

CCS requirements, *Predefined Clarification Answers*, *Clarification Categories* and *Handling Clarifications Requests*.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from clics.state import State
from schemas.events import Clarification, ClarificationCategorised, ClarificationClaimed, Definition, Team

__all__ = ["ANSWERS", "CATEGORIES", "LONGEST", "Message", "answers", "categories", "category_of", "messages", "quoted"]

LONGEST = 10_000
"""Characters of a message, or of a commentary: some pages."""

CATEGORIES = ("General", "SysOps", "Operations")
"""Those of a contest that names none, beside one a problem: the CCS requirements'."""

ANSWERS = (
    "No comment, read problem statement.",
    "This will be answered during the answers to questions session.",
    "No comment.",
    "Read the problem statement.",
)
"""Those of a contest that names none; the first two are the CCS requirements'."""


@dataclass(frozen=True, slots=True)
class Message:
    """A message: `number` counts the contest's messages in the order of the log.

    `claim` and `answers` are a request's; an answer is a reply of the jury's that is sent to the team that has asked.
    """

    number: int
    record: Clarification
    category: str
    claim: ClarificationClaimed | None
    answers: tuple[Clarification, ...]

    @property
    def is_request(self) -> bool:
        """Whether a team has sent it."""
        return self.record.from_team_id is not None

    @property
    def waits(self) -> bool:
        """Whether the jury owes an answer."""
        return self.is_request and not self.answers


def categories(definition: Definition) -> tuple[str, ...]:
    """The contest's categories: its own or the usual ones, then one a problem. Pure."""
    problems = sorted((one for one in definition.problems if not one.withdrawn), key=lambda one: one.ordinal)
    named = definition.clarification_categories or CATEGORIES
    return tuple(dict.fromkeys((*named, *(f"Problem {one.label}" for one in problems))))


def answers(definition: Definition) -> tuple[str, ...]:
    """The contest's predefined answers. Pure."""
    return definition.clarification_answers or ANSWERS


def category_of(state: State, one: Clarification) -> str:
    """The category of a message: as a judge said last, as the team said, or else its problem's, or the first one. Pure."""
    said = state.records.get(("categories", one.id))
    if isinstance(said, ClarificationCategorised):
        return said.category
    if one.category is not None:
        return one.category
    definition = state.definition
    if definition is None:
        return CATEGORIES[0]
    labels = (f"Problem {problem.label}" for problem in definition.problems if problem.id == one.problem_id)
    return next(labels, categories(definition)[0])


def messages(state: State) -> list[Message]:
    """All messages of the contest in the order of the log. Pure."""
    found = [one for one in state.of("clarifications") if isinstance(one, Clarification)]
    replies: dict[str, list[Clarification]] = {}
    for one in found:
        if one.reply_to_id is not None and one.from_team_id is None:
            replies.setdefault(one.reply_to_id, []).append(one)
    return [
        Message(number, one, category_of(state, one), _claim(state, one), _answers(state, one, replies.get(one.id, ())))
        for number, one in enumerate(found, 1)
    ]


def _answers(state: State, asked: Clarification, replies: Iterable[Clarification]) -> tuple[Clarification, ...]:
    """Those of the jury's replies that are sent to the team that has asked."""
    team = state.records.get(("teams", asked.from_team_id or ""))
    groups = frozenset(team.group_ids if isinstance(team, Team) else ())
    return tuple(
        one
        for one in replies
        if asked.from_team_id in one.to_team_ids
        or not groups.isdisjoint(one.to_group_ids)
        or not (one.to_team_ids or one.to_group_ids)
    )


def _claim(state: State, one: Clarification) -> ClarificationClaimed | None:
    found = state.records.get(("claims", one.id))
    return found if isinstance(found, ClarificationClaimed) else None


def quoted(asked: str, answer: str) -> str:
    """An answer below what was asked, as mail quotes it, so that it is understood by whoever has not asked. Pure."""
    lines: Iterable[str] = asked.splitlines() or [""]
    return "\n".join((*(f"> {line}".rstrip() for line in lines), "", answer))
