"""Submitting: what is accepted, what is refused and why, and that one key is one submission."""

import base64
import io
import zipfile

import httpx
import pytest
import redis

from clics.times import parse_time
from schemas.codec import codec
from schemas.events import AuditEntry, Membership, Submission
from schemas.ids import derived_id, partition_of
from schemas.live import meta_key, objects_key
from schemas.reader import read, read_contest
from tests.api.world import HOUR, LANGUAGES, PASSWORD, now, problem
from tests.wait import until


@pytest.fixture(scope="module")
def c(world):
    contest = world.contest("submit")
    world.account("submit-admin", "admin")
    world.account("submit-off", "team", Membership("submit", "t1"), disabled=True)
    world.appears(contest)
    until(lambda: world.get("/api/session", "submit-admin").status_code == 200, 10, "the admin is known")
    return contest


def submissions(world, contest):
    found = [event for _, event in read_contest(world.settings, contest) if isinstance(event, Submission)]
    return {event.id: event for event in reversed(found)}


def test_what_was_answered_201_is_on_the_log_and_in_the_view(world, c):
    before = now()
    answer = world.post(c, "submit-t1", key="first")
    assert answer.status_code == 201, answer.text
    shown = answer.json()
    event = submissions(world, c)[shown["id"]]
    assert shown["id"] == derived_id("submit-t1", c, "first")
    assert (event.team_id, event.problem_id, event.language_id) == ("t1", "pa", "cpp")
    assert [(f.name, f.data) for f in event.files] == [("main.cpp", b"int main() {}\n")]
    assert event.account == "submit-t1"
    assert parse_time(shown["time"]) == event.submitted_at
    assert before - 1000 <= event.submitted_at <= now() + 1000
    # read your writes, at the other process too
    assert answer.headers["location"] == f"/api/contests/{c}/submissions/{shown['id']}"
    assert world.get(answer.headers["location"], "submit-t1", number=2).json() == shown
    timing = dict(part.strip().split(";dur=") for part in answer.headers["server-timing"].split(","))
    assert float(timing["ack"]) > 0


def test_one_key_is_one_submission_with_its_first_time(world, c):
    first = world.post(c, "submit-t1", key="twice")
    again = [world.post(c, "submit-t1", key="twice", number=number) for number in (1, 2)]
    assert [one.status_code for one in (first, *again)] == [201, 201, 201]
    assert [one.json() for one in again] == [first.json()] * 2
    other_team = world.post(c, "submit-t2", key="twice")
    assert other_team.json()["id"] != first.json()["id"]
    assert world.post(c, "submit-t1").json()["id"] != world.post(c, "submit-t1").json()["id"]


def test_the_same_key_with_another_body_is_a_conflict(world, c):
    assert world.post(c, "submit-t1", key="conflict").status_code == 201
    for change in ({"code": b"other"}, {"problem_id": "pb"}, {"name": "b.cpp"}):
        answer = world.post(c, "submit-t1", key="conflict", number=2, **change)
        assert answer.status_code == 409, answer.text
        assert answer.json()["code"] == 409


def test_json_with_a_zip_is_accepted_too(world, c):
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("A.java", b"public class A {}")
        archive.writestr("B.java", b"class B {}")
    data = {
        "problem_id": "pb",
        "language_id": "java",
        "entry_point": "A",
        "team_id": "t1",
        "files": [{"data": base64.b64encode(packed.getvalue()).decode(), "mime": "application/zip"}],
    }
    url = f"{world.url()}/api/contests/{c}/submissions"
    answer = httpx.post(url, auth=("submit-t1", PASSWORD), json=data)
    assert answer.status_code == 201, answer.text
    assert answer.json()["entry_point"] == "A"
    files = world.get(f"/api/{answer.json()['files'][0]['href']}", "submit-t1")
    assert files.headers["content-type"] == "application/zip"
    with zipfile.ZipFile(io.BytesIO(files.content)) as archive:
        assert {name: archive.read(name) for name in archive.namelist()} == {
            "A.java": b"public class A {}",
            "B.java": b"class B {}",
        }


BAD = [
    ({"code": b""}, 400, "empty"),
    ({"code": b"x" * 1_000_001}, 413, "larger"),
    ({"code": b"x" * 3_000_000}, 413, "larger"),
    ({"problem_id": "nope"}, 400, "problem_id"),
    ({"language_id": "cobol"}, 400, "language_id"),
    ({"team_id": "t2"}, 403, "team_id"),
    ({"name": "a b.cpp"}, 400, "file name"),
    ({"language_id": "java", "name": "A.java"}, 400, "entry_point"),
    ({"language_id": "java", "entry_point": "a b"}, 400, "entry_point"),
    ({"problem_id": ""}, 400, "problem_id"),
    ({"surprise": "x"}, 400, "surprise"),
    ({"key": "k" * 256}, 400, "Idempotency-Key"),
]


@pytest.mark.parametrize(("change", "status", "says"), BAD, ids=[str(b[0])[:40] for b in BAD])
def test_bad_input_is_refused_with_its_reason(world, c, change, status, says):
    before = world.get(f"/api/contests/{c}/submissions", "submit-jury").json()
    answer = world.post(c, "submit-t1", **change)
    assert answer.status_code == status, answer.text
    assert answer.json()["code"] == status
    assert says in answer.json()["message"]
    assert world.get(f"/api/contests/{c}/submissions", "submit-jury").json() == before


def test_malformed_bodies_are_refused(world, c):
    url = f"{world.url()}/api/contests/{c}/submissions"
    send = {
        (b"{", "application/json"): 400,
        (b"", "application/json"): 400,
        (b"x", "text/plain"): 415,
        (b"x", ""): 415,
        (b"garbage", "multipart/form-data; boundary=x"): 400,
        (b"garbage", "multipart/form-data"): 400,
    }
    for (body, kind), status in send.items():
        answer = httpx.post(url, auth=("submit-t1", PASSWORD), content=body, headers={"Content-Type": kind})
        assert answer.status_code == status, (body, kind, answer.text)
        assert answer.json()["message"]


def test_who_may_not_submit_is_told_so(world, c):
    other = world.contest("submit-other")
    world.appears(other)
    closed = world.contest("submit-closed", public=False)
    world.appears(closed)
    assert world.post(c, None).status_code == 401
    assert world.post(c, "submit-t1", password="wrong").status_code == 401
    assert world.post(c, "nobody").status_code == 401
    assert world.post(c, "submit-off").status_code == 401
    assert world.post(other, "submit-t1").status_code == 403
    assert world.post(c, "submit-jury").status_code == 403
    assert world.post(closed, "submit-t1").status_code == 404
    assert world.post("no-such-contest", "submit-t1").status_code == 404
    basic = httpx.post(f"{world.url()}/api/contests/{c}/submissions")
    assert basic.headers["www-authenticate"].startswith("Basic")


def test_a_contest_takes_submissions_from_its_start_until_after_its_end(world):
    early = world.contest("early", start_time=now() + HOUR)
    unknown = world.contest("unscheduled", start_time=None)
    late = world.contest("late", start_time=now() - 5 * HOUR - 60_000)
    over = world.contest("over", start_time=now() - 5 * HOUR - 660_000)
    for contest in (early, unknown, late, over):
        world.appears(contest)
    for contest in (early, unknown, over):
        answer = world.post(contest, f"{contest}-t1")
        assert answer.status_code == 403, contest
        assert "contest" in answer.json()["message"]
        # and nobody learns which problems there are by asking for them
        for problem_id in ("pa", "nope"):
            again = world.post(contest, f"{contest}-t1", problem_id=problem_id)
            assert (again.status_code, again.json()) == (403, answer.json())
    answer = world.post(late, "late-t1")
    assert answer.status_code == 201
    assert answer.json()["contest_time"].startswith("5:01")


def test_a_contest_that_is_no_rehearsal_refuses_a_clock_that_is_not_real(world):
    real, rehearsed = world.contest("no-rehearsal"), world.contest("rehearsed", rehearsal=True)
    for contest in (real, rehearsed):
        world.appears(contest)
    with world.another_api(PODIUM_CLOCK="2026-01-01T00:00:00Z@1.5"):
        for contest, team in ((real, "no-rehearsal-t1"), (rehearsed, "rehearsed-t1")):
            answer = world.post(contest, team, number=3)
            # in the years since, event time has run away from every contest of now
            assert answer.status_code == (503 if contest == real else 403), answer.text
            assert ("PODIUM_CLOCK" in answer.json()["message"]) == (contest == real)
        world.post(real, "no-rehearsal-t1", number=3)
    assert submissions(world, real) == {}


def test_a_retry_in_a_contest_that_has_left_the_view_is_answered_as_the_first(world):
    contest = world.contest("left")
    world.appears(contest)
    first = world.post(contest, "left-t1", key="old")
    assert first.status_code == 201, first.text
    view = redis.Redis.from_url(world.settings.redis)
    view.hset(meta_key(contest), "away", 1)
    view.delete(objects_key(contest, "submissions"))
    again = world.post(contest, "left-t1", key="old")
    assert (again.status_code, again.json()) == (201, first.json())


def test_a_withdrawn_problem_and_one_that_another_system_judges_take_nothing(world):
    contest = world.contest(
        "withdrawn", problems=(problem("A", withdrawn=True), problem("B"), problem("C", package=""))
    )
    world.appears(contest)
    assert world.post(contest, "withdrawn-t1").status_code == 403
    elsewhere = world.post(contest, "withdrawn-t1", problem_id="pc")
    assert (elsewhere.status_code, "another system" in elsewhere.text) == (403, True)
    assert world.post(contest, "withdrawn-t1", problem_id="pb").status_code == 201


def test_what_the_contest_has_let_go_is_refused_by_who_has_seen_it(world):
    contest = world.contest("let-go")
    world.appears(contest)
    gone = ({"language_id": "java", "name": "Main.java", "entry_point": "Main"}, {"problem_id": "pc"})
    for submission in gone:
        assert world.post(contest, "let-go-t1", **submission).status_code == 201
    world.define(contest, problems=(problem("A"), problem("B")), languages=LANGUAGES[:1])
    world.appears(contest)
    for submission in gone:
        answers = [world.post(contest, "let-go-t1", number=number, **submission) for number in (1, 2)]
        assert [one.status_code for one in answers] == [400, 400], [one.text for one in answers]
    assert world.post(contest, "let-go-t1").status_code == 201


def put(world, contest, id_, data, who="submit-admin"):
    url = f"{world.url()}/api/contests/{contest}/submissions/{id_}"
    return httpx.put(url, auth=(who, PASSWORD), json=data)


def draft(**more):
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("a.cpp", b"int main(){}")
    base = {"problem_id": "pa", "language_id": "cpp", "team_id": "t2", "time": "2026-01-01T10:00:00Z"}
    return base | {"files": [{"data": base64.b64encode(packed.getvalue()).decode()}]} | more


def test_an_admin_puts_submissions_with_ids_and_times_of_their_own(world, c):
    answer = put(world, c, "foreign-1", draft(id="foreign-1"))
    assert answer.status_code == 201, answer.text
    assert answer.json()["id"] == "foreign-1"
    assert answer.json()["time"] == "2026-01-01T10:00:00.000Z"
    assert put(world, c, "foreign-1", draft(id="foreign-1")).status_code == 200
    assert put(world, c, "foreign-1", draft(id="foreign-1", problem_id="pb")).status_code == 409
    assert put(world, c, "foreign-2", draft(id="foreign-1")).status_code == 409
    assert put(world, c, "foreign-2", draft()).status_code == 400
    assert put(world, c, "foreign-2", draft(id="foreign-2", time=None)).status_code == 400
    assert put(world, c, "foreign-2", draft(id="foreign-2", team_id="nope")).status_code == 400
    assert put(world, c, "foreign-2", draft(id="foreign-2"), who="submit-t2").status_code == 403
    assert put(world, c, "foreign-2", draft(id="foreign-2"), who="submit-jury").status_code == 403


def test_more_than_a_team_can_mean_is_held_back_by_all_processes_together(world):
    contest = world.contest("hasty", limits={"submissions": 3})
    world.appears(contest)
    account = f"{world.url(2)}/api/contests/{contest}/account"
    until(lambda: httpx.get(account, auth=("hasty-t1", PASSWORD)).status_code == 200, 20, "the other api knows it")
    seen = [world.post(contest, "hasty-t1", number=1 + n % 2).status_code for n in range(8)]
    assert seen == [201] * 3 + [429] * 5


def test_writes_and_refused_doors_are_in_the_audit(world, c):
    # the other process: what is refused here to one address has a bound, and other tests have been refused a lot
    answer = world.post(c, "submit-t2", key="audited", number=2)
    world.post(c, "submit-t2", password="wrong", number=2)
    world.post("submit-other", "submit-t2", number=2)
    world.post(c, "submit-t2", key="audited", code=b"other", number=2)

    def entries():
        found = [codec().decode(raw.value) for raw in read(world.settings, "audit", partition_of("submit-t2"))]
        return [one for one in found if isinstance(one, AuditEntry) and one.account == "submit-t2"]

    def complete():
        statuses = {(one.action, one.target, one.status) for one in entries()}
        return {
            ("submit", f"{c}/{answer.json()['id']}", 201),
            ("login", f"/api/contests/{c}/submissions", 401),
            ("POST refused", "/api/contests/submit-other/submissions", 403),
            ("POST refused", f"/api/contests/{c}/submissions", 409),
        } <= statuses

    until(complete, 10, "the audit has all four")
    assert sum(one.status == 401 for one in entries()) == 1, "one refusal is one entry"
    assert all(one.address == "127.0.0.1" for one in entries())
    assert not any(PASSWORD in str(one) or one.detail == "wrong" for one in entries())
