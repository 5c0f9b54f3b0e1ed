"""Requests that the OpenAPI document allows or forbids, with ids that exist, as whoever; and what no answer may be."""

import base64
import io
import json
import re
import zipfile
from dataclasses import dataclass, field
from urllib.parse import quote

import requests
import schemathesis
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st
from schemathesis import GenerationMode

from schemas.definition import FileData
from schemas.events import (
    Clarification,
    Commentary,
    Membership,
    RejudgingCreated,
    Run,
    Runs,
    Submission,
    Team,
    Transitioned,
)
from schemas.ids import judgement_id
from tests.api.world import HOUR, PASSWORD, now
from tests.wait import until

CANARY = "qQcanaryQq"
"""In all that is another team's, a hidden team's or the jury's."""
OTHERS, SOURCE, HIDDEN, JURYS = (f"{CANARY}-{whose}" for whose in ("others", "source", "hidden", "jurys"))
"""By whose it is: team t2's, what it has written as a program, the hidden team t4's, the jury's."""
SECRET, OPEN = "secrets", "fuzzed"
"""The contest with the canaries, and one that jury and admins may do anything to."""
NOT_THEIRS = {
    "": (CANARY,),
    f"{SECRET}-t1": (CANARY,),
    f"{SECRET}-t4": (OTHERS, SOURCE, JURYS),
    f"{SECRET}-analyst": (OTHERS, HIDDEN, JURYS),
}
"""What those may not see who attack the contest with the canaries: who is hidden sees their own, an analyst the sources."""
_OF_OTHERS = ("theirs", judgement_id("theirs"))
_WRITTEN = ("ask", "said")
_HIDDEN = ("t4", "hidden", judgement_id("hidden"), "guests")


def naming(*ids):
    """Finds where an answer's property, be it of an object, a feed or a list, is one of these ids, or that of a run of it."""
    return re.compile(
        rb'"(?:[a-z_]+_)?ids?": ?(?:\[[^\]]*)?"(?:%s)(?:\.\d+)?"' % "|".join(map(re.escape, ids)).encode()
    )


NOT_NAMED = {
    "": naming(*_WRITTEN, *_HIDDEN),
    f"{SECRET}-t1": naming(*_OF_OTHERS, *_WRITTEN, *_HIDDEN),
    f"{SECRET}-t4": naming(*_OF_OTHERS, *_WRITTEN),
    f"{SECRET}-analyst": naming(*_WRITTEN, *_HIDDEN),
}
"""What of that contest nobody tells them of: a team of no submission but its own, whatever is left out of it."""
WHO = (*NOT_THEIRS, f"{OPEN}-jury", "fuzz-admin")
WAIT_S = 60
"""An answer that takes longer hangs; a busy machine takes seconds."""
ENDLESS = ("text/event-stream", "application/x-ndjson")


def zipped(name, data):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr(name, data)
    return base64.b64encode(out.getvalue()).decode()


LONG = "1" * 5000 + ":00:00"
"""More digits than are read as a number; its end has more than fit the log."""
WORDS = {
    "id": st.sampled_from([SECRET, OPEN, "pa", "welcome", "new"]),
    "problem_id": st.just("pa"),
    "language_id": st.just("cpp"),
    "team_id": st.sampled_from(["t1", "t2", "t4"]),
    "from_team_id": st.sampled_from(["t1", "t2", "t4"]),
    "to_team_ids": st.lists(st.sampled_from(["t1", "t2", "t4"]), max_size=3),
    "team_ids": st.lists(st.sampled_from(["t1", "t2", "t4"]), max_size=3),
    "text": st.text(max_size=20),
    "message": st.text(max_size=20),
    "citation": st.text(max_size=20),
    "time": st.sampled_from(["2026-11-26T10:00:00Z", "0001-01-01T00:00:00Z", "3000-01-01T00:00:00Z", LONG]),
    "contest_time": st.sampled_from(["0:10:00", LONG]),
    "countdown_pause_time": st.sampled_from(["0:10:00", LONG[-20:], LONG]),
    "start_time": st.sampled_from([None, "2030-01-31T10:00:00+01:00"]),
    "scoreboard_thaw_time": st.just("2030-01-31T10:00:00+01:00"),
    "files": st.just([{"data": zipped("a.cpp", "int main() {}"), "mime": "application/zip"}]),
    "username": st.sampled_from(WHO),
    "password": st.sampled_from([PASSWORD, "wrong"]),
    "entry_point": st.just("Main"),
}
"""What gets further in than text at random does."""


@dataclass
class Target:
    """An api under attack."""

    url: str
    operations: list
    ids: list[str]
    wrong: list[str] = field(default_factory=list)
    answers: dict[int, int] = field(default_factory=dict)

    def __enter__(self):
        self.http = requests.Session()
        return self

    def __exit__(self, *_):
        self.http.close()

    def attack(self, operation, examples, number=None):
        """Send so many requests of each kind, those allowed and those forbidden; *number*: of the draw, else always the same."""
        takes = any(list(one) for one in (operation.query, operation.headers, operation.body))
        # of an operation that takes nothing, nothing is forbidden
        for mode in (GenerationMode.POSITIVE, GenerationMode.NEGATIVE) if takes else (GenerationMode.POSITIVE,):
            self._draw(operation.as_strategy(generation_mode=mode), examples, number)

    def _draw(self, strategy, examples, number):
        @settings(
            derandomize=number is None,
            database=None,
            max_examples=examples,
            deadline=None,
            phases=[Phase.generate],
            suppress_health_check=list(HealthCheck),
        )
        @given(strategy, st.data())
        def each(case, data):
            self.send(case, data.draw)

        (each if number is None else seed(number)(each))()

    def send(self, case, draw):
        who = draw(st.sampled_from(WHO))
        contest = SECRET if who in NOT_THEIRS else OPEN
        for name in case.path_parameters or {}:
            if draw(st.integers(0, 3)):
                case.path_parameters[name] = contest if name == "contest_id" else quote(draw(st.sampled_from(self.ids)))
        if isinstance(case.body, dict) and draw(st.booleans()):
            known = [name for name in case.body if name in WORDS] + draw(
                st.lists(st.sampled_from(sorted(WORDS)), max_size=2)
            )
            case.body |= {name: draw(WORDS[name]) for name in known}
        try:
            request = case.as_transport_kwargs(base_url=self.url)
        except Exception:  # what cannot be written as a request is none
            return
        if draw(st.integers(0, 3)) == 0:
            of = draw(st.sampled_from(["team_id", "judgement_id", "submission_id", "problem_id", "group_id"]))
            request["params"] = {**(request.get("params") or {}), of: draw(st.sampled_from(self.ids))}
        auth = (who, PASSWORD) if who else None
        self.judge(who, request, self.answer(request | {"auth": auth}))

    def answer(self, request):
        """Status, headers and body; of a stream its first part."""
        try:
            with self.http.request(**request, timeout=WAIT_S, stream=True, allow_redirects=False) as answer:
                endless = answer.headers.get("content-type", "").startswith(ENDLESS)
                body = next(answer.iter_content(1 << 16), b"") if endless else answer.content
                return answer.status_code, answer.headers, body
        except requests.Timeout:
            return 0, {}, b"it hangs"
        except (requests.exceptions.InvalidHeader, requests.exceptions.InvalidURL, UnicodeError, TypeError, ValueError):
            return None, {}, b""  # the client itself does not send that
        finally:
            self.http.cookies.clear()

    def judge(self, who, request, found):
        """Write down what is wrong with an answer."""
        status, headers, body = found
        if status is None:
            return
        self.answers[status] = self.answers.get(status, 0) + 1
        what = f"{request['method']} {request['url']} as {who or 'nobody'}"
        refused = status == 503 and "Retry-After" in headers
        if status == 0 or (status >= 500 and not refused):
            self.wrong.append(
                f"{what}: {status} {body[:300]!r}; it was { ({k: v for k, v in request.items() if k != 'headers'})!r}"
            )
        if status >= 400 and request["method"] != "HEAD" and "/api" in request["url"]:
            try:
                assert json.loads(body)["code"] == status
            except (ValueError, KeyError, TypeError, AssertionError):
                self.wrong.append(f"{what}: {status} without code and message: {body[:200]!r}")
        told = b"\n".join([body, *(f"{k}: {v}".encode() for k, v in headers.items())])
        if seen := [one for one in NOT_THEIRS.get(who, ()) if one.encode() in told]:
            self.wrong.append(f"{what}: it tells what is not theirs, {seen}: {body[:2000]!r}")
        if who in NOT_NAMED and f"/{OPEN}" not in request["url"] and (found := NOT_NAMED[who].search(told)):
            self.wrong.append(f"{what}: it names what is not theirs, {found[0][:200]!r}: {body[:2000]!r}")


def targets(world):
    """Put both contests onto the log, and see them; gives the api to be attacked."""
    for contest in (SECRET, OPEN):
        start = now() - HOUR
        world.contest(contest, teams=4, start_time=start)
        # a feed tells of submissions once the log says that the contest has started
        world.add(Transitioned(**world.stamp(contest), id="started", kind="started", planned_at=start))
        _fill(world, contest, *((OTHERS, SOURCE, HIDDEN, JURYS) if contest == SECRET else ("nothing",) * 4))
        world.appears(contest)
    world.account("fuzz-admin", "admin")
    world.account(f"{SECRET}-analyst", "analyst", Membership(SECRET, None))
    until(lambda: world.get("/api/contests", "fuzz-admin").status_code == 200, 20, "the admin is known")
    document = requests.get(f"{world.url()}/openapi.json", timeout=WAIT_S).json()
    operations = [one.ok() for one in schemathesis.openapi.from_dict(document).get_all_operations()]
    ids = ["t1", "t2", "t3", "t4", "pa", "pb", "u1", "u4", "g1", "cpp", "AC", "1", "2", "theirs", "hidden", "j-theirs"]
    target = Target(
        world.url(), operations, [*ids, "ask", "said", f"{SECRET}-t2", "board.js", "winner", "photo", "logo"]
    )
    _see_their_own(world)
    return target


def _fill(world, contest, others, source, hidden, jurys):
    stamp = world.stamp(contest)
    world.add(
        Team(**stamp, id="t4", name=f"{hidden} team", organization_id="u4", hidden=True),
        Clarification(**stamp, id="ask", text=f"{others}?", from_team_id="t2", asked_at=now()),
        Clarification(**stamp, id="said", text=f"{others}!", to_team_ids=("t2",), reply_to_id="ask", asked_at=now()),
        Commentary(**stamp, id="guests", message=f"{hidden} is here", team_ids=("t4",), said_at=now()),
    )
    for id_, team, theirs, code in (("theirs", "t2", others, source), ("hidden", "t4", hidden, hidden)):
        about = {"team_id": team, "problem_id": "pa", "language_id": "cpp"}
        files = (FileData(f"{code}.cpp", f"// {code}".encode()),)
        submitted = Submission(**stamp, id=id_, **about, submitted_at=now(), entry_point=f"{code}Main", files=files)
        world.add(submitted)
        left = (FileData("why.txt", jurys.encode()),)
        run = Run(1, "WA", 1, 2, 100, now(), test="secret/1", message=jurys, team_message=theirs, feedback=left)
        world.judge(contest, {**about, "id": id_}, "WA", compiler_output=theirs, message=jurys)
        world.add(Runs(**stamp, submission_id=id_, judging=0, attempt=1, runs=(run,)))
    world.add(RejudgingCreated(**stamp, id="again", submission_ids=("theirs",), reason=jurys))


def _see_their_own(world):
    """Who may see a part of it does: else nothing would be looked for in what they are told."""
    team, analyst = f"{SECRET}-t4", f"{SECRET}-analyst"
    path = f"/api/contests/{SECRET}"
    until(lambda: HIDDEN in world.get(f"{path}/teams/t4", team).text, 20, "a hidden team sees itself")
    files = f"{path}/submissions/theirs/files"
    until(lambda: SOURCE.encode() in world.get(files, analyst).content, 20, "an analyst sees the sources")
    mine = naming("theirs", judgement_id("theirs"))
    for named in ("submissions", "judgements", "runs", "event-feed?stream=false"):
        until(lambda named=named: mine.search(world.get(f"{path}/{named}", analyst).content), 20, f"{named} name it")
