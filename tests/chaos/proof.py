"""What must be true when the dust has settled."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from history.board import scoreboards as history_scoreboards
from podium.live_board import live_scoreboard
from schemas.events import Definition, Judgement, Submission
from schemas.history import connect
from schemas.ids import partition_of
from schemas.reader import bounds, read_contest, read_topic
from schemas.rows import AUDIENCES
from schemas.topics import TOPICS
from streams.positions import missing, read_handled
from streams.replay import recompute
from tests import reference_icpc
from tests.chaos.load import Accepted
from tests.chaos.sight import GROUPS, accounts_read, committed
from tests.chaos.site import Site

CONSUMERS: dict[str, tuple[str, ...]] = {**GROUPS, "clock": ("log",)}
"""Who reads what and counts it; the clock belongs to no group.

Three readers are proved otherwise. The apis' accounts: each api says how far it has read (`accounts_unread`). The judges:
what a share group has taken and not done is the queue's to send again, and so `Judged` is their proof. The auditor
commits nothing: for each contest that it audits it reads the log from its beginning.
"""

Owed = dict[tuple[str, int], list[tuple[int, int]]]
"""What has to be handled of each (topic, partition): intervals of positions."""


@dataclass(slots=True)
class Log:
    """What a contest's log has of submissions, as far as it was read."""

    end: int = 0
    submissions: dict[str, list[Submission]] = field(default_factory=dict)
    judgements: dict[str, list[Judgement]] = field(default_factory=dict)
    publish: dict[str, str] = field(default_factory=dict)

    def read_on(self, site: Site, contest: str) -> None:
        """Read what has come since."""
        begun, self.end = self.end, bounds(site.settings, "log", partition_of(contest))[1]
        for _, event in read_contest(site.settings, contest, begun, self.end):
            if isinstance(event, Submission):
                self.submissions.setdefault(event.id, []).append(event)
            elif isinstance(event, Judgement):
                self.judgements.setdefault(event.submission_id, []).append(event)
            elif isinstance(event, Definition):
                self.publish = event.publish


class Judged:
    """What is wrong with the accepted submissions: each must have one judgement that counts, as expected, at its time.

    The logs are read on at each look: who reads all of them twice a second takes a quarter of the machine that judges.
    """

    def __init__(self, site: Site, accepted: Iterable[Accepted]) -> None:
        self._site, self._accepted = site, list(accepted)
        self._logs = {contest: Log() for contest in site.contests}

    def wrong(self) -> list[str]:
        """In words, by now."""
        for contest, log in self._logs.items():
            log.read_on(self._site, contest)
        wrong = [f"{one.contest}/{one.id}: {what}" for one in self._accepted for what in self._unlike(one)]
        for contest, log in self._logs.items():
            wrong += [f"{contest}/{id_}: pending" for id_ in log.submissions if id_ not in log.judgements]
        return wrong

    def _unlike(self, one: Accepted) -> Iterator[str]:
        log = self._logs[one.contest]
        if one.id not in log.submissions:
            yield "answered 201 and not in the log"
        elif one.id not in log.judgements:
            yield "not judged"
        else:
            judgements = log.judgements[one.id]
            counts = judgements[0]
            if len({judgement.judging for judgement in judgements}) > 1:
                yield "judged twice, and nobody asked for it"
            verdict = log.publish.get(counts.verdict, counts.verdict)
            if not one.expected & {verdict, counts.verdict}:
                yield f"{verdict} instead of {sorted(one.expected)}"
            if not log.submissions[one.id][0].submitted_at == counts.submitted_at == one.submitted_at:
                yield "submitted_at differs from the answer's"


def boards(site: Site) -> list[str]:
    """Which boards, of Redis and ClickHouse, are not what the log says.

    ClickHouse is asked when all others are right: it computes a contest's from its facts, for a second and more.
    """
    wrong, truth = [], {}
    for contest in site.contests:
        events = list(read_contest(site.settings, contest))
        replayed = recompute(site.settings, contest)
        for audience in AUDIENCES:
            board = truth[contest, audience] = replayed.boards[audience]
            # a fold of the CCS text that knows nothing of ours
            if reference_icpc.scoreboard(events, audience) != board:
                wrong.append(f"{contest}: the {audience} recomputation differs from the reference")
            if live_scoreboard(site.settings, contest, audience) != board:
                wrong.append(f"{contest}: the {audience} board in Redis differs from the recomputation")
    if wrong:
        return wrong
    with connect(site.settings) as client:
        for contest in site.contests:
            for audience, board in history_scoreboards(client, contest).items():
                if board != truth[contest, audience]:
                    wrong.append(f"{contest}: the {audience} board in ClickHouse differs from the recomputation")
    return wrong


def owed(site: Site, *topics: str) -> Owed:
    """Every position that these topics hold now; of a compacted one those that are left of it."""
    found: Owed = {}
    for topic in topics:
        partitions = TOPICS[topic].partitions
        if TOPICS[topic].config.get("cleanup.policy") == "compact":
            for raw in read_topic(site.settings, topic, partitions):
                found.setdefault((topic, raw.partition), []).append((raw.position, raw.position + 1))
        else:
            found |= {(topic, p): [bounds(site.settings, topic, p)] for p in range(partitions)}
    return found


def handled(site: Site, positions: Owed) -> list[str]:
    """Which of these positions some consumer that reads the topic has not handled."""
    seen = read_handled(site.settings.home / "run")
    wrong = []
    for consumer, topics in CONSUMERS.items():
        for (topic, partition), intervals in positions.items():
            if topic in topics:
                covered = seen.get((consumer, topic, partition), [])
                holes = [hole for low, end in intervals for hole in missing(covered, low, end)]
                wrong += [f"{consumer}: positions {a} to {b} of {topic}-{partition} were not handled" for a, b in holes]
    return wrong


def accounts_unread(site: Site) -> list[str]:
    """Which api processes have not read which records of the accounts that there are now."""
    wrong = []
    ends = {partition: max(end for _, end in held) for (_, partition), held in owed(site, "accounts").items()}
    for name in site.stack.names("api"):
        read = accounts_read(site, name)
        wrong += [
            f"{name}: accounts-{p} is read to {read.get(p, 0)} of {e}" for p, e in ends.items() if read.get(p, 0) < e
        ]
    return wrong


def still(site: Site, positions: Owed) -> list[str]:
    """Which groups have not committed what is owed: nothing stands still."""
    return [
        f"{group}: {topic}-{partition} stands at {at} of {end}"
        for group, topics in GROUPS.items()
        for (topic, partition), at in committed(site.settings, group, topics).items()
        if at < (end := max((end for _, end in positions.get((topic, partition), [])), default=0))
    ]
