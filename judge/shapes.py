"""The container that a run needs: what runs it and what keeps one ready must come to the same."""

from __future__ import annotations

from typing import Final

from judge.container import COMPILE, Shape
from judge.languages import LANGUAGES, Language
from judge.sandbox import Limits, Role
from packages import model

__all__ = ["USUAL", "USUAL_LIMITS", "Key", "Wanted", "run_shape"]

Wanted = tuple[Role, Shape]
"""A kind of container that is worth having ready."""

Key = tuple[int, Role, Shape]
"""A slot and a kind of container: those of one key can stand in for each other."""

_USUAL: Final = model.Limits(time_limit_ms=5000)

USUAL_LIMITS: Final = Limits.of_problem(_USUAL.time_limit_ms, _USUAL.memory_mib, _USUAL.output_mib)
"""Of a problem whose package states none, but for its time limit."""


def run_shape(limits: Limits, language: Language, *, given: int = 0, writes: bool = False) -> Shape:
    """The container for a run under these limits, with *given* bytes of files, which *writes* files or not. Pure."""
    return Shape.of_run(
        memory_mib=limits.memory_mib + language.memory_extra_mib,
        output_bytes=limits.output_bytes,
        processes=language.processes,
        image=language.image,
        files_bytes=given + (limits.output_bytes if writes else 0),
    )


USUAL: Final[tuple[Wanted, ...]] = (("run", run_shape(USUAL_LIMITS, LANGUAGES["cpp"])), ("compile", COMPILE))
"""Those of a C++ submission under the usual limits: what is ready where nobody knows better."""
