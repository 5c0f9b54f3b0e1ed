"""What contests want, before it is needed: packages are fetched, their programs compiled by idle slots, images built."""

from __future__ import annotations

import itertools
import logging
import threading
from collections import deque
from typing import Final

from judge.image.build import images_of
from judge.pipeline import Judge
from judge.standing import Standing
from packages.model import ProblemPackage, Program
from packages.store import PackageCache
from schemas.errors import DataError, DependencyError, JudgeError
from schemas.languages import IMAGES
from schemas.work import Lacking

__all__ = ["Prefetch", "programs"]

log = logging.getLogger(__name__)

_AGAIN_S: Final = 10.0
"""After so long a package that could not be fetched is tried again: somebody may be putting it into the store."""

_NOT_BUILT: Final = "the image of some of its languages is not built yet"
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
        """Why what is wanted is not ready: a package by its digest, an image by its name."""
        self._fetched: set[str] = set()
        self._to_build: deque[tuple[str, Program]] = deque()
        self._broken: dict[str, str] = {}
        """Why a fetched package's programs cannot be compiled."""
        self._news = threading.Event()

    def want(self, contest: str, packages: tuple[str, ...], languages: tuple[str, ...] = ()) -> None:
        """From now on the contest wants these packages and languages, and no others."""
        with self._lock:
            self._wanted[contest] = (*packages, *(image for image in images_of(languages) if image != "default"))
            wanted = {one for of in self._wanted.values() for one in of}
            self._lacks = {one: why for one, why in self._lacks.items() if one in wanted}
            for one in wanted - self._fetched:
                self._lacks.setdefault(one, _NOT_BUILT if one in IMAGES else "it is not fetched yet")
            self._tell()
        self._news.set()

    def run(self, stop: threading.Event) -> None:
        """Fetch what is wanted, and again what could not be fetched, until told to stop."""
        while not stop.is_set():
            self._news.clear()
            with self._lock:
                missing = [one for one in self._lacks if one not in self._fetched]
            for one in missing:
                if stop.is_set():
                    return
                try:
                    self.fetch(one)
                except Exception as error:  # of one thing: what else is wanted is fetched all the same
                    log.exception("%s cannot be made ready", one[:12])
                    self._lack(one, f"{type(error).__name__}: {error}")
            self._news.wait(_AGAIN_S)

    def fetch(self, one: str) -> None:
        """Fetch a package that is wanted, by its digest, or build an image, by its name."""
        found: list[tuple[str, Program]] = []
        try:
            if one in IMAGES:
                self._judge.pool.image(one)
            else:
                found = [(one, program) for program in programs(self._cache.get(one))]
        except (DependencyError, DataError) as error:
            if self._lacks.get(one) != str(error):
                log.warning("%s cannot be made ready: %s", one[:12], error)
            self._lack(one, str(error))
            return
        with self._lock:
            self._fetched.add(one)
            self._to_build += found
        self._lack(one, self._unbuilt(one))

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
            Lacking(contest, "" if one in IMAGES else one, self._lacks[one][:_WHY_CHARS])
            for contest, of in sorted(self._wanted.items())
            for one in of
            if one in self._lacks
        )
        self._standing.lack(tuple(itertools.islice(lacks, _TOLD)))
