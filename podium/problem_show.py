"""What a problem package says, for people and as JSON. Pure but for the files' sizes."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

from rich.console import RenderableType
from rich.table import Table

from packages.model import JurySubmission, ProblemPackage, Program, Requirement
from packages.store import KeptLimit
from packages.timing import bounds_above, bounds_below
from podium.plain import plain

__all__ = ["Shown", "listed", "short", "summary", "whole"]

_UNITS: Final = (("GiB", 1 << 30), ("MiB", 1 << 20), ("KiB", 1 << 10))


@dataclass(frozen=True, slots=True)
class Shown:
    """A package, and what is kept of its time limit beside it in the store, if anything."""

    package: ProblemPackage
    kept: KeptLimit | None = None

    @property
    def time_limit_ms(self) -> int:
        """The package's own, or the measured one; 0 where it has not been measured."""
        return self.package.limits.time_limit_ms or (self.kept.time_limit_ms if self.kept else 0)

    @property
    def origin(self) -> str:
        """Where the time limit comes from."""
        if self.package.limits.time_limit_ms:
            return self.package.timing.stated
        if self.kept:
            return f"measured: {self.kept.because}"
        return "not stated, and not measured yet: `podium problem add` does"


def listed(shown: list[Shown]) -> Table:
    """A line a package."""
    table = Table("digest", "name", "type", "format", box=None, pad_edge=False)
    for name in ("time limit", "memory", "tests"):
        table.add_column(name, justify="right")
    for one in shown:
        package = one.package
        table.add_row(
            package.digest[:12],
            plain(package.name),
            ", ".join(sorted(package.types)),
            package.format,
            _seconds(one.time_limit_ms) + ("" if package.limits.time_limit_ms or not one.kept else " (measured)"),
            f"{package.limits.memory_mib} MiB",
            str(len(package.test_cases)),
        )
    return table


def short(one: Shown) -> list[str]:
    """A few lines on a package that was added."""
    limits = one.package.limits
    said = (
        f"{_seconds(one.time_limit_ms)} ({one.origin})",
        f"{limits.memory_mib} MiB of memory",
        f"{limits.output_mib} MiB of output",
        f"{limits.code_kib} KiB of source",
        f"{len(one.package.test_cases)} tests",
        f"format {one.package.format}",
    )
    lines = [f"{one.package.digest}  {plain(one.package.name).plain}", f"    {'; '.join(said)}"]
    if one.kept is not None and one.kept.lacking:
        lines.append(f"    {one.kept.lacking}; --measure judges them anew")
    if limits.time_limit_ms and one.kept is None:
        against = "its submissions" if one.package.format == "2025-09" else "time_multiplier"
        lines.append(f"    nothing was judged: that time limit was not compared with {against}; --measure does it")
    return lines


def summary(one: Shown) -> dict[str, Any]:
    """The package in short, as JSON."""
    package, limits = one.package, one.package.limits
    return {
        "digest": package.digest,
        "name": package.name,
        "uuid": package.uuid,
        "format": package.format,
        "types": sorted(package.types),
        "tests": len(package.test_cases),
        "time_limit_ms": one.time_limit_ms or None,
        "time_limit_origin": one.origin,
        "time_limit_judged": [one.kept.judged, one.kept.bounding] if one.kept else None,
        "limits_stated": sorted(limits.stated),
        "memory_mib": limits.memory_mib,
        "output_mib": limits.output_mib,
        "code_kib": limits.code_kib,
        "compilation_time_s": limits.compilation_time_s,
        "compilation_memory_mib": limits.compilation_memory_mib,
        "validation_time_s": limits.validation_time_s,
        "validation_memory_mib": limits.validation_memory_mib,
        "validation_output_mib": limits.validation_output_mib,
    }


def whole(one: Shown) -> dict[str, Any]:
    """All that there is to show, as JSON; sizes in bytes."""
    package = one.package
    timing = package.timing
    return summary(one) | {
        "short_name": package.short_name,
        "names": dict(package.names),
        "statements": dict(package.statements),
        "attachments": list(package.attachments),
        "languages": sorted(package.languages) if package.languages is not None else "all",
        "file_writing": package.file_writing,
        "show_test_data_groups": package.shows_groups,
        "passes": package.passes,
        "timing": {
            "ac_to_time_limit": timing.ac_to_time_limit,
            "time_limit_to_tle": timing.time_limit_to_tle,
            "resolution_ms": timing.resolution_ms,
        },
        "constants": dict(package.constants),
        "origin": {
            "credits": {kind: list(names) for kind, names in package.origin.credits.items()},
            "source": list(package.origin.source),
            "license": package.origin.license,
            "rights_owner": package.origin.rights_owner or None,
            "embargo_until": package.origin.embargo_until.isoformat() if package.origin.embargo_until else None,
            "keywords": list(package.origin.keywords),
            "version": package.origin.version or None,
        },
        "groups": [
            {
                "name": group.name,
                "tests": sum(case.group == group.name for case in package.test_cases),
                "aggregation": group.aggregation,
                "max_score": None if group.max_score is None else float(group.max_score),
                "require_pass": list(group.require_pass),
            }
            for group in package.groups
        ],
        "test_cases": [
            {
                "name": case.name,
                "group": case.group,
                "input_bytes": case.input.stat().st_size,
                "answer_bytes": case.answer.stat().st_size,
                "args": list(case.args),
                "validator_args": list(case.validator_args),
                "files": [name for name, _ in case.files],
                "full_feedback": case.full_feedback,
                "hint": case.hint or None,
                "description": case.description or None,
            }
            for case in package.test_cases
        ],
        "programs": [{"kind": kind, "name": p.name, "language": _language(p)} for kind, p in _programs(package)],
        "submissions": [
            {
                "name": submission.name,
                "language": submission.language,
                "expected": sorted(submission.expected),
                "requirements": [_requirement(r) for r in submission.requirements],
                "score": [float(bound) for bound in submission.score] if submission.score else None,
                "manual": submission.manual or None,
                "time_limit": _use(submission) or None,
                "authors": list(submission.authors),
                "model_solution": submission.model_solution,
            }
            for submission in package.submissions
        ],
        "warnings": list(package.warnings),
    }


def for_people(one: Shown) -> Iterator[RenderableType]:
    """The same in tables."""
    found = whole(one)
    package, limits, origin = one.package, one.package.limits, one.package.origin
    compilation = f"{limits.compilation_time_s} s, {limits.compilation_memory_mib} MiB"
    validation = f"{limits.validation_time_s} s, {limits.validation_memory_mib} MiB, {limits.validation_output_mib} MiB of output"
    facts = Table(box=None, show_header=False, pad_edge=False, title=plain(package.name), title_justify="left")
    rows = [
        ("digest", package.digest),
        ("uuid", package.uuid or ""),
        ("version", origin.version),
        ("format", f"{package.format}; {', '.join(sorted(package.types))}"),
        ("names", ", ".join(f"{name} ({code})" for code, name in package.names.items())),
        ("credits", "; ".join(f"{kind}: {', '.join(names)}" for kind, names in origin.credits.items())),
        ("source", ", ".join(origin.source)),
        ("license", origin.license + (f", {origin.rights_owner}" if origin.rights_owner else "")),
        ("embargo until", f"{origin.embargo_until:%Y-%m-%d %H:%M:%S} UTC" if origin.embargo_until else ""),
        ("keywords", ", ".join(origin.keywords)),
        ("statements", ", ".join(package.statements.values())),
        ("attachments", ", ".join(package.attachments)),
        ("languages", "all" if package.languages is None else ", ".join(sorted(package.languages))),
        ("time limit", f"{_seconds(one.time_limit_ms)} ({one.origin})"),
        ("memory", _limit(one, "memory", f"{limits.memory_mib} MiB")),
        ("output", _limit(one, "output", f"{limits.output_mib} MiB")),
        ("code", _limit(one, "code", f"{limits.code_kib} KiB")),
        ("compilation", _limit(one, "compilation_time compilation_memory", compilation)),
        ("validation", _limit(one, "validation_time validation_memory validation_output", validation)),
        ("passes", str(package.passes) if package.passes > 1 else ""),
        ("constants", ", ".join(f"{name}={value}" for name, value in package.constants.items())),
        ("programs", ", ".join(f"{p['kind']} {p['name']} ({p['language']})" for p in found["programs"])),
    ]
    for name, value in rows:
        if value:
            facts.add_row(name, plain(value))
    yield facts
    if package.groups:
        yield _table("group", found["groups"], ("name", "tests", "aggregation", "max_score", "require_pass"))
    yield _table(
        "test case",
        found["test_cases"],
        ("name", "input_bytes", "answer_bytes", "args", "validator_args", "hint", "description"),
    )
    yield _table(
        "submission",
        [s | {"expected": s["expected"] or [s["manual"]]} for s in found["submissions"]],
        ("name", "language", "expected", "score", "time_limit", "authors"),
    )
    for warning in package.warnings:
        yield plain(f"warning: {warning}", "yellow")


def _limit(one: Shown, keys: str, value: str) -> str:
    """A limit, and where it comes from."""
    stated = [key for key in keys.split() if key in one.package.limits.stated]
    return f"{value} ({'problem.yaml: limits.' + ', '.join(stated) if stated else 'by default'})"


def _table(first: str, rows: list[dict[str, Any]], keys: tuple[str, ...]) -> Table:
    """The keys for which any row says something."""
    kept = [key for key in keys if any(row[key] not in (None, "", []) for row in rows)]
    table = Table(box=None, pad_edge=False)
    for key in kept:
        size = key.endswith("_bytes")
        heading = first if key == "name" else key.removesuffix("_bytes").replace("_", " ")
        table.add_column(heading, justify="right" if size or key == "tests" else "left")
    for row in rows:
        table.add_row(*(plain(_cell(key, row[key])) for key in kept))
    return table


def _cell(key: str, value: Any) -> str:
    if value is None:
        return ""
    if key.endswith("_bytes"):
        return _size(value)
    if isinstance(value, list):
        return ", ".join(f"{one:g}" if isinstance(one, float) else str(one) for one in value)
    return f"{value:g}" if isinstance(value, float) else str(value)


def _seconds(ms: int) -> str:
    return f"{ms / 1000:g} s" if ms else "no time limit"


def _size(count: int) -> str:
    return next((f"{count / unit:.1f} {name}" for name, unit in _UNITS if count >= unit), f"{count} B")


def _programs(package: ProblemPackage) -> Iterator[tuple[str, Program]]:
    yield from (("input validator", program) for program in package.input_validators)
    yield from (("output validator", program) for program in package.validators)
    others = {
        "static validator": package.static_validator,
        "output visualizer": package.output_visualizer,
        "grader": package.grader,
    }
    yield from ((kind, program) for kind, program in others.items() if program is not None)


def _language(program: Program) -> str:
    return "build and run" if program.own_build else program.language or "a grammar"


def _use(submission: JurySubmission) -> str:
    below, above = bounds_below(submission.requirements), bounds_above(submission.requirements)
    return " and ".join(word for word, found in (("lower bound", below), ("upper bound", above)) if found)


def _requirement(requirement: Requirement) -> dict[str, Any]:
    return {
        "rule": requirement.source,
        "tests": requirement.tests or None,
        "permitted": sorted(requirement.permitted),
        "required": sorted(requirement.required),
        "message": requirement.message or None,
        "score": [float(bound) for bound in requirement.score] if requirement.score else None,
    }
