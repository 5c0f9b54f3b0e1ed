"""What contests want, before it is needed: packages are fetched, their programs compiled by idle slots, images built."""

from __future__ import annotations

import itertools
import logging
import threading
import time
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final, TypeGuard

from judge.image import needed
from judge.image.build import images_of
from judge.pipeline import Judge
from judge.shapes import USUAL
from judge.standing import Standing
from judge.warm import needed_mib, wanted_shapes
from packages.model import ProblemPackage, Program
from packages.store import PackageCache
from schemas.errors import DataError, DependencyError, JudgeError, SandboxError
from schemas.languages import IMAGES, Image
from schemas.work import Lacking

__all__ = ["Prefetch", "programs"]

log = logging.getLogger(__name__)

_AGAIN_S: Final = 10.0
"""After so long a package that could not be fetched is tried again: somebody may be putting it into the store."""

_LOOK_S: Final = 60.0
"""How often the host looks whether what it has is still there: a stat of each file."""

_NOT_BUILT: Final = "the image of some of its languages is not built yet"
_NOT_FETCHED: Final = "it is not fetched yet"
_GONE: Final = "it was here, and is gone or changed: it is fetched again"
_TOLD: Final = 100
_WHY_CHARS: Final = 300
"""Of what is lacking, in each second's report: it stays a few KiB."""


def programs(package: ProblemPackage) -> tuple[Program, ...]:
    """The jury's programs that judging a submission takes. Pure."""
    others = (package.static_validator, package.grader)
    return (*package.validators, *(one for one in others if one is not None))


def _is_image(one: str) -> TypeGuard[Image]:
    return one in IMAGES


@dataclass(frozen=True, slots=True)
class _Contest:
    packages: tuple[str, ...] = ()
    languages: tuple[str, ...] = ()


class Prefetch:
    """Keeps ready what contests want. Safe in threads; `fetching` and `building` have a thread each, `rest` a slot's.

    A judging does not wait for it: it fetches and compiles itself what is not ready. Images alone are built here and
    nowhere else, for minutes, and whoever needs one that is not there gives its task back.
    """

    def __init__(self, cache: PackageCache, judge: Judge, standing: Standing, *, memory_mib: int) -> None:
        self._cache, self._judge, self._standing = cache, judge, standing
        self._memory_mib = memory_mib
        """Of the machine, for programs."""
        self._lock = threading.Lock()
        self._wanted: dict[str, _Contest] = {}
        self._lacks: dict[str, str] = {}
        """Why what is wanted is not ready: a package by its digest, an image by its name."""
        self._packages: dict[str, ProblemPackage] = {}
        """Those of the wanted ones that are here."""
        self._images: set[Image] = {"default"}
        self._to_build: deque[tuple[str, Program]] = deque()
        self._broken: dict[str, str] = {}
        """Why a fetched package's programs cannot be compiled."""
        self._news = {"packages": threading.Event(), "images": threading.Event()}
        self._looked = time.monotonic()
        self._trouble = ""

    def want(self, contest: str, packages: tuple[str, ...], languages: tuple[str, ...] = ()) -> None:
        """From now on the contest wants these packages and languages, and no others."""
        with self._lock:
            self._wanted[contest] = _Contest(packages, languages)
            self._settle()
        for news in self._news.values():
            news.set()

    def fetching(self, stop: threading.Event) -> None:
        """Fetch the packages that are wanted, and again what could not be fetched or has gone, until told to stop."""
        while not stop.is_set():
            self._news["packages"].clear()
            with self._lock:
                missing = [one for one in self._lacks if not _is_image(one) and one not in self._packages]
            self._all(missing, stop)
            self._news["packages"].wait(_AGAIN_S)
            self._look()

    def building(self, stop: threading.Event) -> None:
        """Build the images that are wanted, or that a judging has missed, until told to stop."""
        while not stop.is_set():
            self._news["images"].clear()
            with self._lock:
                missing = {one for one in self._lacks if _is_image(one)} | self._judge.pool.missed_images
            self._all(sorted(missing), stop)
            self._news["images"].wait(_AGAIN_S)

    def _all(self, missing: list[str], stop: threading.Event) -> None:
        for one in missing:
            if stop.is_set():
                return
            try:
                self.fetch(one)
            except Exception as error:  # of one thing: what else is wanted is fetched all the same
                log.exception("%s cannot be made ready", one[:12])
                self._lack(one, f"{type(error).__name__}: {error}")

    def fetch(self, one: str) -> None:
        """Fetch a package that is wanted, by its digest, or build an image, by its name."""
        found: ProblemPackage | None = None
        try:
            if _is_image(one):
                self._judge.pool.build_image(one)
            else:
                found = self._cache.get(one)
                to_build = [(one, program) for program in programs(found)]
        except (DependencyError, DataError) as error:
            if self._lacks.get(one) != str(error):
                log.warning("%s cannot be made ready: %s", one[:12], error)
            self._lack(one, str(error))
            return
        with self._lock:
            if _is_image(one):
                self._images.add(one)
            elif found is not None:
                self._packages[one] = found
                self._to_build += to_build
                self._broken.pop(one, None)
        self._lack(one, self._unbuilt(one))
        with self._lock:
            self._settle()

    def _look(self) -> None:
        """Once a minute: what was fetched, or built, and has gone is lacking again."""
        if time.monotonic() < self._looked + _LOOK_S:
            return
        self._looked = time.monotonic()
        with self._lock:
            here = [*self._packages, *(self._images - {"default"})]
        gone = {one for one in here if not self._holds(one)}
        if not gone:
            return
        log.warning("gone from this host: %s", ", ".join(one[:12] for one in sorted(gone)))
        with self._lock:
            for one in gone:
                self._lacks[one] = _NOT_BUILT if _is_image(one) else _GONE
                self._packages.pop(one, None)
            self._images = {image for image in self._images if image not in gone}
            self._to_build = deque(build for build in self._to_build if build[0] not in gone)
            self._settle()
        self._news["images"].set()

    def _holds(self, one: str) -> bool:
        return self._judge.pool.has_image(one) if _is_image(one) else self._cache.holds(one)

    def rest(self, slot: int) -> None:
        """The slot has nothing to do: compile one program of the jury in its containers, if any waits for it."""
        with self._lock:
            if not self._to_build:
                return
            digest, program = self._to_build.popleft()
        try:
            with self._judge.pool.claim(slot) as claim:
                self._judge.build(claim, program)
        except (DependencyError, SandboxError) as error:  # neither says anything of the program
            if str(error) != self._trouble:  # it is tried again each second
                log.warning("package %s: %s is not compiled: %s", digest[:12], program.name, error)
            self._trouble = str(error)
            with self._lock:
                self._to_build.append((digest, program))
        except JudgeError as error:
            log.error("package %s cannot be judged with: %s", digest[:12], error)
            self._broken[digest] = str(error)
        self._lack(digest, self._unbuilt(digest))

    def _unbuilt(self, digest: str) -> str:
        with self._lock:
            names = [program.name for of, program in self._to_build if of == digest]
        return self._broken.get(digest) or (f"not compiled yet: {', '.join(names)}" if names else "")

    def _lack(self, digest: str, why: str) -> None:
        with self._lock:
            if digest in self._lacks:
                if why:
                    self._lacks[digest] = why
                else:
                    del self._lacks[digest]
            self._tell()

    def _settle(self) -> None:
        """After any change of what is wanted, or here: what is lacking now, and which containers to have ready."""
        wanted = {one for contest in self._wanted.values() for one in self._needs(contest)}
        self._packages = {digest: package for digest, package in self._packages.items() if digest in wanted}
        self._lacks = {one: why for one, why in self._lacks.items() if one in wanted}
        for one in wanted - self._packages.keys() - self._images:
            self._lacks.setdefault(one, _NOT_BUILT if _is_image(one) else _NOT_FETCHED)
        shapes = wanted_shapes((self._here(contest), contest.languages) for contest in self._wanted.values())
        self._judge.pool.want([kind for kind in shapes if kind[1].image in self._images] or USUAL)
        self._tell()

    def _needs(self, contest: _Contest) -> tuple[str, ...]:
        """Its packages, and the images of its languages and of its packages' programs."""
        languages = {*contest.languages, *(one for package in self._here(contest) for one in needed.of_jury(package))}
        return (*contest.packages, *(image for image in images_of(languages) if image != "default"))

    def _here(self, contest: _Contest) -> list[ProblemPackage]:
        return [self._packages[one] for one in contest.packages if one in self._packages]

    def _tell(self) -> None:
        self._standing.lack(tuple(itertools.islice(self._lacking(), _TOLD)))

    def _lacking(self) -> Iterator[Lacking]:
        for name, contest in sorted(self._wanted.items()):
            for one in self._needs(contest):
                if one in self._lacks:
                    yield Lacking(name, "" if _is_image(one) else one, self._lacks[one][:_WHY_CHARS])
                elif one in self._packages:
                    need = needed_mib(self._packages[one], contest.languages)
                    if need > self._memory_mib:
                        why = (
                            f"a submission may need {need} MiB at once, and this machine has {self._memory_mib} for it"
                        )
                        yield Lacking(name, one, why)
