"""The page in a real browser: it moves by itself, tells the truth about itself, and takes submissions."""

import json
import re
import zipfile
from pathlib import Path

import pytest
import redis
from playwright.sync_api import expect

from schemas.events import GenerationOpened, GenerationPromoted, ScoreboardFrozen, Transitioned
from schemas.live import rows_key
from tests.api.world import HOUR, PASSWORD, now, problem
from tests.wait import until

STATEMENT = "ba" * 32
ANNOUNCED_MS = 8_000
"""How often the page tells screen readers what has come (board.js)."""


@pytest.fixture(scope="module")
def c(world):
    contest = world.contest("page", teams=5)
    world.row(contest, "t1", {"a": 10, "b": 0})
    world.row(contest, "t2", {"a": 20, "c": 25})
    world.row(contest, "t4", {"a": 30})
    world.first(contest, "a", "t1")
    world.appears(contest)
    until(lambda: len(world.get(f"/api/contests/{contest}/scoreboard").json()["rows"]) == 3, 15, "the rows are there")
    return contest


def teams(page):
    return page.locator("tbody tr").evaluate_all("rows => rows.map(row => row.dataset.team)")


def cell(page, team, place):
    return page.locator(f'tr[data-team="{team}"] td').nth(2 + place)


def login(page, username, to="/"):
    page.goto(f"/login?next={to}")
    page.get_by_label("Login").fill(username)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Log in").click()
    page.wait_for_url(f"**{to}")


def test_the_board_moves_without_a_reload(page, world, c):
    page.goto(f"/contests/{c}")
    expect(page.locator("tbody tr")).to_have_count(3)
    assert teams(page) == ["t2", "t1", "t4"]
    page.evaluate("window.untouched = true")
    expect(cell(page, "t1", 1)).to_contain_text("1/10")
    expect(cell(page, "t1", 1).locator(".first")).to_be_visible()
    expect(cell(page, "t1", 2)).to_contain_text("1 ?")
    world.row(c, "t4", {"a": 30, "b": 31, "c": 32})
    expect(page.locator("tbody tr").first).to_have_attribute("data-team", "t4")
    expect(page.locator('tr[data-team="t4"] .rank')).to_have_text("1")
    expect(page.locator('tr[data-team="t4"] .solved-count')).to_have_text("3")
    expect(page.locator("#connection")).to_have_text("live")
    assert page.evaluate("window.untouched") is True


def test_a_promoted_board_comes_in_one_swap_with_the_same_rows_on_the_page(page, world):
    contest = world.contest("swap")
    for team, minute in (("t1", 10), ("t2", 20)):
        world.row(contest, team, {"a": minute})
    world.appears(contest)
    page.goto(f"/contests/{contest}")
    expect(page.locator("tbody tr")).to_have_count(2)
    page.evaluate(
        """() => {
            document.querySelectorAll("tbody tr").forEach((row) => (row.kept = true));
            window.said = [];
            const connection = document.querySelector("#connection");
            new MutationObserver(() => window.said.push(connection.textContent)).observe(connection, {
                childList: true, characterData: true, subtree: true,
            });
        }"""
    )
    stamp = world.stamp(contest)
    opened = str(world.add(GenerationOpened(**stamp, rule="icpc", fold_version=1))[0])
    for team, minute in (("t1", 40), ("t2", 20)):
        world.row(contest, team, {"a": minute}, generation=opened)
    client = redis.Redis.from_url(world.settings.redis)
    until(lambda: client.hlen(rows_key(contest, opened, "public")) == 2, 15, "the other generation's rows are there")
    client.close()
    world.add(GenerationPromoted(**stamp, expect="0", generation=opened))
    expect(page.locator("tbody tr").first).to_have_attribute("data-team", "t2")
    expect(page.locator('tr[data-team="t1"] .time')).to_have_text("40")
    assert page.evaluate('[...document.querySelectorAll("tbody tr")].map((row) => row.kept)') == [True, True]
    assert set(page.evaluate("window.said")) <= {"live"}


def test_a_submission_through_the_api_appears_judged_without_a_reload(page, world, c):
    login(page, f"{c}-t2", f"/contests/{c}/submissions")
    expect(page.locator(".empty")).to_contain_text("Nothing has been submitted yet")
    answer = world.post(c, f"{c}-t2", number=2).json()
    verdict = page.locator(f'tr[data-submission="{answer["id"]}"] .verdict')
    expect(verdict).to_have_text("waiting")
    world.judge(c, answer, "AC")
    expect(verdict).to_have_text("Accepted")
    expect(page.locator("#toasts")).to_contain_text("Problem A: Accepted")


def test_screen_readers_find_a_table_and_hear_what_happens(page, world, c):
    page.clock.install()
    page.goto(f"/contests/{c}")
    table = page.get_by_role("table", name=re.compile("Scoreboard of The contest called page"))
    expect(table).to_be_visible()
    expect(table.get_by_role("columnheader", name="A, Problem A")).to_be_visible()
    expect(table.get_by_role("rowheader", name=re.compile("Team 1"))).to_be_visible()
    expect(cell(page, "t1", 1)).to_contain_text("solved at minute 10 with 1 attempt, first to solve")
    world.row(c, "t1", {"a": 10, "b": 40})
    expect(cell(page, "t1", 2)).to_contain_text("solved at minute 40")
    page.clock.fast_forward(ANNOUNCED_MS)
    expect(page.locator("#announcer")).to_have_text(re.compile(r"Team 1 solved B, now rank \d\."))
    assert page.locator("#announcer").get_attribute("aria-live") == "polite"


def test_a_frozen_board_says_the_prescribed_sentence_and_the_end_is_not_final(page, world):
    start = now() - 5 * HOUR - 60_000
    contest = world.contest("frost", start_time=start)
    for kind, at in (("started", start), ("frozen", start + 4 * HOUR), ("ended", start + 5 * HOUR)):
        world.add(Transitioned(**world.stamp(contest), id=kind, kind=kind, planned_at=at))
    world.appears(contest)
    page.goto(f"/contests/{contest}")
    expect(page.locator("#frozen")).to_have_text(
        "The scoreboard was frozen with 60 minutes remaining - "
        "submissions in the last 60 minutes of the contest are still shown as pending."
    )
    expect(page.locator("#not-final")).to_contain_text("results are not final")
    expect(page.locator("#clock")).to_contain_text("Over")


def test_the_freeze_appears_when_it_comes(page, world):
    contest = world.contest("freezing", start_time=now() - HOUR - 1000)
    facts = world.appears(contest) or world.get(f"/api/contests/{contest}/times").json()["times"]
    world.add(Transitioned(**world.stamp(contest), id="s", kind="started", planned_at=facts["start"]))
    page.goto(f"/contests/{contest}")
    expect(page.locator("#contest-name")).to_have_text("The contest called freezing")
    assert page.locator("#frozen").count() == 0
    at = facts["start"] + HOUR
    world.add(ScoreboardFrozen(**world.stamp(contest), id="f", at=at))
    world.add(Transitioned(**world.stamp(contest), id="t", kind="frozen", planned_at=at))
    expect(page.locator("#frozen")).to_contain_text("frozen with 240 minutes remaining")


def test_a_countdown_before_the_start_and_no_problems(page, world):
    contest = world.contest("soon", start_time=now() + HOUR)
    world.appears(contest)
    page.goto(f"/contests/{contest}")
    expect(page.locator("#clock")).to_contain_text(re.compile(r"Starts in (1:00:00|0:59:\d\d)"))
    page.get_by_role("link", name="Problems").click()
    expect(page.locator("main")).to_contain_text("The problems are shown when the contest starts")


def test_names_are_text_whatever_they_contain(page, world):
    evil = '<img src=x onerror="document.title=1">'
    from schemas.events import Team

    contest = world.contest("evil", name=evil, formal_name=evil, problems=(problem("A"),))
    world.add(Team(**world.stamp(contest), id="t1", name=evil))
    world.row(contest, "t1", {"a": 10})
    world.appears(contest)
    page.goto(f"/contests/{contest}")
    expect(page.locator('tr[data-team="t1"] b')).to_have_text(evil)
    expect(page.locator("#contest-name")).to_have_text(evil)
    assert page.locator("main img").count() == 0
    assert page.title() == "Scoreboard · podium"


def test_several_contests_are_a_choice(page, world, c):
    page.goto("/")
    page.locator(".card", has_text="The contest called page").click()
    expect(page.locator("tbody tr")).to_have_count(3)
    assert page.url.endswith(f"/contests/{c}")


def test_logging_in_and_out(page, world, c):
    page.goto("/login")
    page.get_by_label("Login").fill(f"{c}-t1")
    page.get_by_label("Password").fill("wrong")
    page.get_by_role("button", name="Log in").click()
    expect(page.get_by_role("alert")).to_have_text("wrong login or password")
    login(page, f"{c}-t1", f"/contests/{c}")
    expect(page.get_by_role("link", name="Submissions")).to_be_visible()
    expect(page.locator('tr[data-team="t1"]')).to_have_class(re.compile("mine"))
    page.get_by_role("button", name="Log out").click()
    expect(page.get_by_role("link", name="Log in")).to_be_visible()
    expect(page.get_by_role("link", name="Submissions")).to_have_count(0)
    page.goto(f"/contests/{c}/submissions")
    expect(page.get_by_role("button", name="Log in")).to_be_visible()


def source(world, contest, team):
    """The files of the team's latest submission."""
    import io

    latest = world.get(f"/api/contests/{contest}/submissions?team_id={team}", f"{contest}-jury").json()[-1]
    files = world.get(f"/api/{latest['files'][0]['href']}", f"{contest}-jury").content
    with zipfile.ZipFile(io.BytesIO(files)) as archive:
        return latest, {name: archive.read(name).decode() for name in archive.namelist()}


def test_reading_a_statement_and_submitting_pasted_text_and_files(page, world, tmp_path):
    store = Path(world.settings.store_location)
    store.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(store / f"{STATEMENT}.zip", "w") as archive:
        archive.writestr("problem.yaml", "name: Sum\n")
        archive.writestr("problem_statement/problem.en.md", "Add $a$ and $b$.\n")
        archive.writestr("problem_statement/problem.sv.pdf", b"%PDF-1.4\n")
        archive.writestr("attachments/tool.py", "print()\n")
        archive.writestr("data/sample/1.in", "1 2\n")
        archive.writestr("data/sample/1.ans", "3\n")
    contest = world.contest(
        "paste",
        problems=(
            problem("A", STATEMENT, "problem_statement/problem.en.md"),
            problem("B", STATEMENT, "problem_statement/problem.sv.pdf"),
        ),
    )
    world.appears(contest)
    login(page, "paste-t1", f"/contests/{contest}/problems")
    page.get_by_role("link", name="Problem B").click()
    for name, file in (("The statement (PDF)", "statement"), ("tool.py", "attachments/tool.py")):
        link = page.get_by_role("link", name=name)
        expect(link).to_have_attribute("href", f"/api/contests/{contest}/problems/pb/{file}")
    page.get_by_role("link", name="All problems").click()
    page.get_by_role("link", name="Problem A").click()
    expect(page.get_by_role("heading", name="A · Problem A")).to_be_visible()
    expect(page.locator(".sample pre").first).to_have_text("1 2\n")
    expect(page.get_by_role("link", name="samples.zip")).to_be_visible()
    page.locator("main").get_by_role("link", name="Submit").click()
    expect(page.get_by_label("Problem")).to_have_value("pa")
    page.get_by_label("Language").select_option("java")
    page.get_by_label("Main class").fill("Adder")
    page.get_by_label("Source code").fill("public class Adder { }")
    page.locator("main").get_by_role("button", name="Submit").click()
    expect(page.locator("tbody tr")).to_have_count(1)
    latest, files = source(world, contest, "t1")
    assert files == {"Adder.java": "public class Adder { }"}
    assert latest["entry_point"] == "Adder"
    page.get_by_role("navigation").get_by_role("link", name="Submit", exact=True).click()
    page.get_by_label("Problem").select_option("pb")
    path = tmp_path / "sum.cpp"
    path.write_text("int main() {}")
    page.locator("input[type=file]").set_input_files(path)
    expect(page.get_by_label("Language")).to_have_value("cpp")
    page.locator("main").get_by_role("button", name="Submit").click()
    expect(page.locator("tbody tr")).to_have_count(2)
    assert source(world, contest, "t1")[1] == {"sum.cpp": "int main() {}"}


def test_a_submission_whose_answer_is_lost_is_sent_again_and_counts_once(page, world, c):
    login(page, f"{c}-t4", f"/contests/{c}/submit")
    tries = []

    def lose(route):
        tries.append(route.request.headers["idempotency-key"])
        if len(tries) == 1:
            route.fetch()  # it arrives; its answer does not
            route.abort()
        elif len(tries) == 2:
            route.fulfill(status=503, content_type="application/json", body=json.dumps({"code": 503, "message": "?"}))
        else:
            route.continue_()

    page.route("**/submissions", lambda route: lose(route) if route.request.method == "POST" else route.continue_())
    page.get_by_label("Problem").select_option("pa")
    page.get_by_label("Language").select_option("cpp")
    page.get_by_label("Source code").fill("int main() {}")
    page.locator("main").get_by_role("button", name="Submit").click()
    expect(page.locator("tbody tr")).to_have_count(1)
    assert len(tries) == 3
    assert len(set(tries)) == 1
    assert len(world.get(f"/api/contests/{c}/submissions?team_id=t4").json()) == 1


def test_a_team_begins_its_own_time(page, world):
    contest = world.contest("windowed", window=2 * HOUR)
    world.appears(contest)
    login(page, f"{contest}-t1", f"/contests/{contest}/submit")
    own = page.get_by_label("Your team's time")
    expect(own).to_contain_text("Your team has 2:00:00 of its own")
    own.get_by_role("button", name="Begin …").click()
    own.get_by_role("button", name="Not yet").click()
    expect(own.get_by_role("button", name="Yes, begin now")).to_be_hidden()
    own.get_by_role("button", name="Begin …").click()
    own.get_by_role("button", name="Yes, begin now").click()
    expect(own).to_contain_text(re.compile(r"own time: 1:59:\d\d left"))
    page.goto(f"/contests/{contest}")
    expect(own).to_contain_text(re.compile(r"own time: 1:59:\d\d left"))


def test_a_refusal_is_shown_and_nothing_is_lost(page, world, c):
    login(page, f"{c}-t4", f"/contests/{c}/submit")
    page.get_by_label("Problem").select_option("pa")
    page.get_by_label("Language").select_option("cpp")
    page.locator("main").get_by_role("button", name="Submit").click()
    expect(page.get_by_role("alert")).to_contain_text("nothing to submit")
    page.get_by_label("Source code").fill("x" * 1_000_001)
    page.locator("main").get_by_role("button", name="Submit").click()
    expect(page.get_by_role("alert")).to_contain_text("larger than 1000000 bytes")
    expect(page.get_by_label("Source code")).to_have_value("x" * 1_000_001)


def test_a_phone_shows_the_board_without_scrolling_the_page_sideways(chromium, world, c):
    context = chromium.new_context(base_url=world.url(), viewport={"width": 360, "height": 700})
    page = context.new_page()
    page.goto(f"/contests/{c}")
    expect(page.locator("tbody tr")).to_have_count(3)
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
    login(page, f"{c}-t1", f"/contests/{c}/submit")
    expect(page.get_by_role("navigation").get_by_role("link")).to_have_count(4)
    assert page.evaluate("(nav => nav.scrollWidth - nav.clientWidth)(document.querySelector('nav'))") == 0
    context.close()


def test_rows_glide_unless_the_reader_wants_none_of_it(chromium, world):
    contest = world.contest("glide", teams=4)
    for number, team in enumerate(("t1", "t2", "t3")):
        world.row(contest, team, {"a": 10 + number})
    world.appears(contest)
    counted = """() => {
        window.glides = 0;
        const animate = Element.prototype.animate;
        Element.prototype.animate = function (...args) { window.glides += 1; return animate.apply(this, args); };
    }"""
    for minute, (motion, glides) in enumerate((("no-preference", True), ("reduce", False))):
        context = chromium.new_context(base_url=world.url(), reduced_motion=motion)
        page = context.new_page()
        page.goto(f"/contests/{contest}")
        expect(page.locator("tbody tr")).to_have_count(3)
        page.evaluate(counted)
        last = page.locator("tbody tr").last.get_attribute("data-team")
        world.row(contest, last, {"a": 5 - minute, "b": 6})
        expect(page.locator("tbody tr").first).to_have_attribute("data-team", last)
        assert (page.evaluate("window.glides") > 0) is glides
        context.close()


def test_the_documentation_lists_the_api(page):
    page.goto("/docs")
    expect(page.locator("main")).to_contain_text("/api/contests/{contest_id}/scoreboard/stream")
    expect(page.locator("main")).to_contain_text('"citation": "Best team costumes"')
