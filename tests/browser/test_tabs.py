"""Several tabs of one browser: none keeps another from the server, and all are of whoever is logged in now."""

from contextlib import contextmanager

import pytest
from playwright.sync_api import expect

from tests.browser.test_notifications import say
from tests.browser.test_page import login
from tests.browser.test_page_trouble import fill_in, log_in_here, send
from tests.wait import until

STREAMS = """
    window.streams = { opened: 0, closed: 0 };
    window.EventSource = class extends EventSource {
        constructor(...of) { super(...of); streams.opened += 1; }
        close() { super.close(); streams.closed += 1; }
    };
"""
"""Counts the event streams of a page."""

SEEN = "hidden => Object.defineProperty(document, 'hidden', { value: hidden, configurable: true })"
CHANGED = "document.dispatchEvent(new Event('visibilitychange'))"


@pytest.fixture(scope="module")
def c(world):
    contest = world.contest("tabs", teams=4)
    world.row(contest, "t1", {"a": 10})
    world.appears(contest)
    return contest


@contextmanager
def tab(page, path):
    """Another tab of the same browser."""
    other = page.context.new_page()
    other.goto(path)
    yield other
    other.close()


def log_in_as(page, username):
    page.goto("/login?next=/")
    log_in_here(page, username)
    expect(page.locator("#account")).to_contain_text(username)


def test_a_team_with_six_tabs_open_submits_and_opens_another(page, c):
    login(page, f"{c}-t1", f"/contests/{c}/submit")
    expect(page.locator("#connection")).to_have_text("live")
    for _ in range(5):
        other = page.context.new_page()
        other.goto(f"/contests/{c}/submissions")
        expect(other.locator("#connection")).to_have_text("live")
    fill_in(page, "int main() {}")
    send(page)
    expect(page.locator("tbody tr")).to_have_count(1)
    with tab(page, f"/contests/{c}/problems") as seventh:
        expect(seventh.locator("tbody tr")).to_have_count(3)


def test_a_tab_that_went_on_by_events_while_its_server_was_away_holds_none_of_the_six_for_long(page, c):
    page.add_init_script(STREAMS)
    sockets = []

    def serve(socket):
        sockets.append(socket)
        if len(sockets) != 2:  # the second is while the server is away
            socket.connect_to_server()
        else:
            socket.close()

    page.route_web_socket("**/notifications*", serve)
    login(page, f"{c}-t1", f"/contests/{c}/submissions")
    expect(page.locator("#connection")).to_have_text("live")
    sockets[0].close(code=1001)
    until(lambda: page.wait_for_timeout(50) or len(sockets) == 3, 15, "there is a WebSocket again")
    expect(page.locator("#connection")).to_have_text("live")
    assert page.evaluate("streams") == {"opened": 1, "closed": 1}


def test_a_browser_that_lets_a_page_open_no_websocket_has_its_own_by_events(page, c):
    page.add_init_script(
        "window.WebSocket = class { constructor() { throw new DOMException('no', 'SecurityError'); } };"
    )
    login(page, f"{c}-t1", f"/contests/{c}/submissions")
    expect(page.locator("#connection")).to_have_text("live")


def test_a_board_opened_in_the_background_holds_its_stream_for_a_minute(page, world):
    contest = world.contest("behind")
    world.row(contest, "t1", {"a": 10})
    world.appears(contest)
    page.clock.install()
    page.add_init_script(STREAMS)
    page.add_init_script(f"({SEEN})(true)")
    page.goto(f"/contests/{contest}")
    expect(page.locator("tbody tr")).to_have_count(1)
    page.clock.fast_forward(35_000)
    world.row(contest, "t2", {"a": 20})
    expect(page.locator("tbody tr")).to_have_count(2)
    page.clock.fast_forward(35_000)
    assert page.evaluate("streams.opened === streams.closed")
    world.row(contest, "t3", {"a": 30})
    page.evaluate(SEEN, False)
    page.evaluate(CHANGED)
    expect(page.locator("tbody tr")).to_have_count(3)


def of_team_1(page, world, name):
    """Have the page show the first team's unsent program, and a message that is its own; gives the contest."""
    contest = world.contest(name)
    world.appears(contest)
    login(page, f"{name}-t1", f"/contests/{contest}/submit")
    fill_in(page, "int main() { return 1; }")
    expect(page.locator("#connection")).to_have_text("live")
    say(world, contest, "first", "for team 1", to_team_ids=("t1",))
    expect(page.locator(".toast")).to_have_count(1)
    return contest


def test_all_tabs_are_of_whoever_logs_in_or_out_in_one(page, world):
    contest = of_team_1(page, world, "shared")
    with tab(page, f"/contests/{contest}") as other:
        other.get_by_role("button", name="Log out").click()
        expect(page.get_by_role("heading", name="Log in")).to_be_visible()
        expect(page.get_by_role("link", name="Log in")).to_be_visible()
        expect(page.locator(".toast")).to_have_count(0)
        say(world, contest, "second", "for team 1 again", to_team_ids=("t1",))
        log_in_as(other, "shared-t2")
    expect(page.locator("#account")).to_contain_text("shared-t2")
    expect(page.get_by_label("Source code")).to_have_value("")
    fill_in(page, "int main() { return 2; }")
    send(page)
    expect(page.locator("tbody tr")).to_have_count(1)
    say(world, contest, "all", "for all")
    expect(page.locator(".toast p")).to_have_text(["for all"])


def test_one_team_after_another_leaves_nothing_of_the_first_in_any_tab(page, world):
    of_team_1(page, world, "handed")
    with tab(page, "/") as other:
        log_in_as(other, "handed-t2")  # with no logout before it
    expect(page.locator("#account")).to_contain_text("handed-t2")
    expect(page.locator(".toast")).to_have_count(0)
    expect(page.get_by_label("Source code")).to_have_value("")


def test_a_tab_that_could_hear_nothing_asks_who_it_is_when_it_is_looked_at(page, c):
    page.add_init_script("window.BroadcastChannel = class { postMessage() {} }")  # as while it is frozen
    login(page, f"{c}-t2", f"/contests/{c}/submissions")
    expect(page.locator("#connection")).to_have_text("live")
    with tab(page, "/") as other:
        log_in_as(other, f"{c}-t3")
    page.evaluate(CHANGED)
    expect(page.locator("#account")).to_contain_text(f"{c}-t3")


def test_a_form_that_the_same_team_fills_in_stays_as_it_is(page, c):
    login(page, f"{c}-t2", f"/contests/{c}/submit")
    fill_in(page, "int main() { return 7; }")
    page.evaluate("window.form = document.querySelector('main form')")
    with tab(page, "/") as other:
        log_in_as(other, f"{c}-t2")
    with page.expect_response("**/api/session"):
        page.evaluate(CHANGED)
    page.get_by_label("Source code").press_sequentially(" ")
    assert page.evaluate("window.form.isConnected")
    expect(page.get_by_label("Source code")).to_have_value("int main() { return 7; } ")


def test_a_session_that_ended_is_told_to_all_tabs_and_a_form_is_there_again_after_the_login(page, c):
    login(page, f"{c}-t3", f"/contests/{c}/submit")
    fill_in(page, "int main() { return 8; }")
    with tab(page, f"/contests/{c}/submit") as other:
        fill_in(other, "int main() {}")
        page.context.clear_cookies()
        send(other)
        for one in (other, page):
            expect(one.get_by_role("heading", name="Log in")).to_be_visible()
        log_in_here(other, f"{c}-t3")
        expect(page.get_by_label("Source code")).to_have_value("int main() { return 8; }")
