"""What contests want is made ready before it is needed, and what is not ready is told."""

import contextlib
import threading
from types import SimpleNamespace

import pytest

from judge import prefetch
from judge.container import Shape
from judge.prefetch import Prefetch
from judge.shapes import USUAL
from judge.standing import Standing
from packages.model import Limits, Program
from schemas.errors import DependencyError, JudgeError, SandboxError
from tests.wait import until

PROGRAM = Program("output_validators/check", "cpp", ())


def package(*validators, types=frozenset({"pass-fail"}), **limits):
    nothing = dict.fromkeys(("static_validator", "grader", "languages"))
    return SimpleNamespace(
        validators=validators,
        types=types,
        interactive="interactive" in types,
        file_writing=False,
        limits=Limits(1000, **limits),
        **nothing,
    )


PLAIN, CHECKED = package(), package(PROGRAM)


class Site:
    """A store with `packages`, and a judge that compiles what is not in `broken`. `gone` are what it has lost."""

    def __init__(self, memory_mib=8192):
        self.packages, self.broken, self.built = {"a" * 64: PLAIN, "b" * 64: CHECKED}, {}, []
        self.images, self.gone, self.missed_images, self.warm = [], set(), frozenset(), []
        self.pool, self.claim, self.build_image = self, contextlib.nullcontext, self.images.append
        self.standing = Standing()
        self.prefetch = Prefetch(self, self, self.standing, memory_mib=memory_mib)

    def get(self, digest):
        if digest not in self.packages:
            raise DependencyError("it is not in the store")
        return self.packages[digest]

    def holds(self, digest):
        return digest not in self.gone

    def has_image(self, image):
        return image not in self.gone

    def want(self, wanted):
        self.warm = list(wanted)

    def build(self, slot, program):
        if program.name in self.broken:
            raise self.broken[program.name]
        self.built.append((slot, program.name))

    @property
    def lacks(self):
        return [(one.contest, one.package[:1], one.why) for one in self.standing.lacks]


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
    site.prefetch.want("c", ("b" * 64,))
    site.prefetch.fetch("b" * 64)
    for passing in (DependencyError("the engine is away"), SandboxError("the runner has gone")):
        site.broken = {PROGRAM.name: passing}
        site.prefetch.rest(0)
        assert site.lacks == [("c", "b", "not compiled yet: output_validators/check")]
    site.broken = {PROGRAM.name: JudgeError("check: a program of the jury does not compile")}
    site.prefetch.rest(0)
    site.prefetch.rest(0)
    assert site.lacks == [("c", "b", "check: a program of the jury does not compile")]


@contextlib.contextmanager
def working(site, monkeypatch):
    """Its two threads run, and look again at once."""
    monkeypatch.setattr(prefetch, "_AGAIN_S", 0.01)
    monkeypatch.setattr(prefetch, "_LOOK_S", 0.0)
    stop = threading.Event()
    threads = [threading.Thread(target=work, args=(stop,)) for work in (site.prefetch.fetching, site.prefetch.building)]
    for thread in threads:
        thread.start()
    try:
        yield
    finally:
        stop.set()
        for thread in threads:
            thread.join()


def test_a_package_that_the_store_lacks_is_fetched_when_it_comes(site, monkeypatch):
    with working(site, monkeypatch):
        site.prefetch.want("c", ("x" * 64,))
        until(lambda: site.lacks == [("c", "x", "it is not in the store")], 10, "it is told")
        site.packages["x" * 64] = PLAIN
        until(lambda: site.lacks == [], 10, "it is here")


def test_trouble_that_nobody_foresaw_is_told_and_ends_nothing(site, monkeypatch):
    site.packages["x" * 64] = None
    with working(site, monkeypatch):
        site.prefetch.want("c", ("x" * 64, "a" * 64))
        until(
            lambda: [(p, why.split(":")[0]) for _, p, why in site.lacks] == [("x", "AttributeError")], 10, "it is told"
        )
        site.packages["x" * 64] = PLAIN
        until(lambda: site.lacks == [], 10, "it is here")


def test_a_package_or_an_image_that_has_gone_from_this_host_is_lacking_until_it_is_here_again(site, monkeypatch):
    with working(site, monkeypatch):
        site.prefetch.want("c", ("a" * 64, "b" * 64), ("haskell",))
        until(lambda: site.lacks == [("c", "b", "not compiled yet: output_validators/check")], 10, "all is here")
        site.prefetch.rest(0)
        assert site.lacks == []
        del site.packages["b" * 64]
        site.gone = {"b" * 64}
        until(lambda: site.lacks == [("c", "b", "it is not in the store")], 10, "neither here nor there")
        site.packages["b" * 64], site.gone = CHECKED, set()
        until(lambda: site.lacks == [("c", "b", "not compiled yet: output_validators/check")], 10, "it is here again")
        before = len(site.images)
        site.gone = {"extra"}
        until(lambda: len(site.images) > before, 10, "the image is built again")


def test_an_image_that_a_judging_has_missed_is_built(site, monkeypatch):
    """Though no contest has said that it wants it: the judging gives its task back meanwhile."""
    site.missed_images = frozenset({"extra"})
    with working(site, monkeypatch):
        until(lambda: "extra" in site.images, 10, "it is built")


def test_while_an_image_is_built_packages_are_fetched_and_nobody_waits(site, monkeypatch):
    """A build takes minutes, or hangs at a mirror that is away."""
    built = threading.Event()
    site.build_image = lambda _: built.wait(60)
    with working(site, monkeypatch):
        try:
            site.prefetch.want("c", ("a" * 64,), ("haskell",))
            until(lambda: [one.package for one in site.standing.lacks] == [""], 10, "only the image is lacking")
        finally:
            built.set()


def test_the_image_of_a_packages_own_program_is_built_too(site):
    site.packages["h" * 64] = package(Program("output_validators/check", "haskell", ()))
    site.prefetch.want("c", ("h" * 64,), ("cpp",))
    site.prefetch.fetch("h" * 64)
    assert [(one.package[:1], one.why.split(":")[0]) for one in site.standing.lacks] == [
        ("h", "not compiled yet"),
        ("", prefetch._NOT_BUILT),
    ]


def test_containers_are_made_ready_for_what_most_submissions_will_need(site):
    """Until something is known, for C++ under the usual limits; then for packages, languages and images as they are here."""
    usual = Limits(1000)
    run = Shape.of_run(memory_mib=usual.memory_mib, output_bytes=8 << 20, processes=16)
    assert list(USUAL) == [("run", run), ("compile", Shape.of_compile(usual.compilation_memory_mib, 64))]
    site.packages["m" * 64] = package(memory_mib=256)
    site.prefetch.want("c", ("a" * 64, "b" * 64, "m" * 64), ("cpp", "c", "python3", "haskell"))
    assert site.warm == list(USUAL), "nothing is known of them yet"
    for one in "abm":
        site.prefetch.fetch(one * 64)
    small = Shape.of_run(memory_mib=256, output_bytes=8 << 20, processes=16)
    memory = usual.validation_memory_mib
    validator = Shape.of_run(memory_mib=memory, output_bytes=8 << 20, processes=16, files_bytes=8 << 20)
    assert site.warm == [USUAL[1], USUAL[0], ("validator", validator), ("run", small)]
    site.prefetch.fetch("extra")
    assert {shape.image for _, shape in site.warm} == {"default", "extra"}
    site.prefetch.want("c", ())
    assert site.warm == list(USUAL)


def test_a_host_with_too_little_memory_for_a_package_says_so():
    site = Site(memory_mib=3000)
    both = {"memory_mib": 2048, "validation_memory_mib": 2048}
    talks = package(PROGRAM, types=frozenset({"pass-fail", "interactive"}), **both)
    site.packages = {"a" * 64: PLAIN, "b" * 64: talks}
    site.prefetch.want("c", ("a" * 64, "b" * 64), ("cpp",))
    site.prefetch.fetch("a" * 64)
    site.prefetch.fetch("b" * 64)
    site.prefetch.rest(0)
    why = "a submission may need 5120 MiB at once, and this machine has 3000 for it"
    assert site.lacks == [("c", "b", why)]
