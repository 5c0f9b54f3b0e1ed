"""What a measurement is: medians and ranges over alternating runs, against a baseline of the same run."""

from __future__ import annotations

import json
import statistics
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TypeVar

__all__ = ["Result", "alternate", "keep", "percentile", "pooled", "result"]

A = TypeVar("A")
B = TypeVar("B")


@dataclass(frozen=True, slots=True)
class Result:
    """One line of `bench/results.json`.

    `median`, `min` and `max` are the runs' values. `ratio` is the median of the runs' values over the baseline's of the
    same pair, where there is a baseline. `bar` and `aim` are on the ratio where there is one, on the value elsewhere;
    `ok` says that the median meets the bar, None without a bar: half of the runs may be worse, one good run is not enough.
    """

    name: str
    unit: str
    median: float
    min: float
    max: float
    n: int
    baseline: float | None = None
    ratio: float | None = None
    ratio_min: float | None = None
    ratio_max: float | None = None
    bar: float | None = None
    aim: float | None = None
    ok: bool | None = None


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
    ratios = [a / b for a, b in zip(runs, baseline, strict=True)] if baseline else None
    judged = ratios or runs
    ok = None
    if bar is not None:
        middle = statistics.median(judged)
        ok = middle <= bar if smaller_is_better else middle >= bar
    return Result(
        name=name,
        unit=unit,
        median=round(statistics.median(runs), 3),
        min=round(min(runs), 3),
        max=round(max(runs), 3),
        n=len(runs),
        baseline=round(statistics.median(baseline), 3) if baseline else None,
        ratio=round(statistics.median(ratios), 3) if ratios else None,
        ratio_min=round(min(ratios), 3) if ratios else None,
        ratio_max=round(max(ratios), 3) if ratios else None,
        bar=bar,
        aim=aim,
        ok=ok,
    )


def pooled(name: str, unit: str, runs: Sequence[Sequence[float]], p: float, *, bar: float | None = None) -> Result:
    """A percentile of few values a run: `median` is that of all runs' values together, the range the runs' own."""
    each = [percentile(values, p) for values in runs]
    every = [value for values in runs for value in values]
    return Result(
        name=name,
        unit=unit,
        median=round(percentile(every, p), 3),
        min=round(min(each), 3),
        max=round(max(each), 3),
        n=len(runs),
        bar=bar,
        ok=None if bar is None else percentile(every, p) <= bar,
    )


def alternate(ours: Callable[[], A], baseline: Callable[[], B], runs: int = 5) -> tuple[list[A], list[B]]:
    """Both in turn, A B A B …, after one warm-up of each: the machine's drift hits both alike."""
    ours()
    baseline()
    pairs = [(ours(), baseline()) for _ in range(runs)]
    return [a for a, _ in pairs], [b for _, b in pairs]


def keep(path: Path, module: str, results: Iterable[Result]) -> None:
    """Replace the module's lines in the file of results by these, leave the other modules' as they are."""
    before = json.loads(path.read_text()) if path.exists() else []
    lines = [line for line in before if line.get("module") != module]
    lines += [{"module": module, **asdict(one)} for one in results]
    path.with_suffix(".new").write_text(json.dumps(lines, indent=2) + "\n")
    path.with_suffix(".new").replace(path)
