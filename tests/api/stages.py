"""A contest with everything that the Contest API has words for, stage by stage, in this process."""

import dataclasses
import hashlib
import zipfile
from pathlib import Path
from typing import Any, cast

import httpx

from api.accounts import Known
from api.app import make_app
from clics.source_zip import zip_hash
from podium.demo.pictures import mark_png, mark_svg
from schemas.accounts import SCOPES
from schemas.definition import (
    BIG_5,
    WORLD_FINALS_TYPES,
    Award,
    FileData,
    JudgementType,
    Language,
    Media,
    PackageFile,
)
from schemas.events import (
    Account,
    AwardGiven,
    Clarification,
    Commentary,
    Definition,
    Event,
    Finalized,
    Group,
    Judgement,
    JudgingStarted,
    Membership,
    Organization,
    Person,
    RejudgingApplied,
    RejudgingCreated,
    Run,
    Runs,
    StartMoved,
    Submission,
    Team,
    ThawScheduled,
    Token,
    Transitioned,
    VerdictOverridden,
)
from tests.contest_log import problem
from tests.leaks.world import StillClock, World

CONTEST = "conf"
START, MINUTE = 1_800_000_000_000, 60_000
FREEZE, END, THAW = 240, 300, 310
STAGES = ("before", "paused", "running", "frozen", "over", "thawed", "finalised")
ROLES = {
    # token: role, team
    "": None,
    "team-1": ("team", "t1"),
    "team-2": ("team", "t2"),
    "team-hidden": ("team", "h1"),
    "a-judge": ("jury", None),
    "an-analyst": ("analyst", None),
    "an-admin": ("admin", None),
    "somebody else": ("public", None),
}
TYPES = (
    *(dataclasses.replace(one, simplified="RE" if one.penalty else one.id) for one in WORLD_FINALS_TYPES),
    JudgementType("RE", "Rejected", penalty=True, solved=False),
)
RUNS = {"AC": ("AC", "AC", "AC"), "WA": ("AC", "WA"), "TLE": ("TLE",), "CE": (), "JE": ()}
"""The tests of each verdict; the first one is a sample."""
SCORES = {"AC": (4025, 5975), "WA": (4025, 0)}
"""What the test data groups of each verdict give, scaled, where the contest counts points."""
POINTS = {"scoreboard_type": "score", "rule": "ioi", "score_scale": 100, "feedback": "groups"}
"""A contest that counts points."""


TOOL, STATEMENT = b"print('a tool')\n", b"%PDF-1.7 a statement"
PACKAGE = {
    "problem.yaml": b"problem_format_version: 2025-09\nname: P\nuuid: 00000000-0000-0000-0000-000000000000\n",
    "statement/problem.en.md": b"Add.\n",
    "statement/problem.en.pdf": STATEMENT,
    "data/sample/1.in": b"1 2\n",
    "data/sample/1.ans": b"3\n",
    "attachments/tool.py": TOOL,
}
"""What people may see of the problems' package: of the rest nobody asks here."""

LOGINS = {"t1": "team-1", "t2": "team-2", "h1": "team-hidden", "v1": None}
"""Who submits for a team."""


def md5(data: bytes) -> str:
    return hashlib.md5(data).hexdigest()


class Writes:
    """A producer whose records are in the view at once."""

    def __init__(self, world: World, audit: Any) -> None:
        self._world, self._audit = world, audit

    async def append_async(self, event: Event) -> int:
        return self._world.add(event)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._audit, name)


class Stages:
    """The contest, told up to a stage; and what a client does with its API."""

    def __init__(self, url: str, home: Any, **definition: Any) -> None:
        self.world = World(url, home, CONTEST)
        self.world.site.accounts._known.clear()  # those of other tests
        for token, role in ROLES.items():
            if role is not None:
                self.account(token, *role)
        site = self.world.site
        self.site = dataclasses.replace(site, producer=cast(Any, Writes(self.world, site.producer)))
        self.app = make_app(self.site)
        self.client = httpx.AsyncClient(transport=httpx.ASGITransport(self.app), base_url="http://test")
        self.stage = ""
        self.minute: float = -60
        self._definition = definition
        store = Path(site.settings.store_location)
        store.mkdir(parents=True)
        with zipfile.ZipFile(store / f"{'0' * 64}.zip", "w") as archive:
            for name, data in PACKAGE.items():
                archive.writestr(name, data)

    def media(self, property_: str, filename: str, mime: str, data: bytes, **more: Any) -> Media:
        """A file of an object's; its bytes are in the store."""
        digest = hashlib.sha256(data).hexdigest()
        path = Path(self.site.settings.store_location, "media", digest)
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(data)
        return Media(property_, filename, mime, digest, None, md5(data), len(data), **more)

    def picture(self, property_: str, filename: str = "", tags: tuple[str, ...] = ()) -> Media:
        """An image in the store, whose name says its kind."""
        filename = filename or f"{property_}.png"
        png = filename.endswith("png")
        data, mime = (mark_png(filename, 56), "image/png") if png else (mark_svg(filename).encode(), "image/svg+xml")
        side = 56 if png else 160
        return self.media(property_, filename, mime, data, width=side, height=side, tags=tags)

    def account(self, token: str, role: str, team: str | None, contest: str = CONTEST, **more: Any) -> None:
        digest = hashlib.sha256(token.encode()).hexdigest()
        person = "coach" if team == "t1" and contest == CONTEST else None
        member = Membership(contest, team, person, "10.0.0.1" if role == "team" else None)
        about = {"role": role, "memberships": (member,), "tokens": (Token("tool", digest, SCOPES, 0),)}
        account = Account(recorded_at=0, recorded_by="test", username=token, name=token, **about, **more)
        self.world.site.accounts._known[token] = Known(account, "0.0")
        self.world.site.accounts._changes += 1
        self.world.site.accounts._tokens[digest] = token

    async def close(self) -> None:
        await self.client.aclose()
        await self.world.close()

    # ---- a client -------------------------------------------------------------------------------------------------

    async def get(self, path: str, who: str = "", version: str = "2026-01", **headers: str) -> httpx.Response:
        return await self.ask("GET", path, who, version, headers=headers)

    async def ask(self, method: str, path: str, who: str = "", version: str = "2026-01", **more: Any) -> httpx.Response:
        """A request below the contest's path, or at the version's base with a leading slash."""
        base = "/api" if version == "2026-01" else f"/api/{version}"
        url = f"{base}{path}" if path.startswith("/") or not path else f"{base}/contests/{CONTEST}/{path}".rstrip("/.")
        headers = {"Authorization": f"Bearer {who}"} if who else {}
        return await self.client.request(method, url, headers=headers | more.pop("headers", {}), **more)

    # ---- the story ------------------------------------------------------------------------------------------------

    def at(self, minute: float) -> None:
        self.minute = minute
        StillClock.now = START + int(minute * MINUTE)

    def tell(self, kind: type[Event], /, **fields: Any) -> int:
        return self.world.add(kind(contest=CONTEST, recorded_at=StillClock.now, recorded_by="test", **fields))

    def to(self, stage: str) -> None:
        """Go on to the stage."""
        while self.stage != stage:
            following = STAGES[STAGES.index(self.stage) + 1] if self.stage else STAGES[0]
            getattr(self, f"_{following}")()
            self.stage = following

    def submit(self, id_: str, team: str, problem: str, verdict: str | None, language: str = "cpp") -> None:
        files = (FileData("Main.java" if language == "java" else "main.cpp", b"x"),)
        entry = "Main" if language == "java" else None
        about = {"team_id": team, "problem_id": problem, "language_id": language}
        now = StillClock.now
        who = {"account": LOGINS[team], "zip_hash": zip_hash(files)}
        self.tell(Submission, id=id_, submitted_at=now, entry_point=entry, digest=id_, files=files, **who, **about)
        if verdict is not None:
            self.judge(id_, verdict, about, now)

    def judge(self, id_: str, verdict: str, about: dict[str, str], at: int, judging: int = 0) -> None:
        one = {"submission_id": id_, "judging": judging, "attempt": 1}
        self.tell(JudgingStarted, host="h", started_at=at, **one)
        runs = tuple(
            Run(
                n, told, 5 * n, 6, 100, at + n, test="sample/1" if n == 1 else f"secret/{n}",
                message=f"jury {n}", team_message=f"see {n}",
                feedback=() if told == "AC" else (FileData("why.txt", b"3 for 4\n"), FileData("a.png", b"\x89PNG")),
            )
            for n, told in enumerate(RUNS[verdict], 1)
        )  # fmt: skip
        if runs:
            self.tell(Runs, runs=runs, **one)
        times: dict[str, Any] = {
            "started_at": at,
            "ended_at": at + 1000,
            "submitted_at": at,
            "max_cpu_ms": 5 * len(runs),
        }
        if self._definition.get("scoreboard_type") == "score" and verdict in SCORES:
            times |= {"score": sum(SCORES[verdict]), "group_scores": SCORES[verdict]}
        self.tell(Judgement, verdict=verdict, **one, **about, **times)

    def _before(self) -> None:
        self.at(-60)
        problems = tuple(
            problem(
                f"p{label}",
                ordinal,
                label=label.upper(),
                rgb="#c03030",
                color="red",
                statement=f"statement/problem.en.{'md' if label == 'a' else 'pdf'}",
                uuid=f"00000000-0000-0000-0000-00000000000{ordinal}",
                code_limit_kib=128,
                max_score=10_000,
                statement_hash=None if label == "a" else md5(STATEMENT),
                attachments=(PackageFile("tool.py", "tool.py", "text/x-python", md5(TOOL)),),
            )
            for ordinal, label in enumerate("ab", 1)
        )
        languages = (
            Language("cpp", "C++", ("cc", "cpp")),
            Language("python3", "Python 3", ("py",)),
            Language(
                "java",
                "Java",
                ("java",),
                entry_point_required=True,
                entry_point_name="Main class",
                compiler_version="javac 17",
                runner_version="openjdk 17",
            ),
        )
        place = '{"latitude": 64.1, "longitude": -21.9}'
        fields = {
            "name": "Conformance",
            "formal_name": "The contest of everything",
            "start_time": START,
            "duration": END * MINUTE,
            "scoreboard_freeze_duration": (END - FREEZE) * MINUTE,
            "main_scoreboard_group_id": "g1",
            "judgement_types": TYPES,
            "publish": BIG_5,
            "problems": problems,
            "languages": languages,
            "location": place,
            "media": (self.picture("banner"), self.picture("logo"), self.picture("logo", "dark.svg", ("dark",))),
        }
        self.tell(Definition, changes=-1, **(fields | self._definition))
        self.tell(Group, id="g1", name="Everybody", type="site", icpc_id="11", location=place)
        self.tell(Group, id="g2", name="Some")
        self.tell(Group, id="gh", name="Guests", hidden=True)
        more = {"icpc_id": "433", "country_subdivision": "IS-1", "location": place}
        more |= {"twitter_hashtag": "#u1", "twitter_account": "@u1"}
        pictures = tuple(map(self.picture, ("logo", "country_flag", "country_subdivision_flag")))
        self.tell(
            Organization,
            id="u1",
            name="U 1",
            formal_name="University 1",
            country="ISL",
            url="https://u.example",
            media=(*pictures, self.picture("logo", "logo 2.svg")),
            **more,
        )
        for id_, groups in (("t1", ("g1",)), ("t2", ("g1", "g2")), ("v1", ("g2",)), ("h1", ("gh",))):
            place = '{"x": 1, "y": 2.5, "rotation": 90}'
            more = {"label": f"{id_}!", "display_name": f"The {id_}", "icpc_id": f"7{id_}", "location": place}
            media = self._files_of(id_)
            self.tell(Team, id=id_, name=f"Team {id_}", organization_id="u1", group_ids=groups, media=media, **more)
        about = {"icpc_id": "32442", "title": "Dr", "email": "c@example.org", "sex": "female"}
        self.tell(Person, id="coach", name="A coach", role="coach", team_ids=("t1", "h1"), **about)
        self.tell(Person, id="guest", name="A guest", role="contestant", team_ids=("h1",))
        photo = (self.picture("photo", "me.svg"),)
        self.tell(Person, id="chief", name="The chief", role="staff", media=photo, **about)
        now = StillClock.now
        self.tell(Clarification, id="welcome", text="Do not touch anything", asked_at=now)
        self.tell(Clarification, id="early", text="Problem A is the easy one", problem_id="pa", asked_at=now)
        self.tell(Commentary, id="hello", message="Hello", tags=("greeting",), said_at=now)

    def _files_of(self, team: str) -> tuple[Media, ...]:
        """One of each kind; what shows a team at work comes from elsewhere."""
        streams = (("desktop", "mp4", "video/mp4"), ("webcam", "mp4", "video/mp4"), ("audio", "mp3", "audio/mpeg"))
        return (
            self.picture("photo"),
            self.media("video", "video.mp4", "video/mp4", f"film of {team}".encode()),
            self.media("backup", "backup.zip", "application/zip", f"files of {team}".encode()),
            self.media("key_log", "key_log.txt", "text/plain", f"keys of {team}".encode()),
            self.media("tool_data", "tool_data.txt", "text/plain", f"tools of {team}".encode()),
            *(
                Media(name, f"{name}.{ending}", mime, href=f"https://cds.example/{name}/{team}")
                for name, ending, mime in streams
            ),
            Media("desktop", "desktop.m3u8", "application/vnd.apple.mpegurl", href=f"https://cds.example/{team}.m3u8"),
        )

    def _paused(self) -> None:
        """The countdown stands still: nobody knows when the contest starts."""
        self.at(-30)
        self.tell(StartMoved, id="stop", start_time=None, countdown_pause_time=30 * MINUTE)

    def _running(self) -> None:
        self.at(-1)
        self.tell(StartMoved, id="go on", start_time=START)
        self.at(0)
        self.tell(Transitioned, id="started", kind="started", planned_at=START)
        self.at(10)
        self.submit("s1", "t1", "pa", "WA")
        self.submit("s2", "t2", "pa", "TLE", "java")
        self.submit("sh", "h1", "pa", "AC")
        self.at(20)
        self.submit("s3", "t1", "pa", "AC", "java")
        self.submit("s4", "v1", "pb", "CE", "python3")
        self.submit("s5", "t2", "pb", None)
        now = StillClock.now
        self.tell(VerdictOverridden, id="by hand", submission_id="s2", team_id="t2", problem_id="pa", verdict="RTE")
        said = {"text": "?", "asked_at": now}
        self.tell(Clarification, id="q1", from_team_id="t1", problem_id="pa", **said)
        self.tell(Clarification, id="qh", from_team_id="h1", **said)
        self.tell(Clarification, id="a1", to_team_ids=("t1", "t2", "h1"), reply_to_id="q1", problem_id="pa", **said)
        self.tell(Clarification, id="a2", to_group_ids=("g1", "g2"), reply_to_id="q1", **said)
        self.tell(Clarification, id="a3", reply_to_id="qh", **said)
        self.tell(Clarification, id="a4", reply_to_id="welcome", **said)
        self.tell(Clarification, id="a5", reply_to_id="a2", **said)
        about = {"team_ids": ("t1",), "problem_ids": ("pa",), "submission_ids": ("s3", "s2")}
        self.tell(
            Commentary,
            id="lead",
            message="{teams:t1} leads",
            tags=("accepted",),
            source_id="chief",
            said_at=now,
            **about,
        )
        for named in ("teams:h1", "submissions:sh", "groups:gh", "persons:guest", "clarifications:qh"):
            self.tell(Commentary, id=f"of-{named[:5]}", message=f"{{{named}}} is here", said_at=now)
        self.tell(Commentary, id="to-groups", message="As {clarifications:a2} says", said_at=now)
        position = self.tell(RejudgingCreated, id="again", submission_ids=("s1",))
        self.judge("s1", "TLE", {"team_id": "t1", "problem_id": "pa", "language_id": "cpp"}, now, position)
        self.tell(RejudgingApplied, id="applied", rejudging=position)
        unseen = self.tell(RejudgingCreated, id="never", submission_ids=("s4",))
        self.judge("s4", "AC", {"team_id": "v1", "problem_id": "pb", "language_id": "python3"}, now, unseen)

    def _frozen(self) -> None:
        self.at(FREEZE)
        self.tell(Transitioned, id="frozen", kind="frozen", planned_at=START + FREEZE * MINUTE)
        self.at(FREEZE + 5)
        self.submit("f1", "t1", "pb", "AC")
        self.submit("f2", "t2", "pb", "WA")
        self.tell(AwardGiven, id="gift", award=Award("best-costume", "Best costume", ("t2", "h1")))
        said = {"team_ids": ("t1",), "submission_ids": ("f1",), "said_at": StillClock.now}
        self.tell(Commentary, id="secret", message="It is accepted", tags=("accepted",), **said)

    def _over(self) -> None:
        self.at(END)
        self.tell(Transitioned, id="ended", kind="ended", planned_at=START + END * MINUTE)
        self.at(END + 5)

    def _thawed(self) -> None:
        self.at(THAW)
        self.tell(ThawScheduled, id="thaw", thaw_time=START + THAW * MINUTE)
        self.tell(Transitioned, id="thawed", kind="thawed", planned_at=START + THAW * MINUTE)
        self.at(THAW + 5)

    def _finalised(self) -> None:
        self.at(THAW + 10)
        self.tell(Finalized, id="final")
        self.at(THAW + 15)
