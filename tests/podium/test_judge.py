"""`podium judge pause|resume|drain` and what `podium status` says of hosts."""

import time

import pytest

from judge.reports import Reporter
from judge.standing import Standing
from podium.cli import main
from podium.hosts import hosts
from schemas.clock import Clock
from schemas.codec import codec
from schemas.definition import Language, Problem
from schemas.errors import DependencyError
from schemas.events import Definition, JudgingPaused, JudgingResumed
from schemas.ids import new_id
from schemas.producer import Producer
from schemas.reader import bounds, read, read_contest
from schemas.work import HostOrdered, Lacking
from tests.wait import until


@pytest.fixture
def podium(settings, kafka, monkeypatch, capfd):
    """Runs `podium …`; gives its exit code and what it said."""
    monkeypatch.setenv("PODIUM_HOME", str(settings.home))
    monkeypatch.setenv("PODIUM_KAFKA", kafka)

    def run(*words):
        code = main([*words])
        said = capfd.readouterr()
        return code, said.out + said.err

    return run


@pytest.fixture
def contest(settings, kafka):
    contest = new_id()
    head = {"contest": contest, "recorded_at": 1, "recorded_by": "x"}
    problems = tuple(Problem(p, p, p, i, "0" * 64, 1000, 256, 8, 3) for i, p in enumerate("AB"))
    languages = (Language("java", "Java", ("java",)),)
    with Producer(settings) as producer:
        producer.append(
            Definition(**head, changes=-1, name="c", duration=1, problems=problems, languages=languages)
        ).result()
    return contest


def acts(settings, contest):
    found = [e for _, e in read_contest(settings, contest) if isinstance(e, JudgingPaused | JudgingResumed)]
    return [(type(e).__name__, e.problem_id, e.language_id, e.reason) for e in found]


def test_a_pause_is_an_act_and_is_resumed_by_the_same_words(podium, settings, contest):
    assert podium("judge", "pause", contest, "--problem", "A", "--reason", "why") == (
        0,
        f"contest {contest}: judging of problem A is paused (position {bounds(settings, 'log', place(contest))[1] - 1})\n",
    )
    assert podium("judge", "pause", contest, "--problem", "A", "--reason", "why")[1].endswith("is paused already\n")
    assert podium("judge", "pause", contest, "--language", "java", "--reason", "slow")[0] == 0
    code, said = podium("judge", "resume", contest)
    assert (code, "everything is not paused; paused: language java; problem A" in said) == (2, True)
    assert podium("judge", "resume", contest, "--problem", "A")[0] == 0
    assert podium("judge", "resume", contest, "--language", "java")[0] == 0
    assert acts(settings, contest) == [
        ("JudgingPaused", "A", None, "why"),
        ("JudgingPaused", None, "java", "slow"),
        ("JudgingResumed", "A", None, "the pause is over"),
        ("JudgingResumed", None, "java", "the pause is over"),
    ]


def test_a_pause_is_lifted_also_when_its_problem_and_language_have_left_the_contest(podium, settings, contest):
    for words in (["--problem", "B"], ["--language", "java"]):
        assert podium("judge", "pause", contest, *words, "--reason", "why")[0] == 0
    head = {"contest": contest, "recorded_at": 1, "recorded_by": "x", "name": "c", "duration": 1}
    ((position, _), *_rest) = read_contest(settings, contest)
    with Producer(settings) as producer:
        producer.append(Definition(**head, changes=position)).result()
    assert podium("judge", "pause", contest, "--problem", "B", "--reason", "why")[0] == 2
    for words in (["--problem", "B"], ["--language", "java"]):
        assert podium("judge", "resume", contest, *words)[0] == 0
    assert len(acts(settings, contest)) == 4


def place(contest):
    from schemas.ids import partition_of

    return partition_of(contest)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["pause"], "name a contest"),
        (["pause", "CONTEST", "--host", "h"], "--host is for all contests"),
        (["pause", "CONTEST", "--problem", "A"], "say why: --reason"),
        (["pause", "CONTEST", "--problem", "Z", "--reason", "r"], "has no problem 'Z'; it has A, B"),
        (["pause", "CONTEST", "--language", "cobol", "--reason", "r"], "has no language 'cobol'; it has java"),
        (["pause", "nobody", "--reason", "r"], "there is no contest 'nobody'"),
        (["resume", "CONTEST", "--problem", "A"], "judging of problem A is not paused; paused: nothing"),
    ],
)
def test_what_cannot_be_meant_is_refused_in_one_line(podium, settings, contest, words, said):
    code, told = podium("judge", *[contest if word == "CONTEST" else word for word in words])
    assert (code, told.count("\n"), said in told) == (2, 1, True), told
    assert acts(settings, contest) == []


def test_a_host_is_drained_when_nothing_runs_on_it_any_more_and_status_says_so(podium, settings, kafka):
    start = bounds(settings, "judge-orders", 0)[1]
    assert podium("judge", "drain", "nobody")[0] == 1
    standing = Standing()
    with Producer(settings) as producer:
        reporter = Reporter(producer, Clock(), "host-7", 2, ("c",), live_slots=1, standing=standing)
        standing.lack((Lacking("c1", "ab" * 32, "it is not in the store"),))
        standing.order(paused=True, reason="a new disk")  # as the host does when it reads the order
        until(lambda: "host-7: 0 of 2 slots (1 for" in podium("status")[1], 30, "the host is shown")
        _, said = podium("status")
        assert "takes nothing new, by an operator's word: a new disk" in said
        assert "queue    " in said
        assert f"lacks package {'ab' * 6} of contest c1: it is not in the store" in said
        code, said = podium("judge", "drain", "host-7", "--reason", "a new disk")
        assert (code, "host host-7 is drained" in said) == (0, True)
        assert podium("judge", "resume", "--host", "host-7")[0] == 0
        reporter.close()
    orders = [codec().decode(raw.value) for raw in read(settings, "judge-orders", 0, start)]
    told = [(o.host, o.paused, o.reason) for o in orders if isinstance(o, HostOrdered)]
    assert told == [("nobody", True, "drained"), ("host-7", True, "a new disk"), ("host-7", False, "")]


class Silent:
    """A consumer of a broker that has said where the topic ends, and then brings nothing."""

    def get_watermark_offsets(self, *_, **__):
        return 0, 5

    def assign(self, _):
        pass

    def poll(self, timeout):
        time.sleep(timeout / 10)

    def close(self):
        pass


def test_hosts_whose_reports_do_not_come_are_not_waited_for(settings, monkeypatch):
    monkeypatch.setattr("podium.hosts._since", lambda *_: 0)
    monkeypatch.setattr("podium.hosts.ANSWER_S", 0.2)
    monkeypatch.setattr("schemas.reader.consumer", lambda *_: Silent())
    with pytest.raises(DependencyError, match="judge-reports-0: could not be read in time"):
        hosts(settings)
