"""The command line: loads the module of the command that was typed, no other, and says errors in one line."""

from __future__ import annotations

import difflib
import importlib
import logging
import os
import sys
from typing import Annotated, NamedTuple

import typer

from podium.tame import tame
from schemas.errors import ConfigError, DependencyError, PodiumError

__all__ = ["COMMANDS", "main"]


class Command(NamedTuple):
    """Where a command is (a module with `register(app)`) and its line in the help, which needs no loading then."""

    module: str
    line: str


COMMANDS: dict[str, Command] = {
    "up": Command("podium.commands.stack", "Start every process and supervise them until Ctrl-C."),
    "down": Command("podium.commands.stack", "End the stack that runs in this home."),
    "restart": Command("podium.commands.stack", "Replace the api processes without a failed request."),
    "status": Command("podium.commands.status", "Show processes, lag, applied positions, queue and hosts."),
    "doctor": Command("podium.commands.doctor", "Check what this machine must have, and say how to mend it."),
    "demo": Command("podium.commands.demo", "Hold a contest of 5 hours in 3 minutes."),
    "contest": Command("podium.commands.contest", "Contests: their files, how they are run, and how they end."),
    "problem": Command("podium.commands.problem", "Problem packages: verify them, put them in the store."),
    "judge": Command("podium.commands.judge", "Judging: check this host, pause and resume, drain a host."),
    "rejudge": Command("podium.commands.rejudge", "Judge submissions again: preview, apply, cancel, revert."),
    "verdict": Command("podium.commands.verdict", "Give a verdict by hand, or take it back."),
    "submission": Command("podium.commands.submission", "Show, ignore, restore or verify a submission."),
    "clar": Command("podium.commands.clar", "Clarifications: list, claim, answer, announce, categorise."),
    "audit": Command("podium.commands.audit", "Show who did what, when and why."),
    "account": Command("podium.commands.account", "Accounts: who may log in, as what."),
    "scoreboard": Command("podium.commands.scoreboard", "Print a contest's board."),
    "log": Command("podium.commands.log", "Show a contest's log."),
    "replay": Command("podium.commands.replay", "Recompute a contest from the log and compare."),
    "import": Command("podium.commands.import_feed", "Read a contest of another system onto the log."),
    "shadow": Command("podium.commands.shadow", "Follow another system's contest, judge it here too, compare."),
    "feed": Command("podium.commands.feed", "Feeds of other systems as files: validate, board, compare."),
    "topics": Command("podium.commands.topics", "Make or check the Kafka topics."),
    "history": Command("podium.commands.history", "Make the history's tables in a ClickHouse of one's own."),
    "run": Command("podium.commands.run", "Run one process in the foreground, as the supervisor does."),
}
"""The commands in the order of the help."""


def main(argv: list[str] | None = None) -> int:
    """Run a command. Returns its exit code: 2 for wrong input, with one line on standard error and nothing changed."""
    if logging.lastResort is not None:  # where warnings go that no process of `podium run` writes to a log
        logging.lastResort.setFormatter(_TameLines())
    arguments = sys.argv[1:] if argv is None else argv
    typed = arguments[0] if arguments and not arguments[0].startswith("-") else ""
    if typed and typed not in COMMANDS:
        near = difflib.get_close_matches(typed, COMMANDS, 1)
        hint = f"did you mean `podium {near[0]}`?" if near else "`podium --help` lists the commands"
        print(f"podium: there is no command {typed!r}; {hint}", file=sys.stderr)
        return 2
    app = typer.Typer(
        no_args_is_help=True,
        add_completion=False,
        pretty_exceptions_enable=False,
        help="podium runs programming contests on a replayable Kafka event log.",
    )
    app.callback()(_front)
    try:
        if typed:
            importlib.import_module(COMMANDS[typed].module).register(app)
        else:
            for name, command in COMMANDS.items():
                app.command(name, help=command.line)(_root)
        # standalone mode prints usage errors as typer does; what a command returns is its exit code
        code = app(arguments, prog_name="podium", standalone_mode=False)
    except PodiumError as error:
        for line in str(error).splitlines():
            print(f"podium: {tame(line)}", file=sys.stderr)
        if isinstance(error, DependencyError) and (hint := _no_stack(str(error))):
            print(f"podium: {tame(hint)}", file=sys.stderr)
        return 2
    except BrokenPipeError:  # `podium log … | head`
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # the exit flushes once more
        return 141
    except (KeyboardInterrupt, typer.Abort):
        return 130
    except typer.Exit as done:
        return done.exit_code
    except Exception as error:
        if type(error).__module__.startswith(("click", "typer")) and hasattr(error, "show"):
            error.show()
            return 2
        raise
    return code if isinstance(code, int) else 0


def _no_stack(error: str) -> str:
    """What else to say where an embedded part does not answer since no stack runs; nothing otherwise."""
    from podium.stack.stack import idle, read_state  # noqa: PLC0415 - a command that succeeds does not wait for them
    from schemas.settings import load  # noqa: PLC0415 - as above

    try:
        settings = load()
    except ConfigError:
        return ""
    meant = any(str(getattr(settings, part)) in error for part in settings.embedded)
    return f"{idle(settings)}; `podium up` starts one" if meant and read_state(settings) is None else ""


class _TameLines(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        return tame(super().format(record))


def _root() -> None:
    """Each command has `--help`."""


def _version(wanted: bool) -> None:
    if wanted:
        from api.version import VERSION  # noqa: PLC0415 - the packages' metadata are read for nobody else

        print(f"podium {VERSION}")
        raise typer.Exit


def _front(
    _version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print which podium this is.")
    ] = False,
) -> None:
    """Each command has `--help`."""
