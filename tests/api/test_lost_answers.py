"""A submission that was answered 201 is never lost, and one that was not is never two: whatever dies in between."""

import os
import signal
import threading

import httpx
import pytest
import redis

from podium.stack.stack import read_state
from schemas.events import Submission
from schemas.ids import derived_id, partition_of
from schemas.live import ASKED_KEY, meta_key
from schemas.reader import read_contest
from tests.api.world import HOUR, PASSWORD
from tests.wait import until


@pytest.fixture(scope="module")
def c(world):
    contest = world.contest("lost")
    world.account("lost-admin", "admin")
    world.appears(contest)
    until(lambda: world.get("/api/session", "lost-admin").status_code == 200, 10, "the admin is known")
    return contest


@pytest.fixture
def broker(world):
    """The process id of the world's Kafka, which the test may stop; it runs on afterwards."""
    state = read_state(world.settings)
    (process,) = state["processes"]
    yield process["pid"]
    os.kill(process["pid"], signal.SIGCONT)


@pytest.fixture
def sink(world):
    """The live sink's process, which the test may stop; it runs on afterwards."""
    process = world.processes["live-sink"]
    yield process
    process.send_signal(signal.SIGCONT)


def records(world, contest, id_=None):
    found = [e for _, e in read_contest(world.settings, contest) if isinstance(e, Submission)]
    return [e for e in found if id_ in (None, e.id)]


def shown(world, contest):
    answer = world.get(f"/api/contests/{contest}/submissions", f"{contest}-jury")
    return answer.json() if answer.status_code == 200 else []  # the view may be away at this moment


def counts_once(world, contest, answer):
    """The view has the submission once, as it was answered."""
    until(lambda: answer in shown(world, contest), 20, "the view has it")
    assert [one["id"] for one in shown(world, contest)].count(answer["id"]) == 1


def killed(world, contest, sink, key):
    """Post to an api and kill it once the broker has the record; whether its client was told nothing."""
    with world.another_api():
        sink.send_signal(signal.SIGSTOP)  # so the answer waits for the view, a second at most
        answers = []

        def post():
            try:
                answers.append(world.post(contest, "lost-t1", key=key, number=3))
            except httpx.TransportError as error:
                answers.append(error)

        client = threading.Thread(target=post)
        client.start()
        until(lambda: records(world, contest, derived_id("lost-t1", contest, key)), 10, "the broker has it")
        assert world.stop("api-3", kill=True) == -signal.SIGKILL
    client.join(60)
    (answer,) = answers
    assert isinstance(answer, httpx.TransportError) or answer.status_code == 201, answer.text
    return isinstance(answer, httpx.TransportError)


def test_an_api_killed_after_the_acknowledgement_and_before_its_answer(world, c, sink):
    # one that a busy machine has let answer before it was killed shows nothing: another one is
    key = next((key for key in map("killed-{}".format, range(10)) if killed(world, c, sink, key)), None)
    assert key, "nobody was told"
    (first,) = records(world, c, derived_id("lost-t1", c, key))
    again = world.post(c, "lost-t1", key=key, number=2)
    assert again.status_code == 201, again.text
    sink.send_signal(signal.SIGCONT)
    assert again.json()["id"] == first.id
    counts_once(world, c, again.json())
    (view,) = [one for one in shown(world, c) if one["id"] == first.id]
    assert view["time"] == again.json()["time"]
    assert world.post(c, "lost-t1", key=key).json() == again.json()


def test_a_view_that_is_behind_changes_no_answer(world, c, sink):
    sink.send_signal(signal.SIGSTOP)
    first = world.post(c, "lost-t2", key="behind")
    assert first.status_code == 201, "after a second at most, either way"
    where = f"/api/contests/{c}/submissions/{first.json()['id']}"
    for number in (1, 2):
        assert world.get(where, f"{c}-jury", number).status_code == 503, "nobody is told that it is not there"
    award = f"{world.url()}/api/contests/{c}/awards/behind"
    acts = {"auth": (f"{c}-admin", PASSWORD), "timeout": 30}
    given = httpx.put(award, json={"id": "behind", "citation": "Waits", "team_ids": ["t1"]}, **acts)
    assert (given.status_code, "written" in given.json()["message"]) == (503, True)
    said = f"{world.url()}/api/contests/{c}/clarifications/behind"
    message = {"id": "behind", "text": "Wait", "time": first.json()["time"]}
    put = httpx.put(said, json=message, **acts)
    assert (put.status_code, "written" in put.json()["message"]) == (503, True), "there may be another one before it"
    again = world.post(c, "lost-t2", key="behind", number=2)
    assert (again.status_code, again.json()) == (201, first.json())
    assert world.post(c, "lost-t2", key="behind", code=b"other", number=2).status_code == 409
    sink.send_signal(signal.SIGCONT)
    counts_once(world, c, first.json())
    assert len(records(world, c, first.json()["id"])) == 3
    assert world.get(where, f"{c}-jury", 2).json()["id"] == first.json()["id"]
    # these were written behind the submission
    until(lambda: httpx.get(award, **acts).json().get("team_ids") == ["t1"], 20, "the view has the award")
    until(lambda: httpx.get(said, **acts).status_code == 200, 20, "the view has the message")
    assert httpx.put(said, json=message, **acts).json() == httpx.get(said, **acts).json()
    assert httpx.put(said, json=message | {"text": "Go"}, **acts).status_code == 409


def test_in_a_window_the_answer_has_the_teams_own_contest_time_though_the_view_is_behind(world, sink):
    contest = world.contest("lost-windows", window=2 * HOUR)
    world.appears(contest)
    auth = ("lost-windows-t1", PASSWORD)
    begun = httpx.post(f"{world.url()}/api/contests/{contest}/start", auth=auth, timeout=30)
    assert begun.status_code == 201, begun.text
    sink.send_signal(signal.SIGSTOP)
    told = world.post(contest, "lost-windows-t1", key="own")
    assert told.status_code == 201, told.text
    sink.send_signal(signal.SIGCONT)
    counts_once(world, contest, told.json())


def test_a_broker_that_is_away_for_a_moment_is_waited_for(world, c, broker):
    os.kill(broker, signal.SIGSTOP)
    answers = []
    client = threading.Thread(target=lambda: answers.append(world.post(c, "lost-t1", key="paused")))
    client.start()
    client.join(1)
    assert client.is_alive(), "no answer before the acknowledgement"
    os.kill(broker, signal.SIGCONT)
    client.join(60)
    assert answers[0].status_code == 201
    counts_once(world, c, answers[0].json())


@pytest.mark.long
def test_long_a_broker_that_stays_away_is_told_and_a_retry_is_the_same_submission(world, c, broker):
    os.kill(broker, signal.SIGSTOP)
    try:
        answer = world.post(c, "lost-t1", key="away", timeout=60)
    finally:
        os.kill(broker, signal.SIGCONT)
    assert answer.status_code == 503
    assert "may have been accepted" in answer.json()["message"]
    again = until(
        lambda: (r := world.post(c, "lost-t1", key="away", number=2)).status_code == 201 and r, 60, "the broker is back"
    )
    counts_once(world, c, again.json())


def test_an_emptied_redis_loses_no_submission_and_invents_no_refusal(world, redis_server, c, sink):
    before = {one["id"] for one in shown(world, c)}
    first = world.post(c, "lost-t2", key="emptied").json()
    sink.send_signal(signal.SIGSTOP)
    with redis.Redis.from_url(redis_server) as client:
        client.flushall()
    again = world.post(c, "lost-t2", key="emptied")
    assert (again.status_code, again.json()) == (201, first), "found in the log"
    fresh = world.post(c, "lost-t2", key="fresh")
    assert fresh.status_code == 201
    # one whose facts would lie where those of this contest lie
    name = next(f"unheard-{n}" for n in range(1000) if partition_of(f"unheard-{n}") == partition_of(c))
    unknown = world.get(f"/api/contests/{name}")
    assert unknown.status_code == 503, "an empty view cannot say that there is no such contest"
    sink.send_signal(signal.SIGCONT)
    wanted = before | {first["id"], fresh.json()["id"]}
    until(lambda: {one["id"] for one in shown(world, c)} == wanted, 30, "everything is there again")
    assert world.get(f"/api/contests/{name}").status_code == 404


READS = ("", "/state", "/times", "/teams", "/teams/t1", "/submissions", "/scoreboard", "/scoreboard/stream", "/awards")


def statuses(world, contest):
    paths = ["/api/contests", *(f"/api/contests/{contest}{path}" for path in READS)]
    found = {}
    for path in paths:
        with httpx.stream("GET", f"{world.url()}{path}", auth=("lost-jury", PASSWORD), timeout=30) as answer:
            found[path] = answer.status_code
            assert answer.status_code == 200 or answer.headers["retry-after"], path
    return found


def test_a_view_that_was_lost_does_not_answer_as_if_it_were_complete(world, redis_server, c, sink):
    until(lambda: set(statuses(world, c).values()) == {200}, 20, "everything is there")
    sink.send_signal(signal.SIGSTOP)
    with redis.Redis.from_url(redis_server) as client:
        client.flushall()
        assert set(statuses(world, c).values()) == {503}, "neither an empty list nor 404"
        sink.send_signal(signal.SIGCONT)
        until(lambda: set(statuses(world, c).values()) == {200}, 60, "everything is there again")
        sink.send_signal(signal.SIGSTOP)
        client.delete(*client.scan_iter(match=f"{{{c}}}:*"))  # what a reload does, too
        assert set(statuses(world, c).values()) == {503}
        sink.send_signal(signal.SIGCONT)
        until(lambda: set(statuses(world, c).values()) == {200}, 60, "everything is there again")


def test_a_contest_that_is_away_is_asked_for(world, redis_server, c, sink):
    until(lambda: set(statuses(world, c).values()) == {200}, 20, "everything is there")
    with redis.Redis.from_url(redis_server) as client:
        sink.send_signal(signal.SIGSTOP)
        client.hset(meta_key(c), "away", "1")
        assert world.get(f"/api/contests/{c}").status_code == 503
        assert client.zscore(ASKED_KEY, c)
        sink.send_signal(signal.SIGCONT)
    until(lambda: set(statuses(world, c).values()) == {200}, 60, "it was brought back")


def test_a_view_that_went_back_a_moment_ago_says_of_nothing_that_it_does_not_exist(world, redis_server, c, sink):
    def unknown_problem():
        return world.post(c, "lost-t2", problem_id="nowhere")

    # the view is whole and the door knows it
    until(lambda: unknown_problem().status_code == 400, 20, "there is no such problem")
    sink.send_signal(signal.SIGSTOP)
    with redis.Redis.from_url(redis_server) as client:
        client.delete(*client.scan_iter(match=f"{{{c}}}:*"))
    assert unknown_problem().status_code == 503
    sink.send_signal(signal.SIGCONT)
    until(lambda: unknown_problem().status_code == 400, 30, "the view is whole again")


def test_a_redis_that_is_away_holds_up_nobodys_submission(world, stack_settings, c):
    first = world.post(c, "lost-t1", key="no redis").json()
    paused = redis_process(stack_settings)
    os.kill(paused, signal.SIGSTOP)
    try:
        again = world.post(c, "lost-t1", key="no redis")
        fresh = world.post(c, "lost-t1", key="no redis either")
        read = world.get(f"/api/contests/{c}/submissions", "lost-t1")
    finally:
        os.kill(paused, signal.SIGCONT)
    assert (again.status_code, again.json()) == (201, first)
    assert fresh.status_code == 201
    assert read.status_code == 503
    counts_once(world, c, first)
    counts_once(world, c, fresh.json())


def redis_process(stack_settings):
    """The process id of Redis."""
    with redis.Redis(port=stack_settings.port_base + 79) as client:
        return client.info()["process_id"]
