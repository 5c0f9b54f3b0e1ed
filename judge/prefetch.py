"""Packages before they are needed: fetched as contests want them, their validators compiled by slots that are idle."""

from __future__ import annotations

import itertools
import logging
import threading
from collections import deque
from typing import Final

from judge.pipeline import Judge
from judge.standing import Standing
from packages.model import ProblemPackage, Program
from packages.store import PackageCache
from schemas.errors import DataError, DependencyError, JudgeError
from schemas.work import Lacking

__all__ = ["Prefetch", "programs"]

log = logging.getLogger(__name__)

_AGAIN_S: Final = 10.0
"""After so long a package that could not be fetched is tried again: somebody may be putting it into the store."""

_TOLD: Final = 100
_WHY_CHARS: Final = 300
"""Of what is lacking, in each second's report: it stays a few KiB."""


def programs(package: ProblemPackage) -> tuple[Program, ...]:
    """The jury's programs that judging a submission takes. Pure."""
    others = (package.static_validator, package.grader)
    return (*package.validators, *(one for one in others if one is not None))


class Prefetch:
    """Keeps ready what contests want. Safe in threads; `run` fetches on a thread of its own, `rest` compiles on a slot's.

    A judging waits for neither: it fetches and compiles itself what is not ready.
    """

    def __init__(self, cache: PackageCache, judge: Judge, standing: Standing) -> None:
        self._cache, self._judge, self._standing = cache, judge, standing
        self._lock = threading.Lock()
        self._wanted: dict[str, tuple[str, ...]] = {}
        self._lacks: dict[str, str] = {}
        """Why a wanted package is not ready, by digest."""
        self._fetched: set[str] = set()
        self._to_build: deque[tuple[str, Program]] = deque()
        self._broken: dict[str, str] = {}
        """Why a fetched package's programs cannot be compiled."""
        self._news = threading.Event()

    def want(self, contest: str, packages: tuple[str, ...]) -> None:
        """From now on the contest wants these packages, and no others."""
        with self._lock:
            self._wanted[contest] = packages
            wanted = {digest for digests in self._wanted.values() for digest in digests}
            self._lacks = {digest: why for digest, why in self._lacks.items() if digest in wanted}
            for digest in wanted - self._fetched:
                self._lacks.setdefault(digest, "it is not fetched yet")
            self._tell()
        self._news.set()

    def run(self, stop: threading.Event) -> None:
        """Fetch what is wanted, and again what could not be fetched, until told to stop."""
        while not stop.is_set():
            self._news.clear()
            with self._lock:
                missing = [digest for digest in self._lacks if digest not in self._fetched]
            for digest in missing:
                if stop.is_set():
                    return
                self.fetch(digest)
            self._news.wait(_AGAIN_S)

    def fetch(self, digest: str) -> None:
        """Fetch a package that is wanted."""
        try:
            package = self._cache.get(digest)
        except (DependencyError, DataError) as error:
            if self._lacks.get(digest) != str(error):
                log.warning("package %s cannot be made ready: %s", digest[:12], error)
            self._lack(digest, str(error))
            return
        with self._lock:
            self._fetched.add(digest)
            self._to_build += [(digest, program) for program in programs(package)]
        self._lack(digest, self._unbuilt(digest))

    def _unbuilt(self, digest: str) -> str:
        with self._lock:
            names = [program.name for of, program in self._to_build if of == digest]
        return self._broken.get(digest) or (f"not compiled yet: {', '.join(names)}" if names else "")

    def rest(self, slot: int) -> None:
        """The slot has nothing to do: compile one program of the jury in its containers, if any waits for it."""
        with self._lock:
            if not self._to_build:
                return
            digest, program = self._to_build.popleft()
        try:
            with self._judge.pool.claim(slot) as claim:
                self._judge.build(claim, program)
        except DependencyError as error:
            log.warning("package %s: %s is not compiled: %s", digest[:12], program.name, error)
            with self._lock:
                self._to_build.append((digest, program))
        except JudgeError as error:
            log.error("package %s cannot be judged with: %s", digest[:12], error)
            self._broken[digest] = str(error)
        self._lack(digest, self._unbuilt(digest))

    def _lack(self, digest: str, why: str) -> None:
        with self._lock:
            if digest in self._lacks:
                if why:
                    self._lacks[digest] = why
                else:
                    del self._lacks[digest]
            self._tell()

    def _tell(self) -> None:
        lacks = (
            Lacking(contest, digest, self._lacks[digest][:_WHY_CHARS])
            for contest, digests in sorted(self._wanted.items())
            for digest in digests
            if digest in self._lacks
        )
        self._standing.lack(tuple(itertools.islice(lacks, _TOLD)))
