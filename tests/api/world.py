"""A contest on a real log, a real live sink and two api processes, and what a test does with them."""

import contextlib
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, field

import httpx
import redis

from podium.stack.parts import environment
from podium.stack.stack import Stack
from schemas.definition import BIG_5, WORLD_FINALS_TYPES, Language, Problem
from schemas.events import (
    Account,
    Definition,
    Group,
    Judgement,
    JudgingStarted,
    Membership,
    Organization,
    Team,
)
from schemas.ids import partition_of
from schemas.live import meta_key
from schemas.passwords import hash_password
from schemas.producer import Producer
from schemas.rows import Cell, FirstToSolve, ScoreboardRow
from schemas.settings import Settings
from tests.conftest import free_port_base
from tests.producers import lending
from tests.stacks import end_at_once
from tests.wait import until

HOUR = 3_600_000
PASSWORD = "correct horse"
HASH = hash_password(PASSWORD)  # one hash for all: a test may know two accounts by one password

LANGUAGES = (
    Language("cpp", "C++", ("cc", "cpp")),
    Language("java", "Java", ("java",), entry_point_required=True, entry_point_name="Main class"),
)


def now() -> int:
    return time.time_ns() // 1_000_000


def problem(label: str, package: str = "0" * 64, statement: str | None = None, **more) -> Problem:
    return Problem(
        id=f"p{label.lower()}",
        label=label,
        name=f"Problem {label}",
        ordinal=ord(label) - 64,
        package=package,
        time_limit_ms=1000,
        memory_limit_mib=256,
        output_limit_mib=8,
        test_data_count=3,
        rgb="#c03030",
        statement=statement,
        **more,
    )


@dataclass
class World:
    """The processes, the log, and what was put there."""

    settings: Settings
    producer: Producer
    processes: dict[str, subprocess.Popen] = field(default_factory=dict)
    defined: dict[str, int] = field(default_factory=dict)
    told: dict[str, int] = field(default_factory=dict)
    """The last position of the log that was told of a contest."""
    logins: dict[str, set[str]] = field(default_factory=dict)
    """Usernames that `contest` made."""

    # ---- processes ------------------------------------------------------------------------------------------------

    def begin(self, name: str, kind: str, **env: str) -> None:
        """Start a process without waiting for it; its log is in HOME/logs."""
        # it would not get the address, and whoever asks would be answered by the other one, with its settings
        assert name not in self.processes, f"{name} still runs"
        logs = self.settings.home / "logs"
        logs.mkdir(parents=True, exist_ok=True)
        # what a killed sink has read is another's after this time
        more = {"PODIUM_INSTANCE": name, "PODIUM_METRICS": self.metrics(name), "PODIUM_SESSION_TIMEOUT": "6"}
        variables = environment(self.settings, kind) | more | env
        with (logs / f"{name}.log").open("ab") as log:
            self.processes[name] = subprocess.Popen(
                [sys.executable, "-m", "podium", "run", kind], env=variables, stderr=log, stdout=log
            )

    def begin_api(self, number: int, **env: str) -> None:
        """Start an api process without waiting for it."""
        address = self.address(number)
        self.begin(f"api-{number}", "api", PODIUM_API=address, PODIUM_URL=f"http://{address}", **env)

    def ready(self, name: str) -> None:
        """Wait until the process does its work."""

        def answers() -> bool:
            assert self.processes[name].poll() is None, self.log(name)[-2000:]
            try:
                return httpx.get(f"http://{self.metrics(name)}/readyz").status_code == 200
            except httpx.TransportError:
                return False

        until(answers, 60, f"{name} is ready")

    def start_api(self, number: int, **env: str) -> str:
        """Start an api process; gives its URL."""
        self.begin_api(number, **env)
        self.ready(f"api-{number}")
        return self.url(number)

    @contextlib.contextmanager
    def another_api(self, **env: str) -> Iterator[str]:
        """The third api process, for as long as it takes; gives its URL. It may be stopped and started again."""
        try:
            yield self.start_api(3, **env)
        finally:
            if "api-3" in self.processes:
                self.stop("api-3")

    def start_sink(self) -> None:
        """Start the live sink."""
        self.begin("live-sink", "live-sink")
        self.ready("live-sink")

    def metrics(self, name: str) -> str:
        offset = {"live-sink": 110, "api-1": 111, "api-2": 112, "api-3": 113, "scorer": 114, "history-sink": 115}[name]
        return f"127.0.0.1:{self.settings.port_base + offset}"

    def address(self, number: int) -> str:
        return f"127.0.0.1:{self.settings.port_base + 79 + number}"

    def url(self, number: int = 1) -> str:
        return f"http://{self.address(number)}"

    def stop(self, name: str, *, kill: bool = False) -> int:
        """End a process and wait for it; gives its exit code."""
        process = self.processes.pop(name)
        (process.kill if kill else process.terminate)()
        return _ended(process)

    def log(self, name: str) -> str:
        return (self.settings.home / "logs" / f"{name}.log").read_text()

    # ---- what is on the log ---------------------------------------------------------------------------------------

    def add(self, *events) -> list[int]:
        positions = self.producer.append_all(events)
        self.told |= {event.contest: position for event, position in zip(events, positions, strict=True)}
        return positions

    def stamp(self, contest: str) -> dict:
        return {"contest": contest, "recorded_at": now(), "recorded_by": "test"}

    def define(self, contest: str, **more) -> Definition:
        """Define a contest that began an hour ago, with problems A, B and C, or change it."""
        values = {
            "name": f"Contest {contest}",
            "formal_name": f"The contest called {contest}",
            "start_time": now() - HOUR,
            "duration": 5 * HOUR,
            "scoreboard_freeze_duration": HOUR,
            "judgement_types": WORLD_FINALS_TYPES,
            "publish": BIG_5,
            "problems": (problem("A"), problem("B"), problem("C")),
            "languages": LANGUAGES,
        }
        definition = Definition(**self.stamp(contest), changes=self.defined.get(contest, -1), **(values | more))
        (self.defined[contest],) = self.add(definition)
        return definition

    def contest(self, contest: str, teams: int = 3, **more) -> str:
        """A contest with teams t1, t2, … of organization u1, u2, …; the last one is hidden. Accounts contest-tN."""
        self.define(contest, **more)
        entries = [Group(**self.stamp(contest), id="g1", name="Everybody")]
        for number in range(1, teams + 1):
            entries += [
                Organization(**self.stamp(contest), id=f"u{number}", name=f"University {number}", country="ISL"),
                Team(
                    **self.stamp(contest),
                    id=f"t{number}",
                    name=f"Team {number}",
                    organization_id=f"u{number}",
                    group_ids=("g1",) if number % 2 else (),
                    hidden=number == teams,
                ),
            ]
            self.account(f"{contest}-t{number}", "team", Membership(contest, f"t{number}"))
        self.add(*entries)
        self.account(f"{contest}-jury", "jury", Membership(contest, None))
        self.logins[contest] = {f"{contest}-jury", *(f"{contest}-t{number}" for number in range(1, teams + 1))}
        return contest

    def account(self, username: str, role: str, *memberships: Membership, **more) -> None:
        values = {"password": HASH, **more}
        record = Account(
            recorded_at=now(),
            recorded_by="test",
            username=username,
            role=role,
            memberships=memberships,
            **values,
        )
        self.producer.send("accounts", username, record).result()

    def judge(
        self, contest: str, submission: dict, verdict: str, at: int | None = None, judging: int = 0, **more
    ) -> None:
        """What the judges would say of a submission as the API gave it."""
        times = {"started_at": at or now(), "ended_at": at or now()}
        self.add(
            JudgingStarted(
                **self.stamp(contest),
                submission_id=submission["id"],
                judging=judging,
                attempt=1,
                host="h",
                started_at=times["started_at"],
            ),
            Judgement(
                **self.stamp(contest),
                submission_id=submission["id"],
                team_id=submission["team_id"],
                problem_id=submission["problem_id"],
                language_id=submission["language_id"],
                submitted_at=0,
                judging=judging,
                attempt=1,
                verdict=verdict,
                **times,
                **more,
            ),
        )

    def row(
        self,
        contest: str,
        team: str,
        solved: dict[str, int],
        audience: str = "public",
        *,
        ranked: bool = True,
        generation: str = "0",
    ) -> None:
        """Put a team's row: minutes by problem solved (0: tried once, pending)."""
        cells = tuple(
            Cell(f"p{label}", 1 if minute else 0, 0 if minute else 1, bool(minute), minute * 60_000 or None)
            for label, minute in sorted(solved.items())
        )
        done = [minute for minute in solved.values() if minute]
        row = ScoreboardRow(
            **self.stamp(contest),
            generation=generation,
            audience=audience,
            position=self.add_nothing(),
            team_id=team,
            listed=True,
            ranked=ranked,
            sort_key=(*(() if ranked else (1,)), -len(done), sum(done), max(done, default=0)),
            tie_key=f"team {team}",
            num_solved=len(done),
            total_time=sum(done) * 60_000,
            time=max(done) * 60_000 if done else None,
            cells=cells,
        )
        self._rows(contest, f"{contest}|{generation}|{audience}|{team}", row)

    def first(self, contest: str, label: str, team: str, audience: str = "public") -> None:
        first = FirstToSolve(
            **self.stamp(contest),
            generation="0",
            audience=audience,
            position=self.add_nothing(),
            problem_id=f"p{label}",
            team_id=team,
            submission_id="s",
            time=60_000,
        )
        self._rows(contest, f"{contest}|0|{audience}|!first|p{label}", first)

    def add_nothing(self) -> int:
        """A position that is later than any before."""
        return time.monotonic_ns()

    def _rows(self, contest: str, key: str, record) -> None:
        self.producer.send("scoreboard-rows", key, record, partition=partition_of(contest)).result()

    # ---- what a client does ---------------------------------------------------------------------------------------

    def get(self, path: str, who: str | None = None, number: int = 1, **more) -> httpx.Response:
        auth = (who, PASSWORD) if who else None
        return httpx.get(f"{self.url(number)}{path}", auth=auth, timeout=30, **more)

    def post(
        self,
        contest: str,
        who: str | None,
        *,
        problem_id: str = "pa",
        language_id: str = "cpp",
        code: bytes = b"int main() {}\n",
        name: str = "main.cpp",
        key: str | None = None,
        number: int = 1,
        password: str = PASSWORD,
        timeout: float = 40,
        **fields: str,
    ) -> httpx.Response:
        return httpx.post(
            f"{self.url(number)}/api/contests/{contest}/submissions",
            auth=(who, password) if who else None,
            headers={"Idempotency-Key": key} if key else {},
            data={"problem_id": problem_id, "language_id": language_id, **fields},
            files={"code": (name, code)},
            timeout=timeout,
        )

    def appears(self, contest: str) -> None:
        """Wait until every api shows its jury all of the contest's accounts, and the view holds all that was told of it."""

        def known(number: int) -> set[str]:
            answer = self.get(f"/api/contests/{contest}/accounts", f"{contest}-jury", number)
            return {one["username"] for one in answer.json()} if answer.status_code == 200 else set()

        for number in [int(name[4:]) for name in self.processes if name.startswith("api-")] or [1]:
            until(lambda number=number: self.logins[contest] <= known(number), 20, f"{contest} is there")
        with redis.Redis.from_url(self.settings.redis) as client:
            held = lambda: int(client.hget(meta_key(contest), "log") or -1)  # noqa: E731
            until(lambda: held() >= self.told[contest], 20, f"all of {contest} is there")


def _ended(process: subprocess.Popen) -> int:
    """Wait for the end of a process that was told to end: one that does not is killed, and no test's any more."""
    try:
        return process.wait(60)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait(60)
        raise


_running: list[World] = []


@contextlib.contextmanager
def one_world(stack_settings: Settings, redis: str) -> Iterator[World]:
    """The session's world, started by whoever comes first and ended with them.

    It has a Kafka of its own: on the session's, its live sink would take its share of the partitions from those that
    other tests start.
    """
    if _running:
        yield _running[0]
        return
    home = stack_settings.home / "api"
    stack = Stack(Settings(home=home, port_base=free_port_base()), only=frozenset({"kafka"}))
    stack.start()
    update = {"home": home, "kafka": stack.settings.kafka, "redis": redis, "judge_token": "of-the-judges"}
    update["webhooks_local"] = True
    settings = stack_settings.model_copy(update=update)
    with contextlib.ExitStack() as ends:
        ends.callback(end_at_once, stack)
        ends.enter_context(lending(settings.kafka))
        producer = ends.enter_context(Producer(settings))
        made = World(settings, producer)
        try:
            made.begin("live-sink", "live-sink")
            made.begin_api(1)
            made.begin_api(2)
            for name in list(made.processes):
                made.ready(name)
            _running.append(made)
            yield made
        finally:
            _running.clear()
            for process in made.processes.values():
                process.terminate()
            for process in made.processes.values():
                ends.callback(_ended, process)  # each of them, also where another one did not end
