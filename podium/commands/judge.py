"""`podium judge`: check this host, pause and resume judging, drain a host."""

from __future__ import annotations

import dataclasses
import getpass
import json
import socket
import sys
import time
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from judge.check import Finding, examine, of_noise
from judge.noise import measure
from judge.orders import TOPIC
from judge.uids import free_cores
from podium.hosts import hosts
from podium.jury.acting import reason_of
from podium.pauses import act, title
from podium.plain import plain
from podium.tame import tame
from schemas.clock import Clock
from schemas.errors import UsageError
from schemas.producer import Producer
from schemas.settings import Settings, load
from schemas.work import HostOrdered

__all__ = ["register"]

app = typer.Typer(no_args_is_help=True, help="Judging: check this host, pause and resume, drain a host.")

_COLORS = {"good": "green", "fair": "yellow", "bad": "red"}


def register(root: typer.Typer) -> None:
    """Add the commands to the command line."""
    root.add_typer(app, name="judge")


@app.command("check")
def check(
    seconds: Annotated[float, typer.Option(min=0, max=600, help="How long noise is measured; 0: not at all.")] = 3.0,
    as_json: Annotated[bool, typer.Option("--json", help="As a JSON array.")] = False,
) -> int:
    """Look at what makes times differ on this machine, and say what to do; exit 1 when verdicts may differ.

    It keeps every core busy for some seconds: run it when no contest runs.
    """
    settings = load()
    findings = list(examine(settings))
    if seconds:
        findings.append(of_noise(measure(free_cores(settings), seconds)))
    if as_json:
        print(json.dumps([dataclasses.asdict(finding) for finding in findings], indent=2))
    else:
        _show(findings)
    return 1 if any(finding.grade == "bad" for finding in findings) else 0


def _show(findings: list[Finding]) -> None:
    table = Table("what", "how", "seen", "what to do")
    for finding in findings:
        color = _COLORS[finding.grade]
        cure = "" if finding.grade == "good" else finding.cure
        table.add_row(finding.what, f"[{color}]{finding.grade}[/]", plain(finding.seen), plain(cure))
    Console(highlight=False).print(table)


_Contest = Annotated[str, typer.Argument(help="The contest's id.")]
_Problem = Annotated[str, typer.Option(help="Only this problem of the contest.")]
_Language = Annotated[str, typer.Option(help="Only this language.")]
_Host = Annotated[str, typer.Option(help="A judge host, for all contests.")]
_Reason = Annotated[str, typer.Option(help="Why: it stands in the contest's log, or with the host in `podium status`.")]


@app.command("pause")
def pause(
    contest: _Contest = "", problem: _Problem = "", language: _Language = "", host: _Host = "", reason: _Reason = ""
) -> None:
    """Judge nothing of a contest, a problem or a language, or on a host, for now.

    Submissions are accepted and shown as pending; all of them are judged on `resume`. What judges have already is
    finished, and rejudgings go on. A pause of a contest needs a reason.
    """
    if _is_host(contest, problem, language, host):
        _order(load(), host, paused=True, reason=reason)
        print(f"host {host} takes no tasks any more; `podium judge resume --host {host}` ends that")
        return
    _act(load(), contest, (problem or None, language or None), on=True, reason=reason_of(reason))


@app.command("resume")
def resume(
    contest: _Contest = "", problem: _Problem = "", language: _Language = "", host: _Host = "", reason: _Reason = ""
) -> None:
    """Go on with what `pause` or `drain` stopped: name the same contest, problem and language, or host."""
    if _is_host(contest, problem, language, host):
        _order(load(), host, paused=False, reason=reason)
        print(f"host {host} takes tasks")
        return
    _act(load(), contest, (problem or None, language or None), on=False, reason=reason.strip() or "the pause is over")


def _is_host(contest: str, problem: str, language: str, host: str) -> bool:
    """Whether a host is meant.

    Raises:
        UsageError: when it is not said what is meant, or two things at once.
    """
    if host and (contest or problem or language):
        raise UsageError("--host is for all contests: name a host, or a contest with its problem or language")
    if not host and not contest:
        raise UsageError("name a contest, with --problem or --language where only that is meant, or --host")
    return bool(host)


def _act(settings: Settings, contest: str, what: tuple[str | None, str | None], *, on: bool, reason: str) -> None:
    event = act(settings, contest, what, on=on, reason=reason, by=getpass.getuser())
    if event is None:
        print(f"contest {contest}: judging of {title(what)} is paused already")
        return
    with Producer(settings) as producer:
        position = producer.append(event).result()
    print(f"contest {contest}: judging of {title(what)} {'is paused' if on else 'goes on'} (position {position})")


@app.command("drain")
def drain(
    host: Annotated[str, typer.Argument(help="The host's name; default: this machine's.")] = "",
    reason: Annotated[str, typer.Option(help="Why; `podium status` shows it.")] = "",
    wait: Annotated[bool, typer.Option("--wait/--no-wait", help="Wait until its slots are empty.")] = True,
) -> int:
    """Let a host finish what runs and take nothing new, so that it can be shut down; `resume --host` undoes it.

    Exit 1 when the host does not report: it will do so when it next starts.
    """
    settings = load()
    host = host or settings.judge_host or socket.gethostname()
    _order(settings, host, paused=True, reason=reason or "drained")
    said = -1
    while (report := hosts(settings).get(host)) is not None and wait:
        if report.state in ("paused", "sick") and not report.running:
            print(f"host {host} is drained; `podium judge resume --host {host}` undoes it")
            return 0
        if len(report.running) != said:
            said = len(report.running)
            print(f"host {host}: {said} of {report.slots} slots run", file=sys.stderr)
        time.sleep(1)  # hosts report each second
    if report is None:
        others = tame(", ".join(hosts(settings))) or "none"
        print(f"host {host} does not report and will take nothing when it starts; hosts that report: {others}")
        return 1
    return 0


def _order(settings: Settings, host: str, *, paused: bool, reason: str) -> None:
    """Write down what a host is to do. The topic is compacted: what was said last holds until it is taken back."""
    order = HostOrdered(
        recorded_at=Clock.parse(settings.clock).now_ms(),
        recorded_by=getpass.getuser(),
        host=host,
        paused=paused,
        reason=reason,
    )
    with Producer(settings) as producer:
        producer.send(TOPIC, f"host|{host}", order, partition=0).result()
