"""Whether the demo was right: verdicts as the jury expects them, nothing pending, and three boards that are one."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

import httpx

from history.board import scoreboards as history_scoreboards
from podium.demo.script import Scene
from podium.live_board import live_scoreboard
from schemas.events import Definition, Event, Judgement, Submission
from schemas.history import connect
from schemas.settings import Settings
from streams.replay import recompute

__all__ = ["Verdicts", "boards_agree", "empty_endpoints", "verdicts"]


@dataclass(frozen=True, slots=True)
class Verdicts:
    """What the log says of the demo's submissions: how many wait, and each that got another verdict than expected."""

    judged: int
    pending: int
    unexpected: tuple[str, ...]


def verdicts(events: Iterable[Event], scenes: list[Scene], sent: dict[int, str]) -> Verdicts:
    """Compare the log's first judgement of each submission with what the jury expects. Pure."""
    got: dict[str, str] = {}
    submitted: set[str] = set()
    publish: dict[str, str] = {}
    for event in events:
        if isinstance(event, Definition):
            publish = event.publish
        elif isinstance(event, Submission):
            submitted.add(event.id)
        elif isinstance(event, Judgement) and event.judging == 0:
            got.setdefault(event.submission_id, event.verdict)
    unexpected = []
    for number, submission in sent.items():
        scene = scenes[number].submission
        verdict = got.get(submission)
        if verdict is not None and not scene.expected & {verdict, publish.get(verdict, verdict)}:
            wanted = " or ".join(sorted(scene.expected))
            unexpected.append(
                f"{scene.problem}/{scene.path.parent.name}/{scene.path.name}: {verdict}, expected {wanted}"
            )
    ours = set(sent.values())
    return Verdicts(len(ours & set(got)), len((submitted | ours) - set(got)), tuple(unexpected))


def boards_agree(settings: Settings, contest: str, timeout_s: float, say: Callable[[str], None]) -> bool:
    """Whether board (Redis), history (ClickHouse) and a recomputation from the log are the same bytes, both audiences.

    The views follow the log: they are given *timeout_s* seconds to catch up.
    """
    deadline = time.monotonic() + timeout_s
    while True:
        replayed = recompute(settings, contest)
        differ = []
        with connect(settings) as client:
            history = history_scoreboards(client, contest)
        for audience, board in history.items():
            truth = replayed.boards[audience]
            if live_scoreboard(settings, contest, audience) != truth:
                differ.append(f"{audience}: the board differs from the recomputation")
            if board != truth:
                differ.append(f"{audience}: the history differs from the recomputation")
        if not differ:
            digest = replayed.digests["jury"]
            say(f"board, history and recomputation agree at position {replayed.position} (jury {digest[:16]}…)")
            return True
        if time.monotonic() > deadline:
            for line in differ:
                say(line)
            return False
        time.sleep(0.5)


def empty_endpoints(http: httpx.Client, contest: str) -> list[str]:
    """What is wrong with what the API serves of a contest: a list without objects, a file that cannot be had.

    Its `access` says what there is. Of each type's file references the first one of each property is fetched. *http* is a
    client of the API's base URL.
    """
    wrong = []
    access = http.get(f"contests/{contest}/access").json()
    for type_ in (one["type"] for one in access["endpoints"]):
        path = f"contests/{contest}" if type_ == "contest" else f"contests/{contest}/{type_}"
        answer = http.get(path)
        if answer.status_code != 200 or not answer.json():
            wrong.append(f"{http.base_url.path}{path}: {answer.status_code}, nothing is there")
            continue
        found = answer.json() if isinstance(answer.json(), list) else [answer.json()]
        answers = {href: http.get(href).status_code for href in _hrefs(found)}
        wrong += [f"{href}: {status}" for href, status in answers.items() if status != 200]
    return wrong


def _hrefs(found: Iterable[dict[str, Any]]) -> list[str]:
    """The address of the first file of each property of these objects."""
    first: dict[str, str] = {}
    for one in found:
        for name, value in one.items():
            if name not in first and isinstance(value, list) and value and isinstance(value[0], dict):
                first |= {name: value[0]["href"]} if "href" in value[0] else {}
    return list(first.values())
