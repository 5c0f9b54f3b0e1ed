"""What contests want is made ready before it is needed, and what is not ready is told."""

import contextlib
import threading
from types import SimpleNamespace

import pytest

from judge import prefetch
from judge.prefetch import Prefetch
from judge.standing import Standing
from schemas.errors import DependencyError, JudgeError
from tests.wait import until

PROGRAM = SimpleNamespace(name="output_validators/check")
PLAIN = SimpleNamespace(validators=(), static_validator=None, grader=None)
CHECKED = SimpleNamespace(validators=(PROGRAM,), static_validator=None, grader=None)


class Site:
    """A store with `packages`, and a judge that compiles what is not in `broken`."""

    def __init__(self):
        self.packages, self.broken, self.built = {"a" * 64: PLAIN, "b" * 64: CHECKED}, {}, []
        self.images = []
        self.pool = SimpleNamespace(claim=contextlib.nullcontext, image=self.images.append)
        self.standing = Standing()
        self.prefetch = Prefetch(self, self, self.standing)

    def get(self, digest):
        if digest not in self.packages:
            raise DependencyError("it is not in the store")
        return self.packages[digest]

    def build(self, slot, program):
        if program.name in self.broken:
            raise self.broken[program.name]
        self.built.append((slot, program.name))

    @property
    def lacks(self):
        return [(one.contest, one.package[0], one.why) for one in self.standing.lacks]


@pytest.fixture
def site():
    return Site()


def test_a_package_is_ready_when_it_is_here_and_its_programs_are_compiled(site):
    site.prefetch.want("c", ("a" * 64, "b" * 64))
    site.prefetch.want("d", ("a" * 64,))
    assert site.lacks == [(c, p, "it is not fetched yet") for c, p in (("c", "a"), ("c", "b"), ("d", "a"))]
    site.prefetch.fetch("a" * 64)
    site.prefetch.fetch("b" * 64)
    assert site.lacks == [("c", "b", "not compiled yet: output_validators/check")]
    site.prefetch.rest(1)
    assert site.lacks == []
    assert site.built == [(1, "output_validators/check")]
    site.prefetch.rest(1)
    assert len(site.built) == 1


def test_the_second_image_is_built_when_a_contest_has_one_of_its_languages(site):
    site.prefetch.want("c", (), ("cpp", "python3"))
    assert site.standing.lacks == ()
    site.prefetch.want("d", (), ("cpp", "haskell"))
    (lacking,) = site.standing.lacks
    assert (lacking.contest, lacking.package, lacking.why) == ("d", "", prefetch._NOT_BUILT)
    site.prefetch.fetch("extra")
    assert (site.images, site.standing.lacks) == (["extra"], ())


def test_a_contest_that_is_over_or_changed_lacks_nothing_any_more(site):
    site.prefetch.want("c", ("x" * 64,))
    site.prefetch.want("c", ("a" * 64,))
    site.prefetch.fetch("a" * 64)
    assert site.lacks == []
    site.prefetch.want("c", ("x" * 64,))
    site.prefetch.want("c", ())
    assert site.lacks == []


def test_what_cannot_be_compiled_is_told_and_what_cannot_now_is_tried_again(site):
    site.broken = {PROGRAM.name: DependencyError("the engine is away")}
    site.prefetch.want("c", ("b" * 64,))
    site.prefetch.fetch("b" * 64)
    site.prefetch.rest(0)
    assert site.lacks == [("c", "b", "not compiled yet: output_validators/check")]
    site.broken = {PROGRAM.name: JudgeError("check: a program of the jury does not compile")}
    site.prefetch.rest(0)
    site.prefetch.rest(0)
    assert site.lacks == [("c", "b", "check: a program of the jury does not compile")]


def test_a_package_that_the_store_lacks_is_fetched_when_it_comes(site, monkeypatch):
    monkeypatch.setattr(prefetch, "_AGAIN_S", 0.01)
    stop = threading.Event()
    thread = threading.Thread(target=site.prefetch.run, args=(stop,))
    thread.start()
    try:
        site.prefetch.want("c", ("x" * 64,))
        until(lambda: site.lacks == [("c", "x", "it is not in the store")], 10, "it is told")
        site.packages["x" * 64] = PLAIN
        until(lambda: site.lacks == [], 10, "it is here")
    finally:
        stop.set()
        thread.join()


def test_trouble_that_nobody_foresaw_is_told_and_ends_nothing(site, monkeypatch):
    monkeypatch.setattr(prefetch, "_AGAIN_S", 0.01)
    stop = threading.Event()
    thread = threading.Thread(target=site.prefetch.run, args=(stop,))
    site.packages["x" * 64] = None
    thread.start()
    try:
        site.prefetch.want("c", ("x" * 64, "a" * 64))
        until(
            lambda: [(p, why.split(":")[0]) for _, p, why in site.lacks] == [("x", "AttributeError")], 10, "it is told"
        )
        site.packages["x" * 64] = PLAIN
        until(lambda: site.lacks == [], 10, "it is here")
    finally:
        stop.set()
        thread.join()
