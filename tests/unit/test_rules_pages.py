"""The pages of the rules: each worked example is read from its page and scored by the real fold, so neither can drift."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path

import pytest
import yaml

from clics.times import parse_reltime
from schemas.events import Judgement, RejudgingApplied, RejudgingCreated, SubmissionHacked
from streams.scoring import rules
from streams.scoring.canonical import reltime
from streams.scoring.project import Cell, Row, active, board, find
from streams.scoring.ranking import ranked
from streams.scoring.rules import RULES, find_rules
from tests.contest_log import START, ContestLog, problem

PAGES = Path(__file__).parents[2] / "docs" / "rules"
PENDING = "–"

Table = list[dict[str, str]]


def blocks(page: Path) -> Iterator[tuple[str, str]]:
    """The worked example of a page as (kind, text): yaml fences, tables, headings."""
    text = page.read_text().partition("\n## Worked example\n")[2].partition("\n## ")[0]
    pattern = r"^```yaml\n(?P<yaml>.*?)^```$|^(?P<heading>### [^\n]*)$|(?P<table>(?:^\|[^\n]*\|\n)+)"
    for found in re.finditer(pattern, text, re.MULTILINE | re.DOTALL):
        yield found.lastgroup, found[0] if found.lastgroup != "yaml" else found["yaml"]


def table(text: str) -> Table:
    header, _, *rows = ([one.strip() for one in line.strip("|").split("|")] for line in text.strip().splitlines())
    return [dict(zip(header, row, strict=True)) for row in rows]


@dataclass
class Example:
    """What a page has said so far."""

    settings: dict = field(default_factory=dict)
    submissions: Table = field(default_factory=list)
    hacks: Table = field(default_factory=list)
    after_system_tests: bool = False
    boards: int = 0

    @property
    def scale(self) -> int:
        return int(self.settings.get("score_scale", 1))

    def scaled(self, text: str) -> int:
        found = Fraction(text) * self.scale
        assert found.denominator == 1, f"{text} is finer than the contest's precision"
        return int(found)

    def log(self) -> ContestLog:
        """The example's contest, with all that it says about it."""
        teams = sorted({one["team"] for one in self.submissions} | {one["hacker"] for one in self.hacks})
        weights = self.settings.get("problems", {})
        points = any(one.get("points") for one in self.submissions)
        problems = sorted({one["problem"] for one in self.submissions} | set(weights))
        log = ContestLog(teams)
        log.define(
            duration=parse_reltime(self.settings.get("duration", "5:00:00")),
            scoreboard_freeze_duration=None,
            score_scale=self.scale,
            rule=self.settings["rule"],
            parameters=self.settings.get("parameters", {}),
            problems=tuple(
                problem(
                    id_,
                    place,
                    weight=int(weights.get(id_, {}).get("weight", 1)),
                    max_score=100 * self.scale if points else None,
                )
                for place, id_ in enumerate(problems, 1)
            ),
        )
        for one in self.submissions:
            id_ = log.submit(
                one["team"], one["problem"], one["time"], id_=f"{one['team']} {one['problem']} {one['time']}"
            )
            if one["verdict"] != PENDING:
                log.judge(id_, one["verdict"], **self.scores(one))
        for one in self.hacks:
            hacked = log.submission(one["hacked submission"])
            log.recorded_at = START + parse_reltime(one["time"])
            about = {"submission_id": hacked.id, "team_id": hacked.team_id, "problem_id": hacked.problem_id}
            log.act(SubmissionHacked, **about, by_team_id=one["hacker"], successful=one["outcome"] == "successful")
        if self.after_system_tests:
            ids = tuple(event.submission_id for _, event in log.events if isinstance(event, Judgement))
            number = log.act(RejudgingCreated, submission_ids=ids)
            for id_, one in zip(ids, self.submissions, strict=True):
                log.judge(id_, one["system tests"], number)
            log.act(RejudgingApplied, rejudging=number)
        return log

    def scores(self, one: dict[str, str]) -> dict:
        if not one.get("points"):
            return {}
        groups = tuple(self.scaled(score) for score in one.get("subtasks", "").split())
        return {"score": self.scaled(one["points"]), "group_scores": groups}

    # ---- boards ----------------------------------------------------------------------------------------------------

    def check(self, expected: Table) -> None:
        log = self.log()
        state = log.state()
        rows = ranked(board(state, find(state, active(state)), "jury").rows)
        shown = [{name: self.shown(name, rank, row) for name in expected[0]} for rank, row in rows]
        assert shown == expected
        assert log.canonical()
        self.boards += 1

    def shown(self, name: str, rank: int | None, row: Row) -> str:
        match name:
            case "rank":
                return str(rank)
            case "team":
                return row.team_id
            case "solved":
                return str(row.num_solved)
            case "penalty":
                return reltime(row.total_time)
            case "points":
                return self.points(row.score)
            case "last gain":
                return "–" if row.time is None else reltime(row.time)
        return self.cell(next(cell for cell in row.cells if cell.problem_id == name))

    def cell(self, cell: Cell) -> str:
        judged = str(cell.num_judged) if cell.score is None else self.points(cell.score)
        if cell.num_pending:
            return f"{judged}+{cell.num_pending}?" if cell.num_judged else f"{cell.num_pending}?"
        if cell.num_judged == 0:
            return ""
        if cell.score is not None:
            return judged
        return f"{judged}/{cell.time // 60_000 if cell.solved else '–'}"

    def points(self, scaled: int) -> str:
        whole, rest = divmod(abs(scaled), self.scale)
        digits = len(str(self.scale)) - 1
        text = f"{whole}.{rest:0{digits}}".rstrip("0").rstrip(".") if rest else str(whole)
        return f"-{text}" if scaled < 0 else text


def check_page(page: Path) -> None:
    example = Example()
    for kind, text in blocks(page):
        if kind == "yaml":
            example.settings |= yaml.load(text, yaml.BaseLoader)  # a SafeLoader that knows texts alone
        elif kind == "heading":
            example.after_system_tests = text == "### After the system tests"
        else:
            found = table(text)
            if "rank" in found[0]:
                example.check(found)
            elif "hacker" in found[0]:
                example.hacks = found
            else:
                example.submissions = found
    assert example.boards > 0


@pytest.mark.parametrize("rule", sorted(RULES))
def test_the_worked_example_of_a_rules_page_is_what_the_fold_says(rule):
    check_page(PAGES / f"{rule}.md")


def test_the_whole_rule_of_the_page_on_writing_rules_is_one_file_that_works(tmp_path, monkeypatch):
    page = PAGES / "writing-a-rule.md"
    source = page.read_text().partition("\n## A whole rule\n")[2].partition("```python\n")[2].partition("```\n")[0]
    folder = tmp_path / "more_rules"
    folder.mkdir()
    (folder / "__init__.py").touch()
    (folder / "quiz.py").write_text(source)
    monkeypatch.syspath_prepend(str(tmp_path))
    found = find_rules("more_rules", [str(folder)])
    assert list(found) == ["quiz"]
    monkeypatch.setattr(rules, "RULES", {**RULES, **found})
    check_page(page)


def test_every_page_is_of_a_rule_and_names_its_parameters():
    assert {page.stem for page in PAGES.glob("*.md")} - {"writing-a-rule"} == set(RULES)
    for name in RULES:
        text = (PAGES / f"{name}.md").read_text()
        listed = set(re.findall(r"^\| `(\w+)` \|", text, re.MULTILINE))
        with pytest.raises(ValueError, match="no parameter 'nonsense'; it has") as refused:
            rules.make_rule(name, rules.Scope(0, 0, 1), {"nonsense": ""})
        assert set(str(refused.value).rpartition("it has ")[2].split(", ")) == listed
