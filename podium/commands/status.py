"""`podium status`: processes, lag, applied positions, what the auditor has proved, the judges' queue and hosts."""

from __future__ import annotations

import dataclasses
import http.client
import json
import re
import urllib.request
from datetime import UTC, datetime
from typing import Annotated, Any

import redis
import typer
from confluent_kafka import ConsumerGroupTopicPartitions, KafkaException, TopicPartition
from confluent_kafka.admin import AdminClient, OffsetSpec
from rich.console import Console
from rich.table import Table
from rich.text import Text

from podium.hosts import hosts
from podium.pauses import title
from podium.plain import plain
from podium.queued import queued
from podium.stack.stack import idle, read_state
from schemas.addresses import redacted
from schemas.errors import DependencyError
from schemas.ids import partition_of
from schemas.live import audited_key, meta_key
from schemas.settings import Settings, load

__all__ = ["collect", "register"]

_SAMPLE = re.compile(r"^(podium_\w+?)(?:\{(.*)\})? ([-+.\deE]+)$", re.MULTILINE)
_KAFKA_MS = 5000
"""A broker that does not answer for so long is told of; the rest is shown."""
_STATES = {
    "ready": ("", ""),
    "waiting": ("waits for something that is away", "red"),
    "paused": ("takes nothing new, by an operator's word", "yellow"),
    "sick": ("has taken itself out", "red"),
}
_LABEL = re.compile(r'(\w+)="([^"]*)"')


def register(root: typer.Typer) -> None:
    """Add the command to the command line."""
    root.command("status")(status)


def _metrics(address: str) -> list[tuple[str, dict[str, str], float]]:
    try:
        with urllib.request.urlopen(f"http://{address}/metrics", timeout=2) as answer:  # our own loopback
            text = answer.read().decode()
    except (OSError, http.client.HTTPException):
        return []
    return [(name, dict(_LABEL.findall(labels)), float(value)) for name, labels, value in _SAMPLE.findall(text)]


def _lags(settings: Settings) -> dict[str, int]:
    """Records that each consumer group has not committed yet, in the topics of which it has committed any."""
    admin = AdminClient(settings.kafka_client() | {"log_level": 0, "socket.timeout.ms": _KAFKA_MS})
    # first what fails without a broker: the list of groups is empty then, after as long a wait
    counts = {name: len(topic.partitions) for name, topic in admin.list_topics(timeout=_KAFKA_MS / 1000).topics.items()}
    groups = [g.group_id for g in admin.list_consumer_groups().result().valid]
    lags = {}
    for group in sorted(groups):
        (future,) = admin.list_consumer_group_offsets([ConsumerGroupTopicPartitions(group)]).values()
        committed = {(tp.topic, tp.partition): tp.offset for tp in future.result().topic_partitions if tp.offset >= 0}
        of = [TopicPartition(t, p) for t in sorted({t for t, _ in committed}) for p in range(counts.get(t, 0))]
        firsts, ends = _offsets(admin, of, OffsetSpec.earliest()), _offsets(admin, of, OffsetSpec.latest())
        lags[group] = sum(max(0, end - committed.get(where, firsts[where])) for where, end in ends.items())
    return lags


def _offsets(admin: AdminClient, of: list[TopicPartition], which: OffsetSpec) -> dict[tuple[str, int], int]:
    answers = admin.list_offsets(dict.fromkeys(of, which)).items() if of else ()
    return {(tp.topic, tp.partition): answer.result().offset for tp, answer in answers}


def _contests(settings: Settings) -> tuple[dict[str, dict[str, int]], dict[str, dict[str, Any]]]:
    """What Redis holds of each contest: how far the log, and the score rows, have come there; what the auditor says."""
    found, audited = {}, {}
    with redis.Redis.from_url(settings.redis, decode_responses=True, socket_timeout=5) as client:
        for key in client.scan_iter(meta_key("*"), count=1000):
            log, rows = client.hmget(key, "log", "rows")
            contest = key.partition("{")[2].rpartition("}")[0]
            found[contest] = {"partition": partition_of(contest), "log": int(log or -1), "rows": int(rows or -1)}
        for key in client.scan_iter(audited_key("*"), count=1000):
            proved, *said = client.hmget(key, "proved", "different", "unaudited", "at")
            different, unaudited, at = (int(value or 0) for value in said)
            audited[key.removeprefix(audited_key(""))] = {
                "proved": None if proved is None else int(proved),
                "different": bool(different),
                "unaudited": unaudited,
                "at": at,
            }
    return dict(sorted(found.items())), dict(sorted(audited.items()))


def _hosts(settings: Settings) -> dict[str, dict[str, Any]]:
    """What each judge host that lives says of itself."""
    return {
        name: {
            "slots": report.slots,
            "live_slots": report.live_slots,
            "running": len(report.running),
            "state": report.state,
            "why": report.why,
            "lacks": [dataclasses.asdict(one) for one in report.lacks],
        }
        for name, report in hosts(settings).items()
    }


def collect(settings: Settings) -> dict[str, Any]:
    """Everything that `podium status` shows. Reads only; what does not answer is left out."""
    state = read_state(settings)
    processes = state["processes"] if state else []
    found: dict[str, Any] = {
        "running": state is not None,
        "pid": state["pid"] if state else None,
        "processes": processes,
    }
    found |= {
        "lag": {},
        "positions": {},
        "contests": {},
        "audited": {},
        "queue": {"waiting": {}, "running": {}, "errors": 0, "paused": []},
        "hosts": {},
        "skipped": 0,
        "errors": [],
    }
    for process in processes:
        for name, labels, value in _metrics(process["metrics"]) if process["metrics"] else []:
            if name == "podium_position" and labels.get("topic") == "log":
                found["positions"].setdefault(process["name"], {})[labels["partition"]] = int(value)
            elif name in ("podium_queue_waiting", "podium_queue_running"):
                part = found["queue"][name.removeprefix("podium_queue_")]
                part[labels["lane"]] = part.get(labels["lane"], 0) + int(value)
            elif name == "podium_judging_errors":
                found["queue"]["errors"] += int(value)
            elif name == "podium_judging_paused":
                if labels not in found["queue"]["paused"]:
                    found["queue"]["paused"].append(labels)
            elif name == "podium_scorer_skipped_total":
                found["skipped"] += int(value)
    ready = {p["name"] for p in processes if p["state"] == "ready"}
    if "kafka" in ready or "kafka" not in settings.embedded:
        try:
            found["lag"] = _lags(settings)
            found["hosts"] = _hosts(settings)
            if not found["queue"]["waiting"]:  # no process of ours shows a queue: it runs elsewhere, or not now
                found["queue"] = queued(settings) or found["queue"]
        except KafkaException as error:
            found["errors"].append(f"Kafka at {settings.kafka}: {error.args[0].str()}")
        except DependencyError as error:
            found["errors"].append(str(error))
    if "redis" in ready or "redis" not in settings.embedded:
        try:
            found["contests"], found["audited"] = _contests(settings)
        except redis.RedisError as error:
            found["errors"].append(f"Redis at {redacted(settings.redis)}: {error}")
    return found


def status(as_json: Annotated[bool, typer.Option("--json", help="As one JSON object.")] = False) -> int:
    """Show processes, lag, applied positions, queue and hosts; exit 1 when nothing runs or something is not ready.

    What waits for a person (judging errors, a host that is out) is shown, and does not change the exit code.
    """
    settings = load()
    found = collect(settings)
    if as_json:
        print(json.dumps(found, indent=2))
    else:
        _show(found, settings)
    return 0 if found["running"] and all(p["state"] == "ready" for p in found["processes"]) else 1


def _show(found: dict[str, Any], settings: Settings) -> None:
    console = Console(highlight=False)
    if found["running"]:
        console.print(_processes(found))
    else:
        console.print(f"{idle(settings)}; `podium up` starts one", soft_wrap=True)
    if settings.embedded >= {"kafka", "redis"} and not found["running"]:
        return  # there is nobody to ask
    for contest, at in found["contests"].items():
        text = f"contest  {contest}: in partition {at['partition']}, live view at log {at['log']}, rows {at['rows']}"
        console.print(plain(text))
    for contest, audited in found["audited"].items():
        console.print(_audited(contest, audited), soft_wrap=True)
    lag = "  ".join(f"{group}: {number}" for group, number in found["lag"].items())
    console.print(plain(f"lag      {lag or 'none'}"))
    for host, told in found["hosts"].items():
        console.print(_host(host, told), soft_wrap=True)
        for one in told["lacks"]:
            package = f"package {one['package'][:12]}" if one["package"] else "an image"
            text = f"         lacks {package} of contest {one['contest']}: {one['why']}"
            console.print(plain(text, "yellow"), soft_wrap=True)
    if not found["hosts"]:
        console.print("hosts    none")
    _show_judging(found, console)
    for error in found["errors"]:
        console.print(plain(error, "red"), soft_wrap=True)


def _show_judging(found: dict[str, Any], console: Console) -> None:
    queue = found["queue"]
    lanes = "; ".join(
        f"{lane}: {waiting} wait, {queue['running'].get(lane, 0)} run" for lane, waiting in queue["waiting"].items()
    )
    console.print(f"queue    {lanes or 'not known'}")
    for pause in queue["paused"]:
        what = title((pause["problem"] or None, pause["language"] or None))
        console.print(plain(f"paused   contest {pause['contest']}: {what}", "yellow"), soft_wrap=True)
    if queue["errors"]:
        errors = "1 judging error" if queue["errors"] == 1 else f"{queue['errors']} judging errors"
        console.print(
            f"[red]{errors}: pending until the jury judges again; dead-letters has each with its reason[/]",
            soft_wrap=True,
        )
    if found["skipped"]:
        console.print(
            f"[red]the fold failed at {found['skipped']} positions: their contests are degraded; "
            "`podium replay run CONTEST` names them[/]"
        )


def _host(name: str, told: dict[str, Any]) -> Text:
    """A judge host in a line: what it does, or why it does nothing."""
    text = f"host     {name}: {told['running']} of {told['slots']} slots"
    if told["live_slots"]:
        text += f" ({told['live_slots']} for the live lane alone)"
    said, style = _STATES.get(told["state"], (told["state"], "red"))
    return plain(text + (f", {said}: {told['why']}" if said else ""), style)


def _audited(contest: str, audited: dict[str, Any]) -> Text:
    """How far the boards of a contest are proved, what could not be compared, and whether something is wrong since."""
    proved = "nothing yet" if audited["proved"] is None else f"up to position {audited['proved']}"
    at = datetime.fromtimestamp(audited["at"] / 1000, UTC).strftime("%Y-%m-%d %H:%M:%S")
    text, style = f"proved   contest {contest}: {proved}; audited at {at} UTC", ""
    if audited["unaudited"]:
        text, style = f"{text}; {audited['unaudited']} views not compared, see the auditor's log", "yellow"
    if audited["different"]:
        text, style = f"{text}; the last audit found a board that is wrong, see the auditor's log", "red"
    return plain(text, style)


def _processes(found: dict[str, Any]) -> Table:
    table = Table("process", "state", "pid", "restarts", "address", "handled (partition: last position of the log)")
    for p in found["processes"]:
        positions = found["positions"].get(p["name"], {})
        shown = "  ".join(f"{k}: {v}" for k, v in sorted(positions.items(), key=lambda i: int(i[0])) if v > 0)
        color = "green" if p["state"] == "ready" else "red"
        table.add_row(
            p["name"], f"[{color}]{p['state']}[/]", str(p["pid"] or ""), str(p["restarts"]), p["address"], shown
        )
    return table
