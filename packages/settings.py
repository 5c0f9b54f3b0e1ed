"""What a folder of test data says of its test cases, and a test case of itself: arguments, feedback, notes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from packages.findings import Findings
from packages.flags import Flags
from packages.kinds import flag, note, text, texts, words
from packages.metadata import Metadata
from packages.model import Program, TestCase
from packages.yaml_file import Keys

__all__ = [
    "InputArgs",
    "Settings",
    "case_settings",
    "check_arguments",
    "check_feedback",
    "folder_settings",
    "legacy_settings",
    "validator_args",
]

_SHOWN: Final = "a team is shown the samples, and of what it has failed the verdict"

InputArgs = Mapping[str, tuple[str, ...]]
"""The arguments of each input validator by its name; of all of them under ""."""


@dataclass(frozen=True, slots=True)
class Settings:
    """None where nothing is said: then what the folder above says holds, and else the format's default."""

    output: tuple[str, ...] | None = None
    input: InputArgs | None = None
    args: tuple[str, ...] | None = None
    visualizer: tuple[str, ...] | None = None
    full_feedback: bool | None = None
    hint: str = ""
    description: str = ""

    def over(self, outer: Settings) -> Settings:
        """These settings, and those of *outer* where they say nothing; notes are not inherited."""
        return Settings(
            outer.output if self.output is None else self.output,
            outer.input if self.input is None else self.input,
            outer.args if self.args is None else self.args,
            outer.visualizer if self.visualizer is None else self.visualizer,
            outer.full_feedback if self.full_feedback is None else self.full_feedback,
            self.hint,
            self.description,
        )


def folder_settings(keys: Keys) -> Settings:
    """The keys of test_group.yaml that its test cases inherit. The caller takes the others."""
    if keys.take("input_visualizer_args", texts, ()):
        keys.warn("input_visualizer_args", "has no effect: no judge runs the input visualizer")
    return Settings(
        output=keys.take("output_validator_args", texts, None),
        input=keys.take("input_validator_args", _input_args, None),
        args=keys.take("args", texts, None),
        visualizer=keys.take("output_visualizer_args", texts, None),
        full_feedback=keys.take("full_feedback", flag, None),
    )


def case_settings(keys: Keys) -> Settings:
    """The keys of a test case's own file. The caller says what else is in it."""
    return replace(
        folder_settings(keys), hint=keys.take("hint", note, ""), description=keys.take("description", note, "")
    )


def check_feedback(keys: Keys, own: Settings, top: str, *, full: bool = False) -> None:
    """Refuse what a team would have to be shown once it has failed a test case in the folder *top* of data.

    "Test cases with `full_feedback` set to `true` are shared with solvers only after a submission fails on that test
    case"; "if a `hint` is specified for a `full_feedback` test case, it should also be shown to the solver after
    failing". *full*: it is such a case. Of other cases nobody has to be shown a hint. A sample is shown to everybody;
    that the output and the error messages of what fails it "should also be displayed" is told where it is asked for.
    """
    if own.full_feedback and top == "secret":
        keys.error("full_feedback", f"true is not supported outside of data/sample: {_SHOWN}")
    if own.full_feedback and top == "sample":
        keys.warn("full_feedback", "a team that fails a sample is not shown its output and its error messages")
    if own.hint and full and top == "sample":
        keys.error("hint", f"is not supported where full_feedback is true, as in data/sample by default: {_SHOWN}")


def legacy_settings(keys: Keys, validators: Sequence[str]) -> Settings:
    """The flags of a testdata.yaml. The caller takes the other keys."""
    return Settings(
        output=_legacy_output_args(keys, validators),
        input=keys.take("input_validator_flags", _legacy_input_args, None),
    )


def validator_args(own: tuple[str, ...] | None, metadata: Metadata, validators: Sequence[Program]) -> tuple[str, ...]:
    """Legacy: problem.yaml's flags "to each of the output validators", and testdata.yaml's, *own*, behind them. Pure.

    Where the default validator does not take both together, as the tolerance is set twice, the folder's alone.
    """
    both = (*metadata.validator_flags, *(own or ()))
    if own and not validators:
        try:
            Flags.parse(both)
        except ValueError:
            return own
    return both


def check_arguments(
    case: TestCase,
    metadata: Metadata,
    validators: Sequence[Program],
    input_validators: Sequence[Program],
    findings: Findings,
) -> None:
    """The arguments that a case has for validators must be for such as there are, and the default one take its own."""
    if not validators and not case.name.startswith("invalid_input/"):
        try:
            Flags.parse(case.validator_args, again=metadata.format != "2025-09")
        except ValueError as error:
            where = "problem.yaml" if case.validator_args == metadata.validator_flags else f"data/{case.name}"
            findings.error(where, f"arguments of the output validator: {error}")
    names = [program.name for program in input_validators]
    for name in case.input_validator_args:
        if name and not {name, name.rpartition(".")[0]} & set(names):
            say = findings.error if metadata.format == "2025-09" else findings.warn
            say(f"data/{case.name}", f"input_validator_args: {name!r} is none of {', '.join(names) or 'no validators'}")


def _input_args(value: Any) -> InputArgs:
    if isinstance(value, dict):
        return {str(name): texts(args) for name, args in value.items()}
    try:
        return {"": texts(value)}
    except ValueError as error:
        raise ValueError(f"{error}, or a map of validators to such sequences") from None


def _legacy_input_args(value: Any) -> InputArgs:
    if isinstance(value, dict):
        name, flags = _named(value)
        return {name: flags}
    return {"": words(value)}


def _legacy_output_args(keys: Keys, validators: Sequence[str]) -> tuple[str, ...] | None:
    """A string of flags, a validator's name, or a map of both: the format has them all.

    "If a string, this is the name of the output validator", says its table, under a key that it introduces as flags: a
    string that names an output validator of the package is its name; any other one are flags.
    """
    key = "output_validator_flags"
    chosen: list[str] = []

    def kind(value: Any) -> tuple[str, ...]:
        if isinstance(value, dict):
            name, flags = _named(value)
            if name not in validators:
                raise ValueError(f"must name an output validator of the package ({', '.join(validators) or 'none'})")
            chosen.append(name)
            return flags
        flags = words(value)
        if len(flags) == 1 and flags[0] in validators:
            chosen.append(flags[0])
            return ()
        return flags

    args = keys.take(key, kind, None)
    if chosen and len(validators) > 1:
        keys.unsupported(key, "choosing one of several output validators is")
    return args


def _named(value: dict[Any, Any]) -> tuple[str, tuple[str, ...]]:
    if set(value) - {"name", "flags"} or "name" not in value:
        raise ValueError("must be a string, or a map with the keys name and flags")
    return text(value["name"]), words(value.get("flags", ""))
