"""How many tests of the submissions that are being judged have been run."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from api.access import Scene, Viewer, progress
from schemas.live import Stored

__all__ = ["Progress"]


@dataclass(slots=True)
class _Judging:
    """A judgement that has not ended: how far its latest attempt has come, of how many tests, and when that last changed."""

    facts: dict[str, Any]
    attempt: int
    tests: int | None
    judged: int = 0
    samples: set[int] = field(default_factory=set)
    changed: int = 0


class Progress:
    """Judgements under way: as many as are being judged. `count` is how many changes there were."""

    def __init__(self) -> None:
        self.count = 0
        self._judging: dict[str, _Judging] = {}

    def take(self, judgement: Stored, batch: Stored, tests: int | None) -> None:
        """A batch of its runs has come, which are told in their order; *tests*: how many its problem has."""
        id_, attempt = batch.facts["judgement"], batch.facts["attempt"]
        found = self._judging.get(id_)
        if found is None or found.attempt != attempt:
            found = self._judging[id_] = _Judging(judgement.facts, attempt, tests)
        self.count += 1
        found.facts, found.changed = judgement.facts, self.count
        found.judged = batch.object[-1][0]
        found.samples.update(batch.facts["samples"])

    def drop(self, judgement: str) -> None:
        """It has ended."""
        self._judging.pop(judgement, None)

    def clear(self) -> None:
        """Nothing is known to be judged."""
        self._judging.clear()

    def since(self, count: int, viewer: Viewer, scene: Scene) -> Iterator[dict[str, Any]]:
        """What the viewer may be told of those that changed behind a count."""
        for id_, one in self._judging.items():
            if one.changed <= count:
                continue
            told = progress(viewer, one.judged, len(one.samples), one.facts, scene)
            if told is not None:
                judged, whole = told
                found = {"judgement_id": id_, "submission_id": one.facts["submission"], "judged": judged}
                yield found | ({"tests": one.tests} if whole and one.tests is not None else {})
