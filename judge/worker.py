"""A judge host: its slots, each a thread with its end of the queue, over one pool of containers."""

from __future__ import annotations

import errno
import logging
import os
import platform
import socket
import threading
import time
from collections.abc import Callable, Collection
from dataclasses import dataclass
from fractions import Fraction
from functools import partial
from pathlib import Path
from typing import Any

from prometheus_client import Counter, Gauge

from judge.baseline import Baseline
from judge.canary import Canary
from judge.care import HostCare
from judge.feedback import cut
from judge.image import needed
from judge.languages import LANGUAGES
from judge.memory import SLOT_MIB, programs_mib
from judge.orders import Orders
from judge.outcome import TestRun
from judge.pipeline import Judge
from judge.pool import Pool
from judge.prefetch import Prefetch
from judge.queue import ShareQueue
from judge.reports import Reporter
from judge.sandbox import Limits
from judge.slot import Slot
from judge.spread import Spread
from judge.standing import Standing
from judge.uids import free_cores
from packages.grading import MOST_UNITS, scaled
from packages.model import ProblemPackage
from packages.store import PackageCache, store_of
from packages.timing import JUDGING_MS
from schemas.clock import Clock
from schemas.errors import JudgeError, UnreadableError
from schemas.events import Run, Submission
from schemas.languages import Image
from schemas.producer import Producer
from schemas.reader import PositionReader
from schemas.runtime import Door, stop_event
from schemas.settings import Settings, cores_of
from schemas.topics import LANES, check_groups, check_topics
from schemas.work import JudgeTask

__all__ = ["run"]

log = logging.getLogger(__name__)

JUDGED = Counter("podium_judged", "Tasks finished", ["lane", "verdict"])
SLOTS = Gauge("podium_judge_slots", "Slots of this host")

_LOOK_S = 1.0
"""How often the host looks whether its threads live."""

_END_S = 60.0
"""How long the end waits for a slot: a test at its wall limit, and the report of it."""

_MESSAGE_CHARS = 1000
"""Of each message of a validator's, or of a grade's, in the log for the jury."""


@dataclass(slots=True)
class _Core:
    """judge.slot.Core over the containers: the definition's limits decide, not the package's."""

    judge_: Judge
    slot: int
    cache: PackageCache
    clock: Clock
    environment: dict[str, str]
    images_of: Callable[[str, ProblemPackage], dict[str, str]] = lambda _language, _package: {}
    cores_of: Callable[[Collection[int]], dict[str, str]] = lambda _slots: {}
    spread: Spread | None = None

    def judge(self, task: JudgeTask, submission: Submission, on_run: Callable[[Run], None]) -> dict[str, Any]:
        """See judge.slot.Core."""
        try:
            return self._judged(task, submission, on_run)
        except Exception as error:
            if isinstance(error, UnreadableError):
                self.cache.forget(task.package)
            if _out_of_files(error):
                log.critical("no more files can be opened; the process ends, its tasks go to others: %s", error)
                os._exit(70)
            raise

    def _judged(self, task: JudgeTask, submission: Submission, on_run: Callable[[Run], None]) -> dict[str, Any]:
        until = time.monotonic() + JUDGING_MS / 1000
        package = self.cache.get(task.package)
        started = self.clock.now_ms()
        outcome = self.judge_.judge(
            self.slot,
            package,
            submission.files,
            task.language_id,
            entry_point=submission.entry_point,
            limits=Limits.of_problem(task.time_limit_ms, task.memory_limit_mib, task.output_limit_mib),
            all_tests=task.all_tests,
            on_run=lambda run: on_run(self._event(run, task.score_scale)),
            share=partial(self.spread.judging, lane=task.lane) if self.spread is not None else None,
            until=until,
        )
        return {
            "verdict": outcome.verdict,
            "score": _scaled(outcome.score, task.score_scale),
            "group_scores": tuple(_scaled(score, task.score_scale) for score in outcome.subtasks),
            "started_at": started,
            "ended_at": self.clock.now_ms(),
            "max_cpu_ms": outcome.max_cpu_ms,
            "max_memory_kib": outcome.max_memory_kib,
            "runs": len(outcome.runs),
            "compiler_output": outcome.compiler_output,
            "message": outcome.message[:_MESSAGE_CHARS],
            "environment": self.environment
            | self.cores_of(outcome.slots | {self.slot})
            | self.images_of(task.language_id, package),
        }

    def _event(self, run: TestRun, score_scale: int) -> Run:
        return Run(
            ordinal=run.ordinal,
            judgement_type_id=run.verdict,
            cpu_ms=run.cpu_ms,
            wall_ms=run.wall_ms,
            memory_kib=run.memory_kib,
            ended_at=self.clock.event_ms(run.ended_ms),
            test=run.test,
            score=_scaled(run.score, score_scale),
            message=cut(run.message, _MESSAGE_CHARS),
            team_message=cut(run.team_message, _MESSAGE_CHARS),
            feedback=run.feedback,
        )

    def close(self) -> None:
        """Nothing of its own: the pool removes the containers."""


def _scaled(score: Fraction | None, scale: int) -> int | None:
    """A score as the log has it, in units of 1 / *scale*: rounded to the nearest, halves up; None where there is none. Pure.

    Raises:
        JudgeError: when it has no room there.
    """
    if score is None:
        return None
    units = scaled(score, scale)
    if abs(units) > MOST_UNITS:
        raise JudgeError(f"a score is beyond {MOST_UNITS} / {scale}")
    return units


def _out_of_files(error: BaseException | None) -> bool:
    """Whether this process ran out of descriptors: neither the submission's fault nor a dependency's. Pure."""
    while error is not None:
        if isinstance(error, OSError) and error.errno in (errno.EMFILE, errno.ENFILE):
            return True
        error = error.__cause__
    return False


def _images_of(pool: Pool, language: str, package: ProblemPackage) -> dict[str, str]:
    """The whole ids of the images that had a part in a judging, as far as one was used.

    `image` is that of the submission's language; `jury_image` those of the package's programs, where there is another.
    """
    own: Image = LANGUAGES[language].image if language in LANGUAGES else "default"
    jury = {LANGUAGES[one].image if one in LANGUAGES else "default" for one in needed.of_jury(package)} - {own}
    used = {"image": pool.known_image(own), "jury_image": " ".join(filter(None, map(pool.known_image, sorted(jury))))}
    return {name: ids for name, ids in used.items() if ids}


def _cores_of(pool: Pool, slots: Collection[int]) -> dict[str, str]:
    """The cores on which a judging's programs have run: one, unless idle slots have helped."""
    return {"core": " ".join(map(str, sorted({pool.core(slot) for slot in slots})))}


def _environment(pool: Pool, slots: int) -> dict[str, str]:
    """What a rejudgement has to be compared with: the machine that measured, and the id of the image."""
    cpu = next(
        (
            line.partition(":")[2].strip()
            for line in Path("/proc/cpuinfo").read_text().splitlines()
            if "model name" in line
        ),
        platform.machine(),
    )
    return {"cpu": cpu, "slots": str(slots), **pool.facts}


def run(settings: Settings) -> None:
    """Judge until told to end: each slot finishes or gives back its task, and no container is left.

    Raises:
        ConfigError: when Docker, the image or a promise of the sandbox is missing, or a topic or share group is not right.
        DependencyError: when Kafka does not answer at the start.
    """
    check_topics(settings, frozenset({"log", "judge-tasks", "judge-tasks-bulk", "judge-reports", "judge-orders"}))
    check_groups(settings)
    slots = settings.judge_slots or len(free_cores(settings))
    host = settings.judge_host or socket.gethostname()
    stop = stop_event()
    ready = threading.Event()
    pool = Pool(settings, owner=host, slots=slots)
    if reserved := cores_of(settings.judge_reserved_cores):
        os.sched_setaffinity(0, reserved)  # of this thread, and of all that it makes from here on
    with Door(settings, ready=ready.is_set), Producer(settings) as producer:
        pool.start()
        SLOTS.set(slots)
        clock = Clock.parse(settings.clock)
        standing = Standing()
        live_slots = min(settings.judge_live_slots, slots)
        if live_slots == slots:
            log.warning("PODIUM_JUDGE_LIVE_SLOTS=%d leaves no slot of this host for rejudgings", live_slots)
        if slots * SLOT_MIB > programs_mib():
            log.warning("%d slots may need more memory than there is: `podium judge check` says what to do", slots)
        reporter = Reporter(producer, clock, host, slots, tuple(LANGUAGES), live_slots=live_slots, standing=standing)
        # judges of one machine do not share copies: each makes its own whole, without locks between processes
        cache = PackageCache(store_of(settings), settings.home / "judge" / host / "packages")
        judge, environment, spread = Judge(pool), _environment(pool, slots), Spread(pool.claim)
        prefetch = Prefetch(cache, judge, standing, memory_mib=programs_mib())
        same = f"{environment['cpu']} {environment['image']}"
        baseline = Baseline(settings.home / "judge" / host / "canary.json", same)
        care = HostCare(Canary(pool, standing, baseline), prefetch)
        orders = Orders(
            settings,
            host,
            stop,
            ordered=lambda order: standing.order(paused=order.paused, reason=order.reason),
            wanted=lambda wanted: prefetch.want(wanted.contest, wanted.packages, wanted.languages),
            refused=reporter.refused,
        )
        threads: list[threading.Thread] = []
        try:
            orders.start()
            threads.append(orders)
            while not orders.known.wait(_LOOK_S) and orders.is_alive() and not stop.is_set():
                pass  # a paused host that starts again takes nothing
            for name, work in (("fetching", prefetch.fetching), ("building", prefetch.building)):
                threading.Thread(target=work, args=(stop,), name=name, daemon=True).start()
            for number in range(slots):
                images, cores = partial(_images_of, pool), partial(_cores_of, pool)
                core = _Core(judge, number, cache, clock, environment, images, cores, spread)
                lanes = ("live",) if number < live_slots else tuple(LANES)
                thread = threading.Thread(
                    target=_slot,
                    args=(settings, number, lanes, reporter, core, care, spread, stop),
                    name=f"slot-{number}",
                )
                thread.start()
                threads.append(thread)
            ready.set()
            log.info("%s judges in %d slots", host, slots)
            while not stop.wait(_LOOK_S):
                if not all(thread.is_alive() for thread in threads):
                    log.critical("a slot, or the thread of its orders, has ended by itself; tasks go to others")
                    os._exit(70)  # containers and tasks go the way of a killed judge's
        finally:
            stop.set()
            for thread in threads:
                thread.join(_END_S)
            reporter.close()
            pool.close()


def _slot(
    settings: Settings,
    number: int,
    lanes: tuple[str, ...],
    reporter: Reporter,
    core: _Core,
    care: HostCare,
    spread: Spread,
    stop: threading.Event,
) -> None:
    reader = PositionReader(settings)
    try:
        Slot(
            number=number,
            join=lambda: ShareQueue(settings, lanes),
            reporter=reporter,
            core=core,
            submission_at=lambda partition, position: reader.get("log", partition, position).value or b"",
            stopping=stop,
            judged=lambda lane, verdict: JUDGED.labels(lane, verdict).inc(),
            care=care,
            help=partial(spread.help, lanes=lanes),
        ).run()
    except Exception:
        log.exception("slot %d", number)
        raise
    finally:
        reader.close()
