"""What must be true when the dust has settled."""

from __future__ import annotations

from collections.abc import Iterable

from history.board import scoreboard as history_scoreboard
from podium.live_board import live_scoreboard
from schemas.events import Definition, Judgement, Submission
from schemas.history import connect
from schemas.reader import bounds, read_contest
from schemas.topics import TOPICS
from streams.positions import missing, read_handled
from streams.replay import recompute
from tests import reference_icpc
from tests.chaos.load import Accepted
from tests.chaos.site import Site

CONSUMERS = {
    "planner": ("log",),
    "scorer-1": ("log",),
    "live-sink": ("log",),
    "history-sink": ("log",),
    "queue": ("judge-wanted", "judge-reports", "ticks"),
}
"""Who reads what. `scoreboard-rows` is compacted: its holes are nobody's fault, and its boards are compared instead."""


STILL_COMING = 20
"""Reports and ticks of a few seconds."""


def judged(site: Site, accepted: Iterable[Accepted]) -> list[str]:
    """What is wrong with the accepted submissions: each must have one judgement that counts, as expected, at its time."""
    wrong = []
    logs: dict[str, tuple[dict[str, list[Submission]], dict[str, list[Judgement]], dict[str, str]]] = {}
    for contest in site.contests:
        submissions: dict[str, list[Submission]] = {}
        judgements: dict[str, list[Judgement]] = {}
        publish: dict[str, str] = {}
        for _, event in read_contest(site.settings, contest):
            if isinstance(event, Submission):
                submissions.setdefault(event.id, []).append(event)
            elif isinstance(event, Judgement):
                judgements.setdefault(event.submission_id, []).append(event)
            elif isinstance(event, Definition):
                publish = event.publish
        logs[contest] = submissions, judgements, publish
    for one in accepted:
        submissions, judgements, publish = logs[one.contest]
        if one.id not in submissions:
            wrong.append(f"{one.contest}/{one.id}: answered 201 and not in the log")
        elif one.id not in judgements:
            wrong.append(f"{one.contest}/{one.id}: not judged")
        else:
            counts = judgements[one.id][0]
            verdict = publish.get(counts.verdict, counts.verdict)
            if not one.expected & {verdict, counts.verdict}:
                wrong.append(f"{one.contest}/{one.id}: {verdict} instead of {sorted(one.expected)}")
            if not submissions[one.id][0].submitted_at == counts.submitted_at == one.submitted_at:
                wrong.append(f"{one.contest}/{one.id}: submitted_at differs from the answer's")
    for contest, (submissions, judgements, _) in logs.items():
        wrong += [f"{contest}/{id_}: pending" for id_ in submissions if id_ not in judgements]
    return wrong


def boards(site: Site) -> list[str]:
    """Which boards, of Redis and ClickHouse, are not what the log says."""
    wrong = []
    with connect(site.settings) as client:
        for contest in site.contests:
            replayed = recompute(site.settings, contest)
            for audience in ("public", "jury"):
                truth = replayed.boards[audience]
                # a fold of the CCS text that knows nothing of ours
                if reference_icpc.scoreboard(list(read_contest(site.settings, contest)), audience) != truth:
                    wrong.append(f"{contest}: the {audience} recomputation differs from the reference")
                if live_scoreboard(site.settings, contest, audience) != truth:
                    wrong.append(f"{contest}: the {audience} board in Redis differs from the recomputation")
                if history_scoreboard(client, contest, audience=audience) != truth:
                    wrong.append(f"{contest}: the {audience} board in ClickHouse differs from the recomputation")
    return wrong


def handled(site: Site) -> list[str]:
    """Which positions some consumer has not handled."""
    seen = read_handled(site.settings.home / "run")
    wrong = []
    for consumer, topics in CONSUMERS.items():
        for topic in topics:
            for partition in range(TOPICS[topic].partitions):
                low, end = bounds(site.settings, topic, partition)
                # judges and clock go on: what came in the last moments is still on its way
                end = max(low, end - STILL_COMING) if topic != "log" else end
                holes = missing(seen.get((consumer, topic, partition), []), low, end)
                wrong += [f"{consumer}: positions {a} to {b} of {topic}-{partition} were not handled" for a, b in holes]
    return wrong
