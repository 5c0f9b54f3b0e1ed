"""A contest on a whole stack with a real judge, watched and played in a real browser that never reloads."""

import re
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import Locator, Page, expect
from rich.console import Console

from judge.image.build import ensure_image
from packages.read import read_package
from podium.commands.contest import apply_package
from podium.demo.cast import TEAMS, Cast, Plan, write_contest
from podium.stack.stack import Stack
from schemas.settings import Settings
from tests.conftest import free_port_base
from tests.producers import lending
from tests.stacks import end_at_once
from tests.wait import until

ROOT = Path(__file__).parents[2]
APPLES = ROOT / "problems" / "apples"
HOUR_MS, MINUTE_MS = 3_600_000, 60_000
PARTS = frozenset({"kafka", "redis", "live-sink", "scorer", "planner", "queue", "clock", "api", "judge"})
JUDGED_MS = 60_000
"""From a click to a verdict on a machine whose cores all of a stack's processes share."""


@dataclass(frozen=True, slots=True)
class Contest:
    """A contest on the stack, and what its teams log in with."""

    url: str
    plan: Plan
    cast: Cast

    @property
    def path(self) -> str:
        return f"/contests/{self.plan.id}"

    def login(self, team: int) -> tuple[str, str]:
        name = self.plan.username(TEAMS[team])
        return name, self.cast.passwords[name]

    def submit(self, team: int, source: str) -> str:
        """POST a jury submission as a team; gives the submission's id."""
        path = APPLES / "submissions" / source
        answer = httpx.post(
            f"{self.url}/api{self.path}/submissions",
            auth=self.login(team),
            data={"problem_id": "apples", "language_id": "c"},
            files={"code": (path.name, path.read_bytes())},
            timeout=30,
        )
        assert answer.status_code == 201, answer.text
        return answer.json()["id"]


def hold(stack: Stack, plan: Plan) -> Contest:
    """Put a contest of one problem onto the log; gives it when the api knows it and its problem."""
    cast = Cast.draw(plan)
    problems = [("apples", read_package(APPLES).name, APPLES)]
    root = write_contest(stack.settings.home / "contests" / plan.id, problems, plan, cast)
    apply_package(stack.settings, root, console=Console(quiet=True))
    url = stack.settings.url

    def known() -> bool:
        answer = httpx.get(f"{url}/api/contests/{plan.id}/problems")
        return answer.status_code == 200 and len(answer.json()) == 1

    until(known, 60, "the contest is in the view")
    return Contest(url, plan, cast)


def now() -> int:
    return time.time_ns() // 1_000_000


@pytest.fixture(scope="module")
def stack():
    """Every process that what a browser shows comes from, and one slot of a real judge."""
    ensure_image(Settings(home=ROOT / ".podium"), print)
    with tempfile.TemporaryDirectory(prefix="podium-browser-", ignore_cleanup_errors=True) as home:
        stack = Stack(Settings(home=Path(home), port_base=free_port_base(), judge_slots=1), only=PARTS)
        stack.start(240)
        try:
            with lending(stack.settings.kafka):
                yield stack
        finally:
            end_at_once(stack)


@pytest.fixture(scope="module")
def contest(stack):
    """The only contest of the site: it began an hour ago."""
    plan = Plan(now() - HOUR_MS, id="live", formal_name="The live contest", thaw_after_ms=None, rehearsal=False)
    return hold(stack, plan)


@pytest.fixture
def page(chromium, stack):
    """A page of its own; any error of its scripts fails the test."""
    context = chromium.new_context(base_url=stack.settings.url, reduced_motion="reduce")
    page = context.new_page()
    wrong: list[str] = []
    page.on("pageerror", lambda error: wrong.append(str(error)))
    yield page
    context.close()
    assert not wrong


def cell(page: Page, team: int) -> Locator:
    return page.locator(f'tr[data-team="{TEAMS[team].id}"] td .cell')


def enter(page: Page, contest: Contest, team: int) -> None:
    """Log in through the page."""
    name, password = contest.login(team)
    page.get_by_role("link", name="Log in").click()
    page.get_by_label("Login").fill(name)
    page.get_by_label("Password").fill(password)
    page.get_by_role("button", name="Log in").click()
    expect(page.get_by_role("button", name="Log out")).to_be_visible()


def test_a_contest_is_watched_and_played_without_a_reload(page, contest):
    page.goto("/")
    expect(page.locator("#contest-name")).to_have_text("The live contest")
    expect(page.locator("#connection")).to_have_text("live")
    page.evaluate("window.untouched = true")

    contest.submit(3, "accepted/apples.c")
    solved = cell(page, 3)
    expect(solved).to_have_class(re.compile(r"\bsolved first\b"), timeout=JUDGED_MS)
    expect(solved).to_have_text(re.compile(r"1/6\d"))
    expect(page.locator("tbody tr").first).to_have_attribute("data-team", TEAMS[3].id)

    contest.submit(5, "wrong_answer/int_overflow.c")
    expect(cell(page, 5)).to_have_class(re.compile(r"\bwrong\b"), timeout=JUDGED_MS)
    expect(cell(page, 5)).to_have_text("1/–")

    enter(page, contest, 7)
    page.get_by_role("navigation").get_by_role("link", name="Submit", exact=True).click()
    page.get_by_label("Problem").select_option("apples")
    page.get_by_label("Language").select_option("c")
    page.get_by_label("Source code").fill((APPLES / "submissions/accepted/apples.c").read_text())
    page.locator("main").get_by_role("button", name="Submit").click()
    expect(page.get_by_role("heading", name="Your submissions")).to_be_visible()
    expect(page.locator("tbody tr")).to_have_count(1)
    expect(page.locator("tbody .verdict")).to_have_text("Accepted", timeout=JUDGED_MS)
    expect(page.locator("tbody .late")).to_have_count(0)

    page.get_by_role("navigation").get_by_role("link", name="Scoreboard").click()
    expect(cell(page, 7)).to_have_class(re.compile(r"\bsolved\b"))
    expect(page.locator(f'tr[data-team="{TEAMS[7].id}"]')).to_have_class(re.compile("mine"))
    assert page.evaluate("window.untouched") is True


def test_what_comes_after_the_end_is_judged_and_shown_as_too_late(page, stack):
    plan = Plan(
        now() - HOUR_MS - MINUTE_MS,
        id="over",
        duration_ms=HOUR_MS,
        freeze_ms=0,
        thaw_after_ms=None,
        rehearsal=False,
        prefix="over-",
    )
    contest = hold(stack, plan)
    page.goto(contest.path)
    enter(page, contest, 2)
    page.get_by_role("navigation").get_by_role("link", name="Submissions").click()
    expect(page.locator(".empty")).to_contain_text("Nothing has been submitted yet")
    late = contest.submit(2, "accepted/apples.c")
    row = page.locator(f'tr[data-submission="{late}"]')
    expect(row.locator(".late")).to_have_text("too late")
    expect(row.locator(".verdict")).to_have_text("Accepted", timeout=JUDGED_MS)
    expect(page.locator(".toast").last).to_contain_text("Problem A: Accepted")
    expect(page.locator(".toast").last).to_contain_text("too late")
    page.get_by_role("navigation").get_by_role("link", name="Scoreboard").click()
    mine = page.locator(f'tr[data-team="{TEAMS[2].id}"]')
    expect(mine.locator(".solved-count")).to_have_text("0")
    expect(mine.locator(".cell")).to_have_count(0)
