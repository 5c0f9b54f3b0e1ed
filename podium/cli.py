"""The command line: finds the module of the command that was typed, loads that one alone, and says errors in one line."""

from __future__ import annotations

import difflib
import importlib
import sys

import typer

from schemas.errors import PodiumError

__all__ = ["COMMANDS", "main"]

COMMANDS: dict[str, str] = {
    "up": "podium.commands.stack",
    "down": "podium.commands.stack",
    "status": "podium.commands.status",
    "doctor": "podium.commands.doctor",
    "demo": "podium.commands.demo",
    "contest": "podium.commands.contest",
    "problem": "podium.commands.problem",
    "account": "podium.commands.account",
    "scoreboard": "podium.commands.scoreboard",
    "log": "podium.commands.log",
    "replay": "podium.commands.replay",
    "topics": "podium.commands.topics",
    "run": "podium.commands.run",
}
"""The module of each command, in the order of the help; a module has `register(app)`."""


def main(argv: list[str] | None = None) -> int:
    """Run a command. Returns its exit code: 2 for wrong input, with one line on standard error and nothing changed."""
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
    app.callback()(_root)
    for module in dict.fromkeys([COMMANDS[typed]] if typed else COMMANDS.values()):
        importlib.import_module(module).register(app)
    try:
        # standalone mode prints usage errors as typer does; what a command returns is its exit code
        code = app(arguments, prog_name="podium", standalone_mode=False)
    except PodiumError as error:
        for line in str(error).splitlines():
            print(f"podium: {line}", file=sys.stderr)
        return 2
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


def _root() -> None:
    """Each command has `--help`."""
