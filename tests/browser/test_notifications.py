"""Notifications on the page: what is one's own comes by itself, once, as text, and what was missed on return."""

import json

from playwright.sync_api import expect

from schemas.events import (
    Clarification,
    ContestExtended,
    RejudgingApplied,
    RejudgingCreated,
    RejudgingReverted,
    ScoreboardFrozen,
    ScoreboardUnfrozen,
    StartMoved,
    Transitioned,
)
from tests.api.world import HOUR, now
from tests.browser.test_page import login

HOSTILE = '<img src=x onerror="document.title=1"><script>document.title=2</script> & "done"'

# A headless browser shows no notifications: this one notes what it would have shown, and whether it was asked.
NOTIFICATION = """
    window.made = [];
    window.asked = 0;
    window.Notification = class {
        static permission = "default";
        static async requestPermission() {
            window.asked += 1;
            Notification.permission = "granted";
        }
        constructor(title, { body, tag }) { window.made.push({ title, body, tag }); }
    };
"""

# One that may not be made by a page, as in Chrome on Android.
FORBIDDEN = """
    window.Notification = class {
        static permission = "granted";
        constructor() { throw new TypeError("Illegal constructor"); }
    };
"""

HIDDEN = "Object.defineProperty(document, 'hidden', { value: true, configurable: true })"


def say(world, contest, id_, text, **more):
    world.add(Clarification(**world.stamp(contest), id=id_, text=text, asked_at=now(), **more))


def test_what_is_ones_own_is_told_once_and_what_was_missed_on_return(page, world):
    contest = world.contest("toasts")
    world.appears(contest)
    say(world, contest, "old", "from before")
    page.add_init_script(NOTIFICATION)
    login(page, "toasts-t1", f"/contests/{contest}/submissions")
    expect(page.locator("#connection")).to_have_text("live")
    toasts, place = page.locator(".toast"), page.locator("#toasts")
    assert (place.get_attribute("aria-live"), place.get_attribute("role")) == ("polite", "log")
    page.get_by_role("link", name="Scoreboard").focus()

    # a verdict: nothing on the page moves, and the focus stays where it is
    before = page.locator("main").bounding_box()
    submission = world.post(contest, "toasts-t1").json()
    expect(page.locator("tbody tr")).to_have_count(1)
    world.judge(contest, submission, "AC")
    expect(toasts).to_have_count(1)
    expect(toasts).to_contain_text("Problem A: Accepted")
    assert page.locator("main").bounding_box() == before
    assert page.evaluate("document.activeElement.textContent") == "Scoreboard"

    # messages are text, whatever they say; those to others are not told
    say(world, contest, "theirs", "not for t1", to_team_ids=("t2",))
    say(world, contest, "evil", HOSTILE, to_team_ids=("t1",), problem_id="pb")
    expect(toasts).to_have_count(2)
    expect(toasts.last.locator("b")).to_have_text("Message from the jury, problem B")
    assert toasts.last.locator("p").evaluate("one => one.textContent") == HOSTILE
    assert page.locator("#toasts img, #toasts script").count() == 0
    assert page.title() == "Submissions · podium"
    page.get_by_role("button", name="Dismiss: Problem A").click()
    toasts.last.get_by_role("button").press("Escape")
    expect(toasts).to_have_count(0)

    # the browser's own: only when it was asked for, and while the page is not looked at
    assert page.evaluate("window.asked") == 0
    page.get_by_role("button", name="Notify me").click()
    expect(page.get_by_role("button", name="Notify me")).to_be_hidden()
    page.evaluate(HIDDEN)
    world.add(ContestExtended(**world.stamp(contest), id="x", by=600_000))
    expect(toasts).to_contain_text("You have 10 minutes more.")
    assert page.evaluate("window.asked") == 1
    (made,) = page.evaluate("window.made")
    assert (made["title"], made["body"]) == ("There is more time", "You have 10 minutes more.")

    # away, and back where no WebSocket comes through: what was missed, and nothing again
    page.goto("about:blank")
    say(world, contest, "missed", "You missed this")
    page.route_web_socket("**/notifications*", lambda socket: socket.close())
    page.goto(f"/contests/{contest}")
    expect(toasts).to_have_count(1, timeout=30_000)
    expect(toasts).to_contain_text("Announcement from the jury")
    expect(toasts).to_contain_text("You missed this")
    say(world, contest, "next", "And this")
    expect(toasts).to_have_count(2)
    page.get_by_role("button", name="Log out").click()
    expect(toasts).to_have_count(0)


def shown(page, *titles):
    """Wait for these toasts in turn, and dismiss them."""
    toasts = page.locator(".toast")
    expect(toasts.locator("b")).to_have_text(list(titles))
    for _ in titles:
        toasts.first.get_by_role("button").click()
    expect(toasts).to_have_count(0)


def test_a_verdict_that_comes_back_is_told_and_one_that_stays_is_not(page, world):
    contest = world.contest("rejudged")
    world.appears(contest)
    login(page, "rejudged-t1", f"/contests/{contest}/submissions")
    expect(page.locator("#connection")).to_have_text("live")
    submission = world.post(contest, "rejudged-t1").json()
    expect(page.locator("tbody tr")).to_have_count(1)

    def rejudge(verdict):
        name, of = f"to {verdict}", world.stamp(contest)
        (number,) = world.add(RejudgingCreated(**of, id=name, submission_ids=(submission["id"],)))
        world.judge(contest, submission, verdict, judging=number)
        world.add(RejudgingApplied(**of, id=f"{name}, applied", rejudging=number))
        return number

    world.judge(contest, submission, "AC")
    shown(page, "Problem A: Accepted")
    number = rejudge("WA")
    shown(page, "Problem A: Wrong Answer")
    world.add(RejudgingReverted(**world.stamp(contest), id="reverted", rejudging=number))
    shown(page, "Problem A: Accepted")
    rejudge("AC")
    rejudge("TLE")
    shown(page, "Problem A: Time Limit Exceeded")


def test_a_start_that_goes_back_and_forth_is_told_each_time(page, world):
    start = now() + HOUR
    contest = world.contest("moved", start_time=start)
    world.appears(contest)
    login(page, "moved-t1", f"/contests/{contest}/submissions")
    expect(page.locator("#connection")).to_have_text("live")
    for number, later in enumerate((1, 0, 1)):
        world.add(StartMoved(**world.stamp(contest), id=f"m{number}", start_time=start + later * HOUR))
        shown(page, "The start was moved")


def test_each_freeze_and_each_end_of_one_is_told(page, world):
    begun = now() - HOUR
    contest = world.contest("refrozen", start_time=begun)
    world.add(Transitioned(**world.stamp(contest), id="begun", kind="started", planned_at=begun))
    world.appears(contest)
    login(page, "refrozen-t1", f"/contests/{contest}/submissions")
    expect(page.locator("#connection")).to_have_text("live")
    for number in range(2):
        world.add(ScoreboardFrozen(**world.stamp(contest), id=f"f{number}", at=now()))
        shown(page, "The scoreboard is frozen")
        world.add(ScoreboardUnfrozen(**world.stamp(contest), id=f"u{number}"))
        shown(page, "The scoreboard is not frozen any more")


def test_hidden_tabs_show_one_notification_of_the_browsers_for_each_thing(page, world):
    contest = world.contest("hidden")
    world.appears(contest)
    page.context.add_init_script(NOTIFICATION + "Notification.permission = 'granted';" + HIDDEN)
    login(page, "hidden-t1", f"/contests/{contest}/submissions")
    other = page.context.new_page()
    other.goto(f"/contests/{contest}/submissions")
    tabs = (page, other)
    for tab in tabs:
        expect(tab.locator("#connection")).to_have_text("live")
    submission = world.post(contest, "hidden-t1").json()
    world.judge(contest, submission, "WA")
    for tab in tabs:
        expect(tab.locator(".toast")).to_have_count(1)
    say(world, contest, "one", "the same words")
    say(world, contest, "two", "the same words")
    world.add(ContestExtended(**world.stamp(contest), id="x", by=600_000))
    made = []
    for tab in tabs:
        expect(tab.locator(".toast")).to_have_count(4)
        made.append(tab.evaluate("window.made"))
    assert made[0] == made[1]  # of one tag the browser shows one
    assert len({one["tag"] for one in made[0]}) == 4


def test_a_browser_that_shows_no_notifications_of_a_page_loses_nothing(page, world):
    contest = world.contest("android")
    world.appears(contest)
    page.add_init_script(FORBIDDEN + HIDDEN)
    login(page, "android-t1", f"/contests/{contest}/submissions")
    expect(page.locator("#connection")).to_have_text("live")
    say(world, contest, "one", "read this")
    expect(page.locator(".toast")).to_have_count(1)


def test_what_was_cut_off_before_its_id_comes_again_and_is_told_once(page, world):
    contest = world.contest("cut")
    world.appears(contest)
    paused, extended = {"kind": "paused"}, {"kind": "extended", "by": 600_000}
    nothing = {"submissions": [], "judgements": [], "clarifications": [], "progress": []}
    connections = iter(
        (
            (("snapshot", "a", nothing), ("notice", None, paused)),
            (("notice", None, paused), ("notice", "b", extended)),
            (("notice", "c", paused),),
        )
    )

    def answer(socket):
        for event, id_, data in next(connections, ()):
            socket.send(json.dumps({"event": event, "id": id_, "data": data}))
        socket.close(code=1001)

    page.route_web_socket("**/notifications*", answer)
    login(page, "cut-t1", f"/contests/{contest}/submissions")
    shown(page, "The contest is paused", "There is more time", "The contest is paused")
