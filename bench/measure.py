"""What a measurement is: medians and ranges over alternating runs, against a baseline of the same run."""

from __future__ import annotations

import statistics
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from typing import Any

__all__ = ["Result", "alternate", "percentile", "result"]


@dataclass(frozen=True, slots=True)
class Result:
    """One line of `bench/results.json`.

    `ratio` is median over baseline where there is one. `bar` and `aim` are on the ratio where there is a baseline, on
    the value elsewhere; `ok` says that the interval [min, max] of the runs touches the bar, None without a bar.
    """

    name: str
    unit: str
    median: float
    min: float
    max: float
    n: int
    baseline: float | None = None
    ratio: float | None = None
    bar: float | None = None
    aim: float | None = None
    ok: bool | None = None

    def as_json(self) -> dict[str, Any]:
        """The object in results.json."""
        return asdict(self)


def percentile(values: Sequence[float], p: float) -> float:
    """The p-th percentile (0 to 100) by the nearest rank."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, max(0, round(p / 100 * (len(ordered) - 1))))]


def result(
    name: str,
    unit: str,
    runs: Sequence[float],
    *,
    baseline: Sequence[float] | None = None,
    bar: float | None = None,
    aim: float | None = None,
    smaller_is_better: bool = True,
) -> Result:
    """A Result from the runs' values; with a baseline, pair by pair: bar and aim are then on the ratio."""
    judged = [a / b for a, b in zip(runs, baseline, strict=True)] if baseline else list(runs)
    ok = None
    if bar is not None:
        ok = min(judged) <= bar if smaller_is_better else max(judged) >= bar
    return Result(
        name=name,
        unit=unit,
        median=round(statistics.median(runs), 3),
        min=round(min(runs), 3),
        max=round(max(runs), 3),
        n=len(runs),
        baseline=round(statistics.median(baseline), 3) if baseline else None,
        ratio=round(statistics.median(judged), 3) if baseline else None,
        bar=bar,
        aim=aim,
        ok=ok,
    )


def alternate(
    ours: Callable[[], float], baseline: Callable[[], float], runs: int = 5
) -> tuple[list[float], list[float]]:
    """Both in turn, A B A B …, after one warm-up of each: the machine's drift hits both alike."""
    ours()
    baseline()
    pairs = [(ours(), baseline()) for _ in range(runs)]
    return [a for a, _ in pairs], [b for _, b in pairs]
