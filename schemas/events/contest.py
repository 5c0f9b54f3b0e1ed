"""What the contest is: its definition, its entries, its generations, and what people say in it."""

from __future__ import annotations

from dataclasses import dataclass, field

from schemas.definition import JudgementType, Language, Media, Problem
from schemas.events.acts import Act
from schemas.events.base import Event

__all__ = [
    "Clarification",
    "ClarificationCategorised",
    "ClarificationClaimed",
    "Commentary",
    "Definition",
    "GenerationOpened",
    "GenerationPromoted",
    "GenerationRetired",
    "Group",
    "Organization",
    "Person",
    "Team",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Definition(Event):
    """What the contest's files say.

    `changes` is the position of the definition that this one changes, -1 for a contest's first. It takes effect only
    if that is the current one where it stands in the log, and its rule exists; the fold decides. It never undoes an
    act. `fold_version` is that of generation "0", as a contest's first definition has it. With `all_tests` every test of
    a submission is run, whichever has failed. With `verification` a verdict counts only once the jury has verified it.
    `window` is how long each team has from its own start, inside the contest; None: teams start with the contest.
    `awards` are the settings of the awards, `limits` those of `schemas.definition.LIMITS` that are others here. With
    `address_login` an account with an address is logged in there by itself. `location` is the Contest API's object as JSON, here and in the entries.
    A webhook that has not answered for `webhook_patience` ms hears no more of the contest.
    `clarification_categories` are those beside one a problem, `clarification_answers` the predefined answers; empty: the
    usual ones.
    """

    changes: int
    name: str
    formal_name: str | None = None
    start_time: int | None = None
    countdown_pause_time: int | None = None
    duration: int
    scoreboard_freeze_duration: int | None = None
    scoreboard_thaw_time: int | None = None
    scoreboard_type: str = "pass-fail"
    main_scoreboard_group_id: str | None = None
    penalty_time: int = 1_200_000
    rule: str = "icpc"
    parameters: dict[str, str] = field(default_factory=dict)
    score_scale: int = 1
    judgement_types: tuple[JudgementType, ...] = ()
    publish: dict[str, str] = field(default_factory=dict)
    feedback: str = "verdict"
    problems: tuple[Problem, ...] = ()
    languages: tuple[Language, ...] = ()
    priority: int = 0
    late_window: int = 600_000
    rehearsal: bool = False
    public: bool = True
    fold_version: int = 1
    all_tests: bool = False
    verification: bool = False
    window: int | None = None
    awards: dict[str, str] = field(default_factory=dict)
    limits: dict[str, int] = field(default_factory=dict)
    address_login: bool = False
    location: str | None = None
    media: tuple[Media, ...] = ()
    webhook_patience: int = 3_600_000
    clarification_categories: tuple[str, ...] = ()
    clarification_answers: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Team(Event):
    """A team as it is from here on; `removed` takes it out of the contest."""

    id: str
    name: str
    label: str | None = None
    display_name: str | None = None
    icpc_id: str | None = None
    organization_id: str | None = None
    group_ids: tuple[str, ...] = ()
    location: str | None = None
    hidden: bool = False
    removed: bool = False
    media: tuple[Media, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Organization(Event):
    """An organization as it is from here on."""

    id: str
    name: str
    formal_name: str | None = None
    country: str | None = None
    url: str | None = None
    removed: bool = False
    icpc_id: str | None = None
    country_subdivision: str | None = None
    twitter_hashtag: str | None = None
    twitter_account: str | None = None
    location: str | None = None
    media: tuple[Media, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Group(Event):
    """A group of teams as it is from here on; the teams of a hidden group are hidden."""

    id: str
    name: str
    type: str | None = None
    hidden: bool = False
    removed: bool = False
    icpc_id: str | None = None
    location: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Person(Event):
    """A person as they are from here on."""

    id: str
    name: str
    role: str
    title: str | None = None
    email: str | None = None
    sex: str | None = None
    team_ids: tuple[str, ...] = ()
    removed: bool = False
    icpc_id: str | None = None
    media: tuple[Media, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class GenerationAct(Act):
    """What an operator does with a generation; one without an id is its own."""

    id: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class GenerationOpened(GenerationAct):
    """A generation (rule, parameters, fold version) is projected from here on; its name is this event's position.

    Generation "0" needs no event: the first definition opens it, it follows the definition's rule.
    """

    rule: str
    parameters: dict[str, str] = field(default_factory=dict)
    fold_version: int


@dataclass(frozen=True, slots=True, kw_only=True)
class GenerationPromoted(GenerationAct):
    """`generation` is the active one, if `expect` is the active one at this position."""

    expect: str
    generation: str


@dataclass(frozen=True, slots=True, kw_only=True)
class GenerationRetired(GenerationAct):
    """This generation is no longer projected; the active one cannot be retired."""

    generation: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Clarification(Event):
    """A request of a team (`from_team_id`), an answer (`reply_to_id`) or an announcement (neither).

    `category` is what the team has filed its request under; None: its problem's, or the first one.
    """

    id: str
    from_team_id: str | None = None
    to_team_ids: tuple[str, ...] = ()
    to_group_ids: tuple[str, ...] = ()
    reply_to_id: str | None = None
    problem_id: str | None = None
    text: str
    asked_at: int
    category: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ClarificationClaimed(Act):
    """Whoever writes this takes a request upon themselves, or gives it back: the other judges leave it to them.

    It takes effect only if the request is held by `instead_of` where this stands in the log (empty: by nobody), so of two
    who claim it at once the first in the log has it.
    """

    clarification_id: str
    instead_of: str = ""
    released: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ClarificationCategorised(Act):
    """The request is of this category; the latest counts."""

    clarification_id: str
    category: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Commentary(Event):
    """A remark on the contest for presentations."""

    id: str
    message: str
    tags: tuple[str, ...] = ()
    team_ids: tuple[str, ...] = ()
    problem_ids: tuple[str, ...] = ()
    submission_ids: tuple[str, ...] = ()
    source_id: str | None = None
    said_at: int
