"""Notifications on the page: what is one's own comes by itself, once, as text, and what was missed on return."""

from playwright.sync_api import expect

from schemas.events import Clarification, ContestExtended
from tests.api.world import now
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
        constructor(title, { body }) { window.made.push([title, body]); }
    };
"""


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
    page.evaluate("Object.defineProperty(document, 'hidden', { value: true, configurable: true })")
    world.add(ContestExtended(**world.stamp(contest), id="x", by=600_000))
    expect(toasts).to_contain_text("You have 10 minutes more.")
    assert page.evaluate("[window.asked, window.made]") == [1, [["There is more time", "You have 10 minutes more."]]]

    # away, and back where no events come through: what was missed, and nothing again
    page.goto("about:blank")
    say(world, contest, "missed", "You missed this")
    page.route("**/notifications*", lambda route: route.abort())
    page.goto(f"/contests/{contest}")
    expect(toasts).to_have_count(1, timeout=30_000)
    expect(toasts).to_contain_text("Announcement from the jury")
    expect(toasts).to_contain_text("You missed this")
    say(world, contest, "next", "And this")
    expect(toasts).to_have_count(2)
    page.get_by_role("button", name="Log out").click()
    expect(toasts).to_have_count(0)
