"""Which containers the submissions to come will need, by the packages and languages of the contests: to have them ready."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator

from judge.container import Shape
from judge.languages import LANGUAGES, Language, own_build
from judge.sandbox import Limits
from judge.shapes import Wanted, run_shape
from judge.sources import refused
from judge.testing import validation_limits
from packages.model import ProblemPackage

__all__ = ["needed_mib", "wanted_shapes"]


def wanted_shapes(contests: Iterable[tuple[Iterable[ProblemPackage], Iterable[str]]]) -> tuple[Wanted, ...]:
    """The kinds of containers that these packages in these languages take: those of most of them first. Pure.

    A contest is its packages and its languages; each package in each language that it may be solved in counts the same.
    Ties are in the order in which the contests name them.
    """
    found: Counter[Wanted] = Counter()
    for packages, languages in contests:
        known = [LANGUAGES[one] for one in languages if one in LANGUAGES]
        for package in packages:
            for language in known:
                if not refused(package, (), language.id):
                    found.update(list(dict.fromkeys(_of(package, language))))
    return tuple(wanted for wanted, _ in found.most_common())


def _of(package: ProblemPackage, language: Language) -> Iterator[Wanted]:
    """What one submission to the package in this language takes; its files are taken for small beside its limits."""
    limits = package.limits
    if "submit-answer" not in package.types:
        problem = Limits.of_problem(limits.time_limit_ms, limits.memory_mib, limits.output_mib)
        yield "run", run_shape(problem, language, writes=package.file_writing)
        yield "compile", Shape.of_compile(limits.compilation_memory_mib, language.compile_processes, language.image)
    for validator in package.validators:
        own = LANGUAGES.get(validator.language) or own_build(name for name, _ in validator.files)
        yield "validator", run_shape(validation_limits(package), own, writes=True)


def needed_mib(package: ProblemPackage, languages: Iterable[str]) -> int:
    """The memory that a slot may need at once to judge the package in these languages: both sides of an interaction. Pure."""
    shapes = wanted_shapes([((package,), languages)])
    most = {role: max((shape.memory_mib for of, shape in shapes if of == role), default=0) for role, _ in shapes}
    running = most.get("run", 0) + (most.get("validator", 0) if package.interactive else 0)
    return max([running, *most.values()], default=0)
