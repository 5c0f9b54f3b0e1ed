"""`podium clar`: clarification requests and the jury's messages: list, show, claim, answer, announce, categorise."""

from __future__ import annotations

import getpass
import json
import sys
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

from clics.clarifications import Message, answers, categories, messages
from clics.times import format_reltime, format_time
from podium.conduct.asked import By
from podium.conduct.perform import awaited
from podium.jury import clarifications
from podium.jury.asking import Contest, Json
from podium.jury.clarifications import Recipients, Sent
from podium.jury.record import Record, read_record
from podium.plain import plain
from podium.tame import tame
from schemas.clock import Clock
from schemas.errors import UsageError
from schemas.settings import Settings, load

__all__ = ["register"]

app = typer.Typer(no_args_is_help=True, help="Clarifications: list, claim, answer, announce, categorise.")

_Request = Annotated[str, typer.Argument(metavar="REQUEST", help="The request, by id or by its number in the list.")]
_Text = Annotated[str, typer.Argument(metavar="[TEXT]", help="What to say; left out or -: from standard input.")]
_Teams = Annotated[list[str] | None, typer.Option("--team", help="To this team, by id; repeatable.")]
_Groups = Annotated[list[str] | None, typer.Option("--group", help="To the teams of this group, by id; repeatable.")]
_TakeOver = Annotated[bool, typer.Option("--take-over", help="Also where another judge has claimed it.")]


def register(root: typer.Typer) -> None:
    """Add the commands to the command line."""
    root.add_typer(app, name="clar")


# ---- looking --------------------------------------------------------------------------------------------------------


@app.command("list")
def list_(
    contest: Contest,
    category: Annotated[list[str] | None, typer.Option(help="Only of this category; repeatable.")] = None,
    team: Annotated[str, typer.Option(help="Only this team's, by id.")] = "",
    waiting: Annotated[bool, typer.Option("--waiting", help="Only those without an answer.")] = False,
    answered: Annotated[bool, typer.Option("--answered", help="Only those with an answer.")] = False,
    all_: Annotated[bool, typer.Option("--all", help="Also the jury's own messages.")] = False,
    as_json: Json = False,
) -> None:
    """List requests: first those without an answer, what waits longest first, and who has claimed it."""
    if waiting and answered:
        raise UsageError("say one of --waiting, --answered")
    settings = load()
    record = read_record(settings, contest)
    wanted = {clarifications.category_named(record, one) for one in category or ()}
    found = [
        one
        for one in messages(record.state)
        if (one.is_request or all_)
        and (not wanted or one.category in wanted)
        and team in ("", one.record.from_team_id)
        and not (waiting and not one.waits)
        and not (answered and not one.answers)
    ]
    found.sort(key=lambda one: (not one.waits, one.record.asked_at, one.number))
    now = Clock.parse(settings.clock).now_ms()
    if as_json:
        print(json.dumps([_object(record, one, now) for one in found], ensure_ascii=False))
        return
    if found:
        table = Table("#", "waits", "asked at", "from", "category", "text", "claimed by", "answered by")
        for one in found:
            table.add_row(*map(plain, _row(record, one, now)))
        Console(highlight=False).print(table)
    count = sum(one.waits for one in found)
    print(f"contest {contest}: {len(found)} messages, {count} of them wait for an answer")


def _row(record: Record, one: Message, now: int) -> tuple[str, ...]:
    asked = one.record
    return (
        str(one.number),
        format_reltime(now - asked.asked_at).partition(".")[0] if one.waits else "",
        format_reltime(record.state.clock.contest_time(asked.asked_at)).partition(".")[0],
        asked.from_team_id or f"the jury ({asked.recorded_by})",
        one.category,
        asked.text if len(asked.text) <= 200 else f"{asked.text[:200]} …",
        one.claim.recorded_by if one.claim else "",
        ", ".join(dict.fromkeys(answer.recorded_by for answer in one.answers)),
    )


def _object(record: Record, one: Message, now: int) -> dict[str, Any]:
    """A message as JSON: the Contest API's words, and what the jury knows beside them."""
    asked, clock = one.record, record.state.clock
    found: dict[str, Any] = {
        "number": one.number,
        "id": asked.id,
        "from_team_id": asked.from_team_id,
        "to_team_ids": list(asked.to_team_ids) or None,
        "to_group_ids": list(asked.to_group_ids) or None,
        "reply_to_id": asked.reply_to_id,
        "problem_id": asked.problem_id,
        "text": asked.text,
        "time": format_time(asked.asked_at),
        "contest_time": format_reltime(clock.contest_time(asked.asked_at)),
        "by": asked.recorded_by,
    }
    if not one.is_request:
        return found
    claim = one.claim and {"by": one.claim.recorded_by, "time": format_time(one.claim.recorded_at)}
    return found | {
        "category": one.category,
        "waits": format_reltime(now - asked.asked_at) if one.waits else None,
        "claimed": claim,
        "answers": [
            {"id": answer.id, "by": answer.recorded_by, "time": format_time(answer.asked_at), "text": answer.text}
            for answer in one.answers
        ],
    }


@app.command("show")
def show(contest: Contest, request: _Request, as_json: Json = False) -> None:
    """Show one message whole, and what was answered."""
    settings = load()
    record = read_record(settings, contest)
    one = clarifications.message(record, request)
    found = _object(record, one, Clock.parse(settings.clock).now_ms())
    if as_json:
        print(json.dumps(found, ensure_ascii=False))
        return
    console = Console(highlight=False, soft_wrap=True)
    for name, value in found.items():
        if name not in ("text", "answers", "claimed") and value is not None:
            console.print(plain(f"{name}: {', '.join(value) if isinstance(value, list) else value}"))
    if one.claim:
        console.print(plain(f"claimed by {one.claim.recorded_by} at {format_time(one.claim.recorded_at)}"))
    _print_text(console, one.record.text)
    for answer in one.answers:
        console.print(plain(f"\nanswered by {answer.recorded_by} at {format_time(answer.asked_at)}:", "bold"))
        _print_text(console, answer.text)


def _print_text(console: Console, text: str) -> None:
    for line in text.splitlines():
        console.print(plain(f"  {line}"))


@app.command("choices")
def choices(contest: Contest, as_json: Json = False) -> None:
    """List the contest's predefined answers with their numbers, and its categories."""
    definition = read_record(load(), contest).state.definition
    assert definition is not None
    if as_json:
        found = {"answers": answers(definition), "categories": categories(definition)}
        print(json.dumps(found, ensure_ascii=False))
        return
    for number, one in enumerate(answers(definition), 1):
        print(f"{number}  {tame(one)}")
    print(f"categories: {tame(', '.join(categories(definition)))}")


# ---- doing ----------------------------------------------------------------------------------------------------------


@app.command("claim")
def claim(
    contest: Contest,
    request: _Request,
    release: Annotated[bool, typer.Option("--release", help="Give it back.")] = False,
    take_over: _TakeOver = False,
    by: By = "",
    as_json: Json = False,
) -> None:
    """Take a request upon yourself, so that the other judges leave it to you; or give it back."""
    settings = load()
    record = read_record(settings, contest)
    do = clarifications.release if release else clarifications.claim
    found = do(settings, record, request, by or getpass.getuser(), take_over=take_over)
    holder = found.claim.recorded_by if found.claim else None
    if as_json:
        print(json.dumps({"id": found.record.id, "number": found.number, "claimed_by": holder}))
        return
    print(f"contest {contest}: request {found.number} is {f'claimed by {tame(holder)}' if holder else 'free again'}")


@app.command("categorise")
def categorise(
    contest: Contest,
    request: _Request,
    category: Annotated[str, typer.Argument(help="The category, as podium clar choices lists them.")],
    by: By = "",
    as_json: Json = False,
) -> None:
    """Put a request into another category."""
    settings = load()
    record = read_record(settings, contest)
    found = clarifications.categorise(settings, record, request, category, by or getpass.getuser())
    if as_json:
        print(json.dumps({"id": found.record.id, "number": found.number, "category": found.category}))
        return
    print(f"contest {contest}: request {found.number} is in category {tame(found.category)}")


@app.command("answer")
def answer(
    contest: Contest,
    request: _Request,
    text: _Text = "",
    predefined: Annotated[
        int | None, typer.Option(help="Say the predefined answer of this number (podium clar choices).")
    ] = None,
    to_all: Annotated[bool, typer.Option("--to-all", help="To all teams.")] = False,
    team: _Teams = None,
    group: _Groups = None,
    no_quote: Annotated[bool, typer.Option("--no-quote", help="Without what was asked above it.")] = False,
    again: Annotated[bool, typer.Option("--again", help="Also where it was answered before.")] = False,
    take_over: _TakeOver = False,
    by: By = "",
    as_json: Json = False,
) -> int:
    """Answer a request, to its team, and to other teams and groups or to all. Claims it first.

    Exit 1 when another judge's answer was sent at the same moment, so that there are two.
    """
    if to_all and (team or group):
        raise UsageError("say --to-all, or --team and --group")
    if predefined is not None and text:
        raise UsageError("say TEXT or --predefined")
    settings = load()
    record = read_record(settings, contest)
    said = _said(record, text) if predefined is None else clarifications.predefined(record, predefined)
    sent = clarifications.answer(
        settings,
        record,
        request,
        said,
        by or getpass.getuser(),
        Recipients(tuple(team or ()), tuple(group or ()), to_all),
        quote=not no_quote,
        again=again,
        take_over=take_over,
    )
    _tell(settings, contest, sent, as_json=as_json)
    for one in sent.others:
        print(f"{tame(one.recorded_by)} has answered it too: {tame(one.text)!r}", file=sys.stderr)
    return 1 if sent.others else 0


@app.command("announce")
def announce(
    contest: Contest,
    text: _Text = "",
    problem: Annotated[str | None, typer.Option(help="What it is about: a problem, by id.")] = None,
    team: _Teams = None,
    group: _Groups = None,
    by: By = "",
    as_json: Json = False,
) -> None:
    """Send a message to all teams, or to some, whether the contest runs or not."""
    settings = load()
    record = read_record(settings, contest)
    to = Recipients(tuple(team or ()), tuple(group or ()))
    sent = clarifications.announce(settings, record, _said(record, text), by or getpass.getuser(), to, problem)
    _tell(settings, contest, sent, as_json=as_json)


def _said(record: Record, text: str) -> str:
    """What to say: as given, or from standard input.

    Raises:
        UsageError: when nobody is there to say anything.
    """
    if text not in ("", "-"):
        return text
    if text == "" and sys.stdin.isatty():
        definition = record.state.definition
        assert definition is not None
        there = "\n".join(f"  {number}  {one}" for number, one in enumerate(answers(definition), 1))
        raise UsageError(f"say TEXT, or - to type it, or --predefined NUMBER:\n{there}")
    return sys.stdin.read().strip("\n")


def _tell(settings: Settings, contest: str, sent: Sent, *, as_json: bool) -> None:
    shown = awaited(settings, contest, sent.position)
    one = sent.record
    if as_json:
        to = {"to_team_ids": list(one.to_team_ids) or None, "to_group_ids": list(one.to_group_ids) or None}
        others = [{"id": other.id, "by": other.recorded_by, "text": other.text} for other in sent.others]
        about = {"id": one.id, "reply_to_id": one.reply_to_id, "text": one.text, "position": sent.position}
        print(json.dumps({**about, **to, "shown": shown, "others": others}, ensure_ascii=False))
        return
    to_whom = ", ".join((*(f"team {id_}" for id_ in one.to_team_ids), *(f"group {id_}" for id_ in one.to_group_ids)))
    where = "they see it" if shown else "the live view does not show it yet: see podium status"
    print(f"contest {contest}: sent to {tame(to_whom) or 'all teams'}, at position {sent.position}; {where}")
