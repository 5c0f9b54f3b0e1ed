"""What the queue shows of itself: `podium status` reads it."""

from __future__ import annotations

from prometheus_client import Counter, Gauge

from schemas.events import JudgingFaulted
from streams.dispatcher.state import Effects, Queue

__all__ = ["hide", "show"]

WAITING = Gauge("podium_queue_waiting", "Judgings that wait for their turn", ["lane"])
UNCLAIMED = Gauge("podium_queue_unclaimed", "Judgings sent to the judges that no slot has claimed", ["lane"])
RUNNING = Gauge("podium_queue_running", "Judgings that a slot has claimed", ["lane"])
ERRORS = Gauge("podium_judging_errors", "Judging errors: pending until somebody acts")
SLOTS = Gauge("podium_host_slots", "Slots of a judge host that reports", ["host"])
BUSY = Gauge("podium_host_running", "Tasks that a judge host says it runs", ["host"])
WAITING_HOST = Gauge("podium_judge_host_waiting", "Whether a judge host waits for something that is away", ["host"])
OUT = Gauge("podium_judge_host_out", "Whether a judge host takes no tasks: paused by an operator, or sick", ["host"])
LACKS = Gauge("podium_judge_host_lacks", "Packages that contests want and a judge host has not made ready", ["host"])
_OF_HOST = (SLOTS, BUSY, WAITING_HOST, OUT, LACKS)
PAUSED = Gauge("podium_judging_paused", "Pauses of judging in force", ["contest", "problem", "language"])
FAULTS = Counter("podium_judging_faults", "Attempts at which a judge itself failed", ["host"])
DROPPED = Counter("podium_queue_dropped", "Records that change nothing: repeated, late, or of another attempt", ["why"])
SENT = Counter("podium_queue_sent", "Tasks sent to the judges, further attempts included", ["lane"])

_shown: set[str] = set()


def show(queue: Queue, effects: Effects) -> None:
    """Set the gauges to what the queue holds, and count what a step did."""
    for lane, states in queue.states.items():
        WAITING.labels(lane).set(states["waiting"])
        UNCLAIMED.labels(lane).set(states["sent"])
        RUNNING.labels(lane).set(states["running"])
    ERRORS.set(sum(states["faulted"] for states in queue.states.values()))
    PAUSED.clear()
    for contest, problem, language in queue.pauses:
        PAUSED.labels(contest, problem or "", language or "").set(1)
    for name in _shown - queue.hosts.keys():
        for gauge in _OF_HOST:
            gauge.remove(name)
    _shown.clear()
    _shown.update(queue.hosts)
    for name, host in queue.hosts.items():
        SLOTS.labels(name).set(host.slots)
        BUSY.labels(name).set(host.running)
        WAITING_HOST.labels(name).set(host.state == "waiting")
        OUT.labels(name).set(host.out)
        LACKS.labels(name).set(len(host.lacks))
    for event in effects.events:
        if isinstance(event, JudgingFaulted):
            FAULTS.labels(event.host).inc()
    for task in effects.tasks:
        SENT.labels(task.lane).inc()
    if effects.dropped:
        DROPPED.labels(effects.dropped).inc()


def hide() -> None:
    """Show nothing any more: the queue has gone to another member, who shows it."""
    ERRORS.set(0)
    for gauge in (WAITING, UNCLAIMED, RUNNING, PAUSED, *_OF_HOST):
        gauge.clear()
    _shown.clear()
