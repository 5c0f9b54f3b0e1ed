"""`podium status`: processes, lag, applied positions, the judges' queue and hosts."""

from __future__ import annotations

import json
import re
import urllib.request
from typing import Annotated, Any

import typer
from confluent_kafka import ConsumerGroupTopicPartitions, KafkaException, TopicPartition
from confluent_kafka.admin import AdminClient, OffsetSpec
from rich.console import Console
from rich.table import Table

from podium.stack.stack import read_state
from schemas.settings import Settings, load

__all__ = ["collect", "register"]

_SAMPLE = re.compile(r"^(podium_\w+?)(?:\{(.*)\})? ([-+.\deE]+)$", re.MULTILINE)
_LABEL = re.compile(r'(\w+)="([^"]*)"')


def register(root: typer.Typer) -> None:
    """Add the command to the command line."""
    root.command("status")(status)


def _metrics(address: str) -> list[tuple[str, dict[str, str], float]]:
    try:
        with urllib.request.urlopen(f"http://{address}/metrics", timeout=2) as answer:  # our own loopback
            text = answer.read().decode()
    except OSError:
        return []
    return [(name, dict(_LABEL.findall(labels)), float(value)) for name, labels, value in _SAMPLE.findall(text)]


def _lags(settings: Settings) -> dict[str, int]:
    """Records that each consumer group has not committed yet."""
    admin = AdminClient(settings.kafka_client() | {"log_level": 0})
    groups = [g.group_id for g in admin.list_consumer_groups().result().valid]
    lags = {}
    for group in sorted(groups):
        request = ConsumerGroupTopicPartitions(group)
        (future,) = admin.list_consumer_group_offsets([request]).values()
        committed = [tp for tp in future.result().topic_partitions if tp.offset >= 0]
        ends = admin.list_offsets({TopicPartition(tp.topic, tp.partition): OffsetSpec.latest() for tp in committed})
        end_of = {(tp.topic, tp.partition): answer.result().offset for tp, answer in ends.items()}
        lags[group] = sum(max(0, end_of[tp.topic, tp.partition] - tp.offset) for tp in committed)
    return lags


def collect(settings: Settings) -> dict[str, Any]:
    """Everything that `podium status` shows. Reads only; what does not answer is left out."""
    state = read_state(settings)
    processes = state["processes"] if state else []
    found: dict[str, Any] = {"running": state is not None, "processes": processes, "lag": {}, "positions": {}}
    found |= {"queue": {"waiting": {}, "running": {}, "faulted": 0}, "hosts": {}}
    if any(p["name"] == "kafka" and p["state"] == "ready" for p in processes) or "kafka" not in settings.embedded:
        try:
            found["lag"] = _lags(settings)
        except KafkaException as error:
            found["lag_error"] = str(error)
    for process in processes:
        for name, labels, value in _metrics(process["metrics"]) if process["metrics"] else []:
            if name == "podium_position" and labels.get("topic") == "log":
                found["positions"].setdefault(process["name"], {})[labels["partition"]] = int(value)
            elif name in ("podium_queue_waiting", "podium_queue_running"):
                part = found["queue"][name.removeprefix("podium_queue_")]
                part[labels["lane"]] = part.get(labels["lane"], 0) + int(value)
            elif name == "podium_queue_faulted":
                found["queue"]["faulted"] += int(value)
            elif name in ("podium_host_slots", "podium_host_running"):
                found["hosts"].setdefault(labels["host"], {})[name.removeprefix("podium_host_")] = int(value)
    return found


def status(as_json: Annotated[bool, typer.Option("--json", help="As one JSON object.")] = False) -> int:
    """Show processes, lag, applied positions, queue and hosts; exit 1 when nothing runs or something is not ready."""
    settings = load()
    found = collect(settings)
    if as_json:
        print(json.dumps(found, indent=2))
    else:
        _show(found, settings)
    return 0 if found["running"] and all(p["state"] == "ready" for p in found["processes"]) else 1


def _show(found: dict[str, Any], settings: Settings) -> None:
    console = Console(highlight=False)
    if not found["running"]:
        console.print(f"no stack runs in {settings.home}; `podium up` starts one")
        return
    table = Table("process", "state", "pid", "restarts", "address", "positions (partition: applied)")
    for p in found["processes"]:
        positions = found["positions"].get(p["name"], {})
        shown = "  ".join(f"{k}: {v}" for k, v in sorted(positions.items(), key=lambda i: int(i[0])) if v > 0)
        color = "green" if p["state"] == "ready" else "red"
        table.add_row(
            p["name"], f"[{color}]{p['state']}[/]", str(p["pid"] or ""), str(p["restarts"]), p["address"], shown
        )
    console.print(table)
    lag = "  ".join(f"{group}: {number}" for group, number in found["lag"].items())
    console.print(f"lag      {lag or found.get('lag_error', '')}")
    queue = found["queue"]
    lanes = "  ".join(
        f"{lane}: {queue['waiting'][lane]} wait, {queue['running'].get(lane, 0)} run" for lane in queue["waiting"]
    )
    console.print(f"queue    {lanes}  faulted: {queue['faulted']}")
    hosts = "  ".join(
        f"{host}: {h.get('running', 0)} of {h.get('slots', 0)} slots" for host, h in found["hosts"].items()
    )
    console.print(f"hosts    {hosts or 'none'}")
