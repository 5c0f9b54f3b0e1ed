"""The page when something is away, has ended or is not there yet: it says so, and goes on by itself."""

import json

import pytest
from playwright.sync_api import expect

from schemas.events import StartMoved, Transitioned
from tests.api.world import HOUR, PASSWORD, now
from tests.browser.test_page import cell, login
from tests.wait import until


@pytest.fixture(scope="module")
def c(world):
    contest = world.contest("trouble", teams=4)
    world.row(contest, "t1", {"a": 10})
    world.appears(contest)
    return contest


def refuse(status, message, **headers):
    """Answers like the API's own."""
    body = json.dumps({"code": status, "message": message})
    return lambda route: route.fulfill(status=status, content_type="application/json", body=body, headers=headers)


PAGES = {
    "/": "The contest called trouble",
    "/contests/trouble": "Team 1",
    "/contests/trouble/problems": "Problem A",
    "/contests/trouble/problems/pa": "no statement",
    "/contests/trouble/submissions": "Nothing has been submitted yet",
    "/contests/trouble/submit": "Source files",
}
"""Every page, and what it shows."""

LONGER_MS = 20_000
"""Longer than a page waits before it tries again."""


def test_a_page_opened_while_the_server_is_away_comes_by_itself(page, world, c):
    login(page, f"{c}-t1", f"/contests/{c}")
    page.clock.install()
    for path, shows in PAGES.items():
        page.route("**/api/**", lambda route: route.abort())
        page.goto(path)
        expect(page.locator("main")).to_contain_text("The server cannot be reached. Trying again …")
        expect(page.locator("#connection")).to_have_text("reconnecting …")
        page.unroute("**/api/**")
        page.clock.fast_forward(LONGER_MS)
        expect(page.locator("main"), path).to_contain_text(shows, timeout=30_000)
        expect(page.locator("#connection.lost:visible"), path).to_have_count(0, timeout=30_000)


def test_a_board_comes_over_a_websocket_where_no_events_come_through(page, world, c):
    page.route("**/scoreboard/stream*", lambda route: route.abort())
    page.goto(f"/contests/{c}")
    expect(cell(page, "t1", 1)).to_contain_text("1/10")
    expect(page.locator("#connection")).to_have_text("live")


def test_a_logout_that_fails_is_said(page, c):
    login(page, f"{c}-t1", f"/contests/{c}")
    expect(page.locator("#connection")).to_have_text("live")
    failures = (
        (
            lambda route: route.fulfill(status=502, body="bad gateway", content_type="text/html"),
            "the server answered 502",
        ),
        (refuse(429, "too many requests"), "too many requests"),
        (lambda route: route.abort(), "the server cannot be reached"),
    )
    said = page.locator("header").get_by_role("alert")
    for fail, why in failures:
        page.route("**/api/session", fail)
        page.get_by_role("button", name="Log out").click()
        expect(said).to_have_text(f"You are still logged in: {why}. Try again.")
        page.unroute("**/api/session")
    page.get_by_role("button", name="Log out").click()
    expect(page.get_by_role("link", name="Log in")).to_be_visible()
    expect(page.get_by_role("alert")).to_have_count(0)


def test_a_view_that_is_being_rebuilt_is_waited_for(page, c):
    page.route("**/api/**/problems", refuse(503, "the view is being rebuilt", **{"retry-after": "1"}))
    page.goto(f"/contests/{c}/problems")
    expect(page.locator("main")).to_contain_text("the view is being rebuilt. Trying again …")
    page.unroute("**/api/**/problems")
    expect(page.locator("main")).to_contain_text("Problem A", timeout=15_000)


def begin(world, contest):
    """The start is moved to a moment ago, and has come."""
    start = now() - 1000
    world.add(StartMoved(**world.stamp(contest), id="m", start_time=start))
    world.add(Transitioned(**world.stamp(contest), id="s", kind="started", planned_at=start))
    until(lambda: len(world.get(f"/api/contests/{contest}/problems").json()) == 3, 15, "the problems are told")


def test_a_teams_problems_come_with_the_start(page, world):
    contest = world.contest("begins", start_time=now() + HOUR)
    world.appears(contest)
    login(page, f"{contest}-t1", f"/contests/{contest}/problems")
    expect(page.locator("main")).to_contain_text("shown when the contest starts")
    form = page.context.new_page()
    form.goto(f"/contests/{contest}/submit?problem=pb")
    form.get_by_label("Source code").fill("int main() {}")
    expect(form.get_by_label("Problem")).to_contain_text("Shown when the contest starts")
    begin(world, contest)
    expect(page.locator("tbody tr")).to_have_count(3)
    expect(form.get_by_label("Problem")).to_have_value("pb")
    expect(form.get_by_label("Source code")).to_have_value("int main() {}")


def test_a_spectators_problems_come_with_the_start(page, world):
    contest = world.contest("watched", start_time=now() + HOUR)
    world.appears(contest)
    page.clock.install()
    page.goto(f"/contests/{contest}/problems")
    expect(page.locator("main")).to_contain_text("shown when the contest starts")
    begin(world, contest)
    page.clock.fast_forward(65_000)
    expect(page.locator("tbody tr")).to_have_count(3)


def log_in_here(page, username):
    """Through the login that the page shows by itself."""
    page.get_by_label("Login").fill(username)
    page.get_by_label("Password").fill(PASSWORD)
    page.locator("main").get_by_role("button", name="Log in").click()


@pytest.fixture
def second(world):
    """The second api process, which is there again when the test ends, whatever it has done."""
    yield "api-2"
    if "api-2" not in world.processes:
        world.start_api(2)


def test_when_a_killed_server_is_back_pages_go_on_and_who_has_no_session_any_more_logs_in(
    chromium, page, world, c, second
):
    url = world.url(2)
    watching = chromium.new_context()
    board = watching.new_page()
    board.goto(f"{url}/contests/{c}")
    page.goto(f"{url}/login?next=/contests/{c}/submissions")
    log_in_here(page, f"{c}-t1")
    for one in (board, page):
        expect(one.locator("#connection")).to_have_text("live")
    world.stop(second, kill=True)
    for one in (board, page):
        expect(one.locator("#connection")).to_have_text("reconnecting …")
    world.row(c, "t2", {"a": 20, "b": 50, "c": 25})
    page.context.clear_cookies()
    world.start_api(2)
    expect(board.locator("#connection")).to_have_text("live", timeout=30_000)
    expect(cell(board, "t2", 2)).to_contain_text("1/50")
    watching.close()
    expect(page.get_by_role("heading", name="Log in")).to_be_visible(timeout=30_000)
    expect(page.get_by_role("link", name="Log in")).to_be_visible()
    log_in_here(page, f"{c}-t1")
    expect(page.get_by_role("heading", name="Your submissions")).to_be_visible()


def test_a_contest_that_is_not_there_is_said_and_looked_for(page, world):
    page.clock.install()
    page.goto("/contests/someday")
    expect(page.locator("main")).to_contain_text("there is no contest 'someday'")
    expect(page.locator("#connection")).to_be_hidden()
    world.contest("someday")
    world.row("someday", "t1", {"a": 10})
    world.appears("someday")
    page.clock.fast_forward(16_000)
    expect(page.locator("tbody tr")).to_have_count(1)


def fill_in(page, code):
    page.get_by_label("Problem").select_option("pa")
    page.get_by_label("Language").select_option("cpp")
    page.get_by_label("Source code").fill(code)


def send(page):
    page.locator("main").get_by_role("button", name="Submit").click()


def test_what_is_sent_again_unchanged_counts_once(page, world, c):
    login(page, f"{c}-t2", f"/contests/{c}/submit")
    keys = []

    def lose(route):
        keys.append(route.request.headers["idempotency-key"])
        route.fetch()  # it arrives, and a proxy answers something of its own
        route.fulfill(status=500, body="?", content_type="text/plain")

    page.route("**/submissions", lambda route: lose(route) if route.request.method == "POST" else route.continue_())
    fill_in(page, "int main() { return 0; }")
    for count in (1, 2):
        send(page)
        expect(page.get_by_role("alert")).to_contain_text("the server answered 500")
        assert len(keys) == count
    page.get_by_label("Source code").fill("int main() { return 1; }")
    send(page)
    until(lambda: page.wait_for_timeout(50) or len(keys) == 3, 15, "the third was sent")
    expect(page.get_by_role("alert")).to_contain_text("the server answered 500")
    assert keys[0] == keys[1] != keys[2]
    assert len(world.get(f"/api/contests/{c}/submissions?team_id=t2").json()) == 2


def test_a_session_that_ends_before_a_submission_loses_no_text(page, world, c, tmp_path):
    login(page, f"{c}-t3", f"/contests/{c}/submit")
    fill_in(page, "int main() { return 3; }")
    page.context.clear_cookies()
    send(page)
    expect(page.get_by_role("heading", name="Log in")).to_be_visible()
    log_in_here(page, f"{c}-t3")
    expect(page.get_by_label("Source code")).to_have_value("int main() { return 3; }")
    expect(page.get_by_label("Problem")).to_have_value("pa")
    send(page)
    expect(page.locator("tbody tr")).to_have_count(1)
    page.get_by_role("navigation").get_by_role("link", name="Submit", exact=True).click()
    expect(page.get_by_label("Source code")).to_have_value("")


def test_the_form_opened_again_from_itself_goes_on(page, c):
    login(page, f"{c}-t4", f"/contests/{c}/submit")
    fill_in(page, "int main() { return 5; }")
    for _ in range(2):  # the second before the first has loaded
        page.get_by_role("navigation").get_by_role("link", name="Submit", exact=True).click()
    expect(page.locator("#connection")).to_have_text("live")
    expect(page.get_by_label("Source code")).to_have_value("int main() { return 5; }")
    send(page)
    expect(page.locator("tbody tr")).to_have_count(1)


def test_what_was_typed_is_nobody_elses(page, c):
    login(page, f"{c}-t1", f"/contests/{c}/submit")
    fill_in(page, "int main() { return 4; }")
    page.get_by_role("navigation").get_by_role("link", name="Problems").click()
    page.get_by_role("navigation").get_by_role("link", name="Submit", exact=True).click()
    expect(page.get_by_label("Source code")).to_have_value("int main() { return 4; }")
    expect(page.locator("#connection")).to_have_text("live")  # what the page asks for without a session shows the login
    page.context.clear_cookies()
    send(page)
    log_in_here(page, f"{c}-t2")
    expect(page.get_by_label("Source code")).to_have_value("")
